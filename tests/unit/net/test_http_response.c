/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "net/http/response.h"
#include "mutate.h"

static const char valid[] = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n"
                            "content-LENGTH:  2\r\n\r\n{}";

static int parse(struct span wire, void *context)
{
    struct http_response response;

    (void)context;
    return http_response_parse(wire, &response, NULL);
}

static void splits_head_and_body(void **state)
{
    struct http_response response;

    (void)state;
    assert_int_equal(http_response_parse(span_str(valid), &response, NULL), 0);
    assert_int_equal(response.status, 200);
    assert_true(span_equal_str(response.body, "{}"));
    assert_int_equal(http_response_parse(span_str("HTTP/1.1 403\r\n\r\nno"), &response, NULL), 0);
    assert_int_equal(response.status, 403);
    assert_true(span_equal_str(response.body, "no"));
}

static void refuses_what_is_no_response(void **state)
{
    static const char *const rows[] = {
        "",
        "HTTP/1.0 200",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.0 999 OK\r\n\r\n",
        "HTTP/1.0 2000\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nab",
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nab",
        "HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\n\n",
        "HTTP/1.0 200 OK\r\n folded\r\n\r\n",
    };
    struct http_response response;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(http_response_parse(span_str(rows[i]), &response, &err), -EBADMSG);
        assert_true(err.text[0] != 0);
    }
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mutate_prefixes(span_str(valid), parse, NULL), 0);
    mutate_bits(span_str(valid), 0, sizeof(valid), parse, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_head_and_body),
        cmocka_unit_test(refuses_what_is_no_response),
        cmocka_unit_test(every_prefix_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
