/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "aesm/message.h"
#include "mutate.h"

static struct span bytes_of(const char *text, size_t size)
{
    return span_of(text, size);
}
#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

static int parse(struct span message, void *ret)
{
    struct aesm_request q;
    int r = aesm_request_parse(message, &q, NULL);

    if (r == 0 && ret)
        *(struct aesm_request *)ret = q;
    return r;
}

static struct aesm_request parsed(struct span message)
{
    struct aesm_request q = {0};

    assert_int_equal(parse(message, &q), 0);
    return q;
}

static void reads_each_kind(void **state)
{
    struct aesm_request q;

    (void)state;
    /* initQuoteExReq {att_key_id "k", b_pub_key_id true, buf_size 2^40, timeout 5} */
    q = parsed(BYTES("\x7a\x0e\x0a\x01k\x18\x01\x20\x80\x80\x80\x80\x80\x20\x48\x05"));
    assert_int_equal(q.kind, AESM_INIT_QUOTE_EX);
    assert_true(q.complete && q.key_id.present && q.wants_pub_key_id);
    assert_true(q.buf_size == UINT64_C(1) << 40);
    assert_int_equal(q.key_id.bytes.data[0], 'k');

    /* getQuoteSizeExReq {} */
    q = parsed(BYTES("\x82\x01\x00"));
    assert_int_equal(q.kind, AESM_GET_QUOTE_SIZE_EX);
    assert_true(q.complete && !q.key_id.present);

    /* getQuoteExReq {report "rr", qe_report_info "", buf_size 8192} */
    q = parsed(BYTES("\x8a\x01\x09\x0a\x02rr\x1a\x00\x20\x80\x40"));
    assert_int_equal(q.kind, AESM_GET_QUOTE_EX);
    assert_true(q.complete && q.qe_report_info.present && !q.key_id.present);
    assert_int_equal(q.report.bytes.len, 2);
    assert_int_equal(q.buf_size, 8192);

    /* selectAttKeyIDReq {timeout 2 in its own place} */
    q = parsed(BYTES("\x9a\x01\x02\x10\x07"));
    assert_int_equal(q.kind, AESM_SELECT_KEY_ID);
    assert_true(q.complete && !q.key_id_list.present);

    q = parsed(BYTES("\xaa\x01\x00"));
    assert_int_equal(q.kind, AESM_GET_KEY_ID_COUNT);
    q = parsed(BYTES("\xb2\x01\x03\x08\x80\x02"));
    assert_int_equal(q.kind, AESM_GET_KEY_IDS);
    assert_int_equal(q.buf_size, 256);

    /* sgxRegisterReq {buf "", data_type 7} */
    q = parsed(BYTES("\x72\x04\x0a\x00\x10\x07"));
    assert_int_equal(q.kind, AESM_REGISTER);
    assert_int_equal(q.data_type, 7);
}

static void missing_required_fields_are_seen(void **state)
{
    (void)state;
    assert_false(parsed(BYTES("\x7a\x00")).complete);               /* no b_pub_key_id */
    assert_false(parsed(BYTES("\x7a\x03\x1a\x01\x01")).complete);   /* of another wire type */
    assert_false(parsed(BYTES("\x8a\x01\x00")).complete);           /* getQuoteEx: nothing */
    assert_false(parsed(BYTES("\x8a\x01\x04\x0a\x02rr")).complete); /* no buf_size */
    assert_false(parsed(BYTES("\x8a\x01\x02\x20\x01")).complete);   /* no report */
    assert_false(parsed(BYTES("\xb2\x01\x00")).complete);           /* getKeyIds */
    assert_false(parsed(BYTES("\x1a\x00")).complete);               /* getLaunchToken */
    assert_false(parsed(BYTES("\x12\x02\x10\x01")).complete);       /* getQuote */
}

static void precedence_decides_between_kinds(void **state)
{
    (void)state;
    /* getKeyIdCount first on the wire, then initQuoteEx, then the legacy initQuote */
    assert_int_equal(parsed(BYTES("\xaa\x01\x00\x7a\x02\x18\x00\x0a\x00")).kind, AESM_INIT_QUOTE);
    assert_int_equal(parsed(BYTES("\xaa\x01\x00\x7a\x02\x18\x00")).kind, AESM_INIT_QUOTE_EX);
    assert_int_equal(parsed(BYTES("\x0a\x00\x1a\x00")).kind, AESM_GET_LAUNCH_TOKEN);
    assert_int_equal(parsed(BYTES("\x92\x01\x00\x22\x00")).kind, AESM_REPORT_ERROR);
}

static void repeated_parts_are_merged_and_the_last_counts(void **state)
{
    struct aesm_request q;

    (void)state;
    q = parsed(BYTES("\x8a\x01\x04\x0a\x02rr\x8a\x01\x05\x0a\x01s\x20\x05"));
    assert_true(q.complete);
    assert_int_equal(q.report.bytes.len, 1);
    assert_int_equal(q.buf_size, 5);
    /* a 32-bit field keeps its low half; b_pub_key_id is true for any number */
    q = parsed(BYTES("\xb2\x01\x07\x08\x80\x82\x80\x80\x80\x01"));
    assert_int_equal(q.buf_size, 256);
    q = parsed(BYTES("\x7a\x03\x18\x80\x01"));
    assert_int_equal(q.wants_pub_key_id, 128);
}

static void unknown_fields_are_skipped(void **state)
{
    struct aesm_request q;

    (void)state;
    q = parsed(
        BYTES("\x2a\x01x\xaa\x01\x0e\x0d\x01\x02\x03\x04\x79\x01\x02\x03\x04\x05\x06\x07\x08"));
    assert_int_equal(q.kind, AESM_GET_KEY_ID_COUNT);
}

