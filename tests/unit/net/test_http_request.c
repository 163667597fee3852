/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "mutate.h"
#include "net/http/request.h"

static const char valid[] = "POST /v4/platforms?a=1&b=%20 HTTP/1.1\r\nHost: node:8081\r\n"
                            "Connection: Upgrade, keep-alive\r\nContent-Length: 12\r\n"
                            "Expect: 100-Continue\r\nuser-token: secret\r\n\r\n";

static unsigned parse(const char *text, struct http_request *ret)
{
    struct err err = {0};
    unsigned status = http_request_parse(span_str(text), ret, &err);

    assert_true(status == 0 || err.text[0] != 0);
    return status;
}

static int parse_mutant(struct span wire, void *context)
{
    struct http_request request;
    unsigned status = http_request_parse(wire, &request, NULL);

    (void)context;
    assert_true(status == 0 || (status >= 400 && status <= 505));
    return -(int)status;
}

static void a_request_is_split_into_its_parts(void **state)
{
    struct http_request r;
    struct span value;

    (void)state;
    assert_int_equal(parse(valid, &r), 0);
    assert_int_equal(r.method, HTTP_POST);
    assert_int_equal(r.minor, 1);
    assert_true(span_equal_str(r.path, "/v4/platforms"));
    assert_true(span_equal_str(r.query, "a=1&b=%20"));
    assert_true(span_equal_str(r.host, "node:8081"));
    assert_true(r.has_length && r.length == 12 && !r.is_chunked);
    assert_true(r.expects_continue && r.keeps_alive);
    assert_int_equal(r.field_count, 5);
    assert_true(http_request_field(&r, "User-Token", &value));
    assert_true(span_equal_str(value, "secret"));
    assert_false(http_request_field(&r, "admin-token", &value));
}

static void every_method_is_a_bit(void **state)
{
    static const struct {
        const char *line;
        enum http_method method;
    } rows[] = {
        {"GET / HTTP/1.0\r\n\r\n", HTTP_GET},       {"HEAD / HTTP/1.0\r\n\r\n", HTTP_HEAD},
        {"POST / HTTP/1.0\r\n\r\n", HTTP_POST},     {"PUT / HTTP/1.0\r\n\r\n", HTTP_PUT},
        {"DELETE / HTTP/1.0\r\n\r\n", HTTP_DELETE},
    };
    struct http_request r;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(parse(rows[i].line, &r), 0);
        assert_int_equal(r.method, rows[i].method);
        assert_false(r.keeps_alive);
    }
}

static void connections_are_kept_as_the_version_says(void **state)
{
    static const struct {
        const char *text;
        bool keeps_alive;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nConnection: a, CLOSE\r\n\r\n",
         false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
    };
    struct http_request r;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(parse(rows[i].text, &r), 0);
        assert_int_equal(r.keeps_alive, rows[i].keeps_alive);
    }
}

static void an_absolute_target_names_the_host(void **state)
{
    struct http_request r;

    (void)state;
    assert_int_equal(parse("GET http://a:1/p?q HTTP/1.1\r\nHost: b\r\n\r\n", &r), 0);
    assert_true(span_equal_str(r.host, "a:1"));
    assert_true(span_equal_str(r.path, "/p") && span_equal_str(r.query, "q"));
    assert_int_equal(parse("GET https://[::1] HTTP/1.1\r\nHost: b\r\n\r\n", &r), 0);
    assert_true(span_equal_str(r.host, "[::1]") && span_equal_str(r.path, "/"));
}

static void what_could_be_understood_in_two_ways_is_refused(void **state)
{
#define GET11 "GET / HTTP/1.1\r\nHost: x\r\n"
    static const struct {
        const char *text;
        unsigned status;
    } rows[] = {
        {GET11 "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {GET11 "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
        {GET11 "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {GET11 "Content-Length: 1, 1\r\n\r\n", 400},
        {GET11 "Content-Length: +1\r\n\r\n", 400},
        {GET11 "Content-Length: 0x1\r\n\r\n", 400},
        {GET11 "Content-Length:\r\n\r\n", 400},
        {GET11 "Content-Length: 99999999999999999999\r\n\r\n", 413},
        {GET11 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {GET11 "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {GET11 "Transfer-Encoding: chunked, identity\r\n\r\n", 501},
        {GET11 "Transfer-Encoding: \vchunked\r\n\r\n", 400},
        {GET11 "Transfer-Encoding : chunked\r\n\r\n", 400},
        {GET11 " Transfer-Encoding: chunked\r\n\r\n", 400},
        {GET11 "X: a\r\n folded\r\n\r\n", 400},
        {GET11 "X: a\rTransfer-Encoding: chunked\r\n\r\n", 400},
        {GET11 "Host: y\r\n\r\n", 400},
        {GET11 "Expect: a miracle\r\n\r\n", 417},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /  HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
        {" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET / http/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/1.10\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        {"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505},
        {"GET /\r\n\r\n", 400},
        {"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET http://u@h/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"PATCH / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"get / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"\r\n\r\n", 400},
        {"", 400},
    };
    struct http_request r;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (parse(rows[i].text, &r) != rows[i].status)
            fail_msg("\"%s\": %u and not %u", rows[i].text, parse(rows[i].text, &r),
                     rows[i].status);
}

static void one_empty_line_before_a_request_is_tolerated(void **state)
{
    struct http_request r;

    (void)state;
    assert_int_equal(parse("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", &r), 0);
}

static void fields_and_targets_have_limits(void **state)
{
    static char text[64 * 1024];
    struct http_request r;
    size_t len;

    (void)state;
    len = (size_t)sprintf(text, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 1; i < HTTP_FIELDS_MAX; i++)
        len += (size_t)sprintf(text + len, "X: y\r\n");
    strcpy(text + len, "\r\n");
    assert_int_equal(parse(text, &r), 0);
    strcpy(text + len, "X: y\r\n\r\n");
    assert_int_equal(parse(text, &r), 431);
    snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_TARGET_SIZE_MAX, 0);
    assert_int_equal(parse(text, &r), 414);
}

static void every_prefix_is_refused_and_no_flipped_bit_is_fatal(void **state)
{
    (void)state;
    assert_int_equal(mutate_prefixes(span_str(valid), parse_mutant, NULL), 0);
    mutate_bits(span_str(valid), 0, sizeof(valid) - 1, parse_mutant, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_split_into_its_parts),
        cmocka_unit_test(every_method_is_a_bit),
        cmocka_unit_test(connections_are_kept_as_the_version_says),
        cmocka_unit_test(an_absolute_target_names_the_host),
        cmocka_unit_test(what_could_be_understood_in_two_ways_is_refused),
        cmocka_unit_test(one_empty_line_before_a_request_is_tolerated),
        cmocka_unit_test(fields_and_targets_have_limits),
        cmocka_unit_test(every_prefix_is_refused_and_no_flipped_bit_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
