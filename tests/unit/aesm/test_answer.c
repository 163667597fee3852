/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "aesm/answer.h"

static struct buf out, message;

/* A backend that does what it is told. */
static uint32_t fake_code;
static struct aesm_quote_order fake_order;

static uint32_t fake_init(void *self, struct aesm_quote_identity *ret, struct err *err)
{
    (void)self;
    memset(ret->target_info, 't', sizeof(ret->target_info));
    memset(ret->pub_key_id, 'k', sizeof(ret->pub_key_id));
    err_set(err, -EIO, "told so");
    return fake_code;
}

static uint32_t fake_size(void *self, uint32_t *ret_size, struct err *err)
{
    (void)self;
    (void)err;
    *ret_size = 4600;
    return fake_code;
}

static uint32_t fake_quote(void *self, const struct aesm_quote_order *order, struct err *err)
{
    (void)self;
    (void)err;
    fake_order = *order;
    memset(order->quote, 0, order->quote_size);
    memcpy(order->quote, "quote", 5);
    if (order->qe_report_info)
        memset(order->qe_report_info + 528, 'r', AESM_REPORT_SIZE);
    return fake_code;
}

static const struct aesm_backend fake = {
    .name = "fake",
    .init = fake_init,
    .size = fake_size,
    .quote = fake_quote,
};

static int setup(void **state)
{
    (void)state;
    out = buf_init(AESM_RESPONSE_SIZE_MAX);
    message = buf_init(AESM_REQUEST_SIZE_MAX);
    fake_code = AESM_SUCCESS;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&out);
    buf_done(&message);
    return 0;
}

static struct aesm_request request_of(enum aesm_kind kind, const struct aesm_field *fields,
                                      size_t count)
{
    struct aesm_request q;

    buf_clear(&message);
    buf_clear(&out);
    aesm_request_render(&message, kind, fields, count);
    assert_int_equal(aesm_request_parse(span_from(buf_span(&message), 4), &q, NULL), 0);
    return q;
}

/* Ask as a client does; the response is left in out. */
static uint32_t ask(enum aesm_kind kind, const struct aesm_field *fields, size_t count)
{
    struct aesm_request q = request_of(kind, fields, count);
    struct aesm_canonical canonical, again;
    uint32_t code;

    if (!aesm_answer_at_once(&q, &out, &code)) {
        aesm_request_canonical(&q, &canonical);
        aesm_canonical_of(aesm_canonical_bytes(&canonical), &again);
        assert_memory_equal(&again, &canonical, sizeof(again));
        code = aesm_answer(&fake, &again, &out, NULL);
    }
    assert_int_equal(buf_status(&out), 0);
    return code;
}

static void out_is(const char *expected, size_t size)
{
    assert_int_equal(out.len, size);
    assert_memory_equal(out.data, expected, size);
}
#define OUT_IS(literal) out_is(literal, sizeof(literal) - 1)

static struct aesm_response response(void)
{
    struct aesm_response a = {0};

    assert_int_equal(aesm_response_parse(span_from(buf_span(&out), 4), &a, NULL), 0);
    return a;
}

static struct aesm_field bytes(unsigned tag, const void *data, size_t size)
{
    return (struct aesm_field){.tag = tag, .is_bytes = true, .bytes = span_of(data, size)};
}

static struct aesm_field number(unsigned tag, uint64_t value)
{
    return (struct aesm_field){.tag = tag, .number = value};
}

static struct aesm_field our_key(unsigned tag)
{
    return bytes(tag, aesm_key_id().data, AESM_KEY_ID_SIZE);
}

static void the_key_id_is_intels(void **state)
{
    const uint8_t *id = aesm_key_id().data;

    (void)state;
    assert_int_equal(id[4], 32);
    assert_memory_equal(id + 6, "\x8c\x4f\x57\x75\xd7\x96\x50\x3e", 8);
    assert_memory_equal(id + 6 + 28, "\x90\xc5\x7b\xff\0\0", 6);
    assert_int_equal(id[54], 1);
    assert_int_equal(id[154], 2);
    assert_true(span_is_zero(span_from(aesm_key_id(), 155)));
}