static void what_is_no_request_is_refused(void **state)
{
    struct err err = {0};
    struct aesm_request q;

    (void)state;
    assert_int_equal(parse(BYTES(""), NULL), -ENOMSG);
    assert_int_equal(parse(BYTES("\x2a\x00"), NULL), -ENOMSG);      /* old field 5 */
    assert_int_equal(parse(BYTES("\xa2\x01\x00"), NULL), -ENOMSG);  /* field 20: responses only */
    assert_int_equal(parse(BYTES("\xa8\x01\x00"), NULL), -ENOMSG);  /* 21 as a number */
    assert_int_equal(parse(BYTES("\x02\x00"), NULL), -EBADMSG);     /* field 0 */
    assert_int_equal(parse(BYTES("\x7b\x7c"), NULL), -EBADMSG);     /* a group */
    assert_int_equal(parse(BYTES("\x7e\x00"), NULL), -EBADMSG);     /* wire type 6 */
    assert_int_equal(parse(BYTES("\xaa\x01\x05"), NULL), -EBADMSG); /* longer than there is */
    assert_int_equal(parse(BYTES("\xaa\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), NULL),
                     -EBADMSG);
    assert_int_equal(parse(BYTES("\x7a\x01\x18"), NULL), -EBADMSG); /* cut inside */
    assert_int_equal(parse(BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), NULL), -EBADMSG);
    assert_int_equal(aesm_request_parse(BYTES("GET / HTTP/1.1\r\n"), &q, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "no AESM request"));
}

static const struct aesm_field quote_fields[] = {
    {.tag = 1, .is_bytes = true, .bytes = {(const uint8_t *)"report", 6}},
    {.tag = 4, .number = 300},
};

static void every_prefix_and_bit_is_survived(void **state)
{
    struct buf frame = buf_init(256);
    struct span message;

    (void)state;
    aesm_request_render(&frame, AESM_GET_QUOTE_EX, quote_fields, 2);
    assert_int_equal(buf_status(&frame), 0);
    message = span_from(buf_span(&frame), AESM_FRAME_HEADER_SIZE);
    assert_int_equal(message.len, frame.data[0]);
    assert_int_equal(mutate_prefixes(message, parse, NULL), 0);
    assert_true(mutate_bits(message, 0, message.len * 8, parse, NULL) < message.len * 8);
    buf_done(&frame);
}

static void renders_responses_to_the_byte(void **state)
{
    static const char expected[] =
        "\x10\x00\x00\x00\x8a\x01\x0d\x08\x00\x12\x05qq\x00\x00\x00\x1a\x02in";
    const struct aesm_field fields[] = {
        {.tag = 2, .is_bytes = true, .bytes = span_str("qq"), .pad = 3},
        {.tag = 3, .is_bytes = true, .bytes = span_str("in")},
    };
    struct buf frame = buf_init(256);
    struct aesm_response a;

    (void)state;
    aesm_response_render(&frame, AESM_GET_QUOTE_EX, AESM_SUCCESS, fields, 2);
    assert_int_equal(frame.len, sizeof(expected) - 1);
    assert_memory_equal(frame.data, expected, frame.len);

    assert_int_equal(aesm_response_parse(span_from(buf_span(&frame), 4), &a, NULL), 0);
    assert_int_equal(a.kind, AESM_GET_QUOTE_EX);
    assert_int_equal(a.code, AESM_SUCCESS);
    assert_int_equal(a.bytes[2].bytes.len, 5);
    assert_int_equal(a.bytes[3].bytes.len, 2);
    buf_done(&frame);
}

static void a_response_without_code_is_an_error(void **state)
{
    struct aesm_response a;

    (void)state;
    assert_int_equal(aesm_response_parse(BYTES("\xaa\x01\x00"), &a, NULL), 0);
    assert_int_equal(a.code, AESM_UNEXPECTED);
    assert_int_equal(aesm_response_parse(BYTES(""), &a, NULL), -EBADMSG);
    assert_int_equal(aesm_response_parse(BYTES("\xaa\x01\x01"), &a, NULL), -EBADMSG);
}

static void large_fields_have_long_lengths(void **state)
{
    const struct aesm_field field = {.tag = 2, .is_bytes = true, .pad = 20000};
    struct buf frame = buf_init(AESM_RESPONSE_SIZE_MAX);
    struct aesm_response a;

    (void)state;
    aesm_response_render(&frame, AESM_GET_QUOTE_EX, AESM_SUCCESS, &field, 1);
    assert_int_equal(buf_status(&frame), 0);
    assert_int_equal(aesm_response_parse(span_from(buf_span(&frame), 4), &a, NULL), 0);
    assert_int_equal(a.bytes[2].bytes.len, 20000);
    buf_done(&frame);
}

static void codes_and_kinds_have_words(void **state)
{
    (void)state;
    assert_string_equal(aesm_kind_name(AESM_GET_QUOTE_EX), "getQuoteEx");
    assert_string_equal(aesm_kind_name(AESM_NONE), "unknown");
    assert_string_equal(aesm_code_text(9999), "unknown error code");
    assert_non_null(strstr(aesm_code_text(AESM_BACKEND_BUSY), "busy"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_kind),
        cmocka_unit_test(missing_required_fields_are_seen),
        cmocka_unit_test(precedence_decides_between_kinds),
        cmocka_unit_test(repeated_parts_are_merged_and_the_last_counts),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
        cmocka_unit_test(renders_responses_to_the_byte),
        cmocka_unit_test(a_response_without_code_is_an_error),
        cmocka_unit_test(large_fields_have_long_lengths),
        cmocka_unit_test(codes_and_kinds_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
