/* SPDX-License-Identifier: Apache-2.0 */
#include "vector_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "vectors.h"

enum { FILE_SIZE_MAX = 256 * 1024 };

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