static void legacy_requests_get_todays_answers(void **state)
{
    const struct aesm_field token[] = {bytes(1, "a", 1), bytes(2, "b", 1), bytes(3, "c", 1)};
    const struct aesm_field quote[] = {bytes(1, "r", 1), number(2, 0), bytes(3, "s", 1),
                                       number(6, 9)};
    const struct aesm_field error[] = {bytes(1, "p", 1), number(2, 0), number(3, 0)};
    const struct aesm_field update[] = {number(2, 0), number(3, 0)};
    const struct aesm_field white[] = {bytes(1, "b", 1), number(2, 0)};
    const struct aesm_field other[] = {bytes(1, "b", 1), number(2, 1)};

    (void)state;
    ask(AESM_INIT_QUOTE, NULL, 0);
    OUT_IS("\x04\0\0\0\x0a\x02\x08\x1e");
    ask(AESM_GET_QUOTE, quote, 4);
    OUT_IS("\x04\0\0\0\x12\x02\x08\x1e");
    ask(AESM_GET_LAUNCH_TOKEN, token, 3);
    OUT_IS("\x04\0\0\0\x1a\x02\x08\x1e");
    ask(AESM_REPORT_ERROR, error, 3);
    OUT_IS("\x04\0\0\0\x22\x02\x08\x1e");
    ask(AESM_GET_WHITE_LIST_SIZE, NULL, 0);
    OUT_IS("\x06\0\0\0\x52\x04\x08\x1e\x10\x00");
    ask(AESM_GET_WHITE_LIST, NULL, 0);
    OUT_IS("\x04\0\0\0\x5a\x02\x08\x1e");
    ask(AESM_GET_EXTENDED_GROUP, NULL, 0);
    OUT_IS("\x06\0\0\0\x62\x04\x08\x1e\x10\x00");
    ask(AESM_SWITCH_EXTENDED_GROUP, NULL, 0);
    OUT_IS("\x04\0\0\0\x6a\x02\x08\x1e");
    ask(AESM_REGISTER, white, 2);
    OUT_IS("\x04\0\0\0\x72\x02\x08\x1e");
    ask(AESM_REGISTER, other, 2);
    OUT_IS("\x04\0\0\0\x72\x02\x08\x03");
    ask(AESM_CHECK_UPDATE_STATUS, update, 2);
    OUT_IS("\x07\0\0\0\x92\x01\x04\x08\x1e\x18\x00");
}

static void incomplete_requests_are_unexpected(void **state)
{
    (void)state;
    ask(AESM_GET_LAUNCH_TOKEN, NULL, 0);
    OUT_IS("\x04\0\0\0\x1a\x02\x08\x01");
    ask(AESM_INIT_QUOTE_EX, NULL, 0);
    OUT_IS("\x06\0\0\0\x7a\x04\x08\x01\x18\x00");
    ask(AESM_GET_QUOTE_EX, NULL, 0);
    OUT_IS("\x05\0\0\0\x8a\x01\x02\x08\x01");
    ask(AESM_GET_KEY_IDS, NULL, 0);
    OUT_IS("\x05\0\0\0\xb2\x01\x02\x08\x01");
}

static void key_ids_are_listed(void **state)
{
    struct aesm_field size = number(1, AESM_KEY_ID_SIZE);
    uint8_t list[AESM_KEY_ID_LIST_HEADER_SIZE + 2 * AESM_KEY_ID_SIZE] = {0};
    struct aesm_response a;

    (void)state;
    ask(AESM_GET_KEY_ID_COUNT, NULL, 0);
    OUT_IS("\x07\0\0\0\xaa\x01\x04\x08\x00\x10\x01");
    assert_int_equal(ask(AESM_GET_KEY_IDS, &size, 1), AESM_SUCCESS);
    a = response();
    assert_true(span_equal(a.bytes[2].bytes, aesm_key_id()));
    size.number = 512;
    ask(AESM_GET_KEY_IDS, &size, 1);
    OUT_IS("\x05\0\0\0\xb2\x01\x02\x08\x03");

    assert_int_equal(ask(AESM_SELECT_KEY_ID, NULL, 0), AESM_SUCCESS);
    assert_true(span_equal(response().bytes[2].bytes, aesm_key_id()));

    /* the client's own entry comes back, with what it put behind the compared part */
    list[4] = 2;
    memcpy(list + 8 + AESM_KEY_ID_SIZE, aesm_key_id().data, AESM_KEY_ID_SIZE);
    list[sizeof(list) - 1] = 77;
    size = bytes(1, list, sizeof(list));
    assert_int_equal(ask(AESM_SELECT_KEY_ID, &size, 1), AESM_SUCCESS);
    assert_int_equal(response().bytes[2].bytes.data[AESM_KEY_ID_SIZE - 1], 77);
}

