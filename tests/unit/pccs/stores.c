/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "pccs/schema.h"
#include "postgres.h"
#include "vectors.h"

enum { FILE_SIZE_MAX = 256 * 1024 };

static const char *const drop[] = {
    "DROP TABLE IF EXISTS pccs_item",   "DROP TABLE IF EXISTS pccs_refresh",
    "DROP TABLE IF EXISTS pccs_tcb",    "DROP TABLE IF EXISTS pccs_platform",
    "DROP TABLE IF EXISTS pccs_cert",   "DROP TABLE IF EXISTS pccs_chain",
    "DROP TABLE IF EXISTS pccs_policy", "DROP TABLE IF EXISTS store_schema",
};

static void store_test(const struct store_backend *backend, const char *target,
                       void (*body)(struct store *s))
{
    struct store *s = NULL;
    struct err err = {0};

    if (store_open(backend, target, &s, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < ARRAY_COUNT(drop); i++)
        assert_int_equal(store_run(s, &(struct store_query){.sql = drop[i]}, &err), 0);
    if (pccs_schema_migrate(s, &err) < 0)
        fail_msg("%s", err.text);
    body(s);
    store_close(s);
}

int stores_run(void (*body)(struct store *s))
{
    static struct postgres_server server;

    store_test(&store_sqlite, ":memory:", body);
    if (postgres_server_make(&server))
        store_test(&store_postgres, server.target, body);
    postgres_server_remove(&server);
    return 0;
}

struct buf vector_load(const char *directory, const char *name)
{
    struct buf b = buf_init(FILE_SIZE_MAX);
    char relative[256], path[VECTORS_PATH_SIZE];
    struct err err = {0};

    snprintf(relative, sizeof(relative), "tests/vectors/%s/%s", directory, name);
    if (fd_read_file(source_path(relative, path), &b, &err) < 0)
        fail_msg("%s", err.text);
    return b;
}

struct verifier *vector_verifier(void)
{
    struct buf root = vector_load("good-v3-sgx", "root.pem");
    uint8_t key[VERIFIER_ROOT_KEY_SIZE];
    struct verifier *v = NULL;
    struct err err = {0};

    assert_int_equal(verifier_root_key_parse(buf_span(&root), key, &err), 0);
    assert_int_equal(verifier_new(&(struct verifier_options){.root_key = key}, &v, &err), 0);
    buf_done(&root);
    return v;
}

void vector_leaf(struct span text, struct span *ret_leaf, struct span *ret_chain)
{
    static const char end[] = "-----END CERTIFICATE-----\n";
    const uint8_t *at = memmem(text.data, text.len, end, strlen(end));
    size_t len;

    assert_non_null(at);
    len = (size_t)(at - text.data) + strlen(end);
    *ret_leaf = span_sub(text, 0, len);
    *ret_chain = span_from(text, len);
}
