/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pccs/schema.h"
#include "postgres.h"

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

static int number_take(void *userdata, const struct store_value *columns, unsigned count,
                       struct err *err)
{
    (void)count;
    (void)err;
    *(int64_t *)userdata = columns[0].integer;
    return 0;
}

int64_t stores_number(struct store *s, const char *sql)
{
    int64_t value = -1;
    const struct store_query query = {.sql = sql, .on_row = number_take, .userdata = &value};
    struct err err = {0};

    assert_int_equal(store_run(s, &query, &err), 0);
    return value;
}