static void wrong_key_id_lists_are_refused(void **state)
{
    uint8_t list[AESM_KEY_ID_LIST_HEADER_SIZE + 11 * AESM_KEY_ID_SIZE] = {[4] = 1};
    struct aesm_field field = bytes(1, list, 8 + AESM_KEY_ID_SIZE);

    (void)state;
    ask(AESM_SELECT_KEY_ID, &field, 1);
    OUT_IS("\x05\0\0\0\x9a\x01\x02\x08\x26"); /* not ours: 38 */
    field.bytes.len--;
    assert_int_equal(ask(AESM_SELECT_KEY_ID, &field, 1), AESM_PARAMETER);
    field.bytes.len = 0;
    assert_int_equal(ask(AESM_SELECT_KEY_ID, &field, 1), AESM_PARAMETER);
    field.bytes.len = 8;
    list[4] = 0;
    assert_int_equal(ask(AESM_SELECT_KEY_ID, &field, 1), AESM_PARAMETER);
    field.bytes.len = sizeof(list);
    list[4] = 11;
    assert_int_equal(ask(AESM_SELECT_KEY_ID, &field, 1), AESM_PARAMETER);
    field.bytes.len = 8 + AESM_KEY_ID_SIZE;
    list[4] = 1;
    list[0] = 1;
    assert_int_equal(ask(AESM_SELECT_KEY_ID, &field, 1), AESM_PARAMETER);
}

static void init_is_answered_in_both_forms(void **state)
{
    struct aesm_field fields[] = {our_key(1), number(3, 0),
                                  number(4, UINT64_C(0xdeadbeefdeadbeef))};
    struct aesm_response a;

    (void)state;
    assert_int_equal(ask(AESM_INIT_QUOTE_EX, fields, 3), AESM_SUCCESS);
    a = response();
    assert_int_equal(a.bytes[2].bytes.len, AESM_TARGET_INFO_SIZE);
    assert_int_equal(a.numbers[3], AESM_PUB_KEY_ID_SIZE);
    assert_false(a.bytes[4].present);

    fields[1].number = 1;
    fields[2].number = 32;
    assert_int_equal(ask(AESM_INIT_QUOTE_EX, fields, 3), AESM_SUCCESS);
    a = response();
    assert_int_equal(a.numbers[3], a.bytes[4].bytes.len);
    assert_int_equal(a.bytes[4].bytes.data[31], 'k');

    fields[2].number = 33;
    ask(AESM_INIT_QUOTE_EX, fields, 3);
    OUT_IS("\x06\0\0\0\x7a\x04\x08\x03\x18\x21");
    fake_code = AESM_NO_PLATFORM_CERT_DATA;
    fields[2].number = 32;
    ask(AESM_INIT_QUOTE_EX, fields, 3);
    OUT_IS("\x06\0\0\0\x7a\x04\x08\x2c\x18\x20");
}

