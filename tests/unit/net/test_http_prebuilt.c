/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "net/http/answer.h"
#include "net/http/prebuilt.h"

static void a_prebuilt_answer_is_shared(void **state)
{
    static const char bytes[] = "Content-Type: text/x\r\nContent-Length: 4\r\nA: b\r\n\r\nbody";
    struct http_prebuilt *p = NULL, *other;

    (void)state;
    assert_int_equal(
        http_prebuilt_new(200, "text/x", span_str("A: b\r\n"), span_str("body"), &p, NULL), 0);
    assert_int_equal(p->status, 200);
    assert_true(span_equal_str(span_of(p->bytes, p->len), bytes));
    assert_true(span_equal_str(http_prebuilt_body(p), "body"));
    other = http_prebuilt_ref(p);
    assert_null(http_prebuilt_unref(p));
    assert_true(span_equal_str(http_prebuilt_body(other), "body"));
    assert_null(http_prebuilt_unref(other));
    assert_null(http_prebuilt_unref(NULL));
}

static void a_body_has_a_longest_length(void **state)
{
    uint8_t *big = calloc(1, HTTP_BODY_SIZE_MAX + 1);
    struct http_prebuilt *p = NULL;

    (void)state;
    assert_int_equal(http_prebuilt_new(200, "a/b", span_of(NULL, 0),
                                       span_of(big, HTTP_BODY_SIZE_MAX + 1), &p, NULL),
                     -EMSGSIZE);
    assert_null(p);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prebuilt_answer_is_shared),
        cmocka_unit_test(a_body_has_a_longest_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