static void a_foreign_or_short_key_id_is_refused(void **state)
{
    uint8_t id[AESM_KEY_ID_SIZE + 1] = {0};
    struct aesm_field fields[] = {our_key(1), number(3, 0)};

    (void)state;
    memcpy(id, aesm_key_id().data, AESM_KEY_ID_SIZE);
    fields[0] = bytes(1, id, sizeof(id));
    assert_int_equal(ask(AESM_INIT_QUOTE_EX, fields, 2), AESM_SUCCESS);
    id[AESM_KEY_ID_COMPARED_SIZE] = 1;
    assert_int_equal(ask(AESM_INIT_QUOTE_EX, fields, 2), AESM_SUCCESS);
    id[AESM_KEY_ID_COMPARED_SIZE - 1] = 1;
    assert_int_equal(ask(AESM_INIT_QUOTE_EX, fields, 2), AESM_UNSUPPORTED_KEY_ID);
    fields[0].bytes.len = AESM_KEY_ID_SIZE - 1;
    assert_int_equal(ask(AESM_INIT_QUOTE_EX, fields, 2), AESM_PARAMETER);
    assert_int_equal(ask(AESM_INIT_QUOTE_EX, fields + 1, 1), AESM_PARAMETER);
    ask(AESM_GET_QUOTE_SIZE_EX, NULL, 0);
    OUT_IS("\x07\0\0\0\x82\x01\x04\x08\x03\x10\x00");
}

static void sizes_are_answered(void **state)
{
    struct aesm_field field = our_key(1);

    (void)state;
    ask(AESM_GET_QUOTE_SIZE_EX, &field, 1);
    OUT_IS("\x08\0\0\0\x82\x01\x05\x08\x00\x10\xf8\x23");
    fake_code = AESM_OUT_OF_EPC;
    ask(AESM_GET_QUOTE_SIZE_EX, &field, 1);
    OUT_IS("\x07\0\0\0\x82\x01\x04\x08\x1d\x10\x00");
}

static void quotes_fill_the_clients_buffer(void **state)
{
    uint8_t report[AESM_REPORT_SIZE] = {9}, info[AESM_QE_REPORT_INFO_SIZE] = {7};
    struct aesm_field fields[] = {bytes(1, report, sizeof(report)), our_key(2),
                                  bytes(3, info, sizeof(info)), number(4, 8192)};
    struct aesm_response a;

    (void)state;
    assert_int_equal(ask(AESM_GET_QUOTE_EX, fields, 4), AESM_SUCCESS);
    a = response();
    assert_int_equal(a.bytes[2].bytes.len, 8192);
    assert_memory_equal(a.bytes[2].bytes.data, "quote\0", 6);
    assert_true(span_is_zero(span_from(a.bytes[2].bytes, 5)));
    assert_int_equal(a.bytes[3].bytes.len, AESM_QE_REPORT_INFO_SIZE);
    assert_int_equal(a.bytes[3].bytes.data[0], 7);
    assert_int_equal(a.bytes[3].bytes.data[528], 'r');

    fields[2] = fields[3];
    assert_int_equal(ask(AESM_GET_QUOTE_EX, fields, 3), AESM_SUCCESS);
    assert_null(fake_order.qe_report_info);
    assert_false(response().bytes[3].present);
}

static void a_failed_quote_gives_the_report_info_back(void **state)
{
    uint8_t report[AESM_REPORT_SIZE] = {9}, info[AESM_QE_REPORT_INFO_SIZE] = {7};
    const struct aesm_field fields[] = {bytes(1, report, sizeof(report)), our_key(2),
                                        bytes(3, info, sizeof(info)), number(4, 8192)};
    struct aesm_response a;

    (void)state;
    fake_code = AESM_INVALID_REPORT;
    assert_int_equal(ask(AESM_GET_QUOTE_EX, fields, 4), AESM_INVALID_REPORT);
    a = response();
    assert_int_equal(a.code, 47);
    assert_false(a.bytes[2].present);
    assert_true(span_equal(a.bytes[3].bytes, span_of(info, sizeof(info))));
}

static void wrong_sizes_are_parameters(void **state)
{
    uint8_t report[AESM_REPORT_SIZE + 1] = {9}, info[AESM_QE_REPORT_INFO_SIZE + 1] = {7};
    const size_t report_sizes[] = {0, 384, 431, 433};
    const size_t info_sizes[] = {0, 1, 959, 961};
    const uint64_t buffer_sizes[] = {0, AESM_QUOTE_BUFFER_MAX + 1, UINT32_MAX};
    struct aesm_field fields[] = {bytes(1, report, AESM_REPORT_SIZE), our_key(2),
                                  bytes(3, info, AESM_QE_REPORT_INFO_SIZE), number(4, 8192)};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(report_sizes); i++) {
        fields[0].bytes.len = report_sizes[i];
        assert_int_equal(ask(AESM_GET_QUOTE_EX, fields, 4), AESM_PARAMETER);
    }
    fields[0].bytes.len = AESM_REPORT_SIZE;
    for (size_t i = 0; i < ARRAY_COUNT(info_sizes); i++) {
        fields[2].bytes.len = info_sizes[i];
        assert_int_equal(ask(AESM_GET_QUOTE_EX, fields, 4), AESM_PARAMETER);
    }
    fields[2].bytes.len = AESM_QE_REPORT_INFO_SIZE;
    for (size_t i = 0; i < ARRAY_COUNT(buffer_sizes); i++) {
        fields[3].number = buffer_sizes[i];
        assert_int_equal(ask(AESM_GET_QUOTE_EX, fields, 4), AESM_PARAMETER);
    }
}

static void the_canonical_bytes_leave_timeouts_out(void **state)
{
    uint8_t report[AESM_REPORT_SIZE] = {9};
    const struct aesm_field intel[] = {bytes(1, report, sizeof(report)), our_key(2),
                                       number(4, 8192), number(9, 15000)};
    struct aesm_field other[] = {bytes(1, report, sizeof(report)), our_key(2), number(4, 8192),
                                 number(9, 30000000)};
    struct aesm_canonical a, b;
    struct aesm_request q;

    (void)state;
    q = request_of(AESM_GET_QUOTE_EX, intel, 4);
    aesm_request_canonical(&q, &a);
    q = request_of(AESM_GET_QUOTE_EX, other, 4);
    aesm_request_canonical(&q, &b);
    assert_true(span_equal(aesm_canonical_bytes(&a), aesm_canonical_bytes(&b)));
    other[2].number = 8193;
    q = request_of(AESM_GET_QUOTE_EX, other, 4);
    aesm_request_canonical(&q, &b);
    assert_false(span_equal(aesm_canonical_bytes(&a), aesm_canonical_bytes(&b)));
}

static void the_canonical_bytes_hold_all_that_the_answer_depends_on(void **state)
{
    uint8_t report[AESM_REPORT_SIZE] = {9}, info[AESM_QE_REPORT_INFO_SIZE] = {0};
    struct aesm_field init[] = {our_key(1), number(3, 0), number(4, 77)};
    const struct aesm_field quote[] = {bytes(1, report, sizeof(report)), our_key(2),
                                       bytes(3, info, sizeof(info)), number(4, 8192)};
    struct aesm_canonical a, b;
    struct aesm_request q;

    (void)state;
    q = request_of(AESM_INIT_QUOTE_EX, init, 3);
    aesm_request_canonical(&q, &a);
    init[2].number = 78; /* garbage when no key identity is asked for */
    q = request_of(AESM_INIT_QUOTE_EX, init, 3);
    aesm_request_canonical(&q, &b);
    assert_true(span_equal(aesm_canonical_bytes(&a), aesm_canonical_bytes(&b)));
    init[1].number = 1;
    q = request_of(AESM_INIT_QUOTE_EX, init, 3);
    aesm_request_canonical(&q, &b);
    assert_false(span_equal(aesm_canonical_bytes(&a), aesm_canonical_bytes(&b)));

    /* an empty report info is not the same as none */
    q = request_of(AESM_GET_QUOTE_EX, quote, 4);
    aesm_request_canonical(&q, &a);
    q.qe_report_info.present = false;
    aesm_request_canonical(&q, &b);
    assert_false(span_equal(aesm_canonical_bytes(&a), aesm_canonical_bytes(&b)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_id_is_intels),
        cmocka_unit_test_setup_teardown(legacy_requests_get_todays_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(incomplete_requests_are_unexpected, setup, teardown),
        cmocka_unit_test_setup_teardown(key_ids_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_key_id_lists_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(init_is_answered_in_both_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(a_foreign_or_short_key_id_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_are_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(quotes_fill_the_clients_buffer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_quote_gives_the_report_info_back, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_sizes_are_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(the_canonical_bytes_leave_timeouts_out, setup, teardown),
        cmocka_unit_test_setup_teardown(the_canonical_bytes_hold_all_that_the_answer_depends_on,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
