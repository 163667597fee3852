/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "mutate.h"
#include "verify/expectation.h"

#define HEX32 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX48 HEX32 "00112233445566778899aabbccddeeff"

static int text_set(struct verify_policy *policy, const char *name, const char *value,
                    struct err *err)
{
    return expectation_set(policy, span_str(name), span_str(value), NULL, err);
}

static size_t row_find(const char *name)
{
    const struct expectation_row *row;

    for (size_t i = 0; (row = expectation_row_at(i)); i++)
        if (strcmp(row->name, name) == 0)
            return i;
    fail_msg("no row %s", name);
    return 0;
}

static const struct expectation *only_value(const struct verify_policy *policy, const char *name)
{
    size_t at = 0;
    const struct expectation *x = expectation_next(policy->expect, row_find(name), &at);

    assert_non_null(x);
    assert_null(expectation_next(policy->expect, row_find(name), &at));
    return x;
}

static void every_row_is_complete(void **state)
{
    const struct expectation_row *row;
    size_t identities = 0;

    (void)state;
    for (size_t i = 0; (row = expectation_row_at(i)); i++) {
        assert_non_null(row->name);
        assert_non_null(row->value);
        assert_non_null(row->help);
        assert_int_not_equal(row->kind, EXPECTATION_NONE);
        assert_true(row->size <= EXPECTATION_SIZE_MAX);
        if (row->kind != EXPECTATION_POLICY)
            assert_true(row->check >= CHECK_EXPECT_MRENCLAVE && row->check < CHECK_COUNT);
        identities += row->is_identity;
    }
    assert_int_equal(identities, 3);
}

static void values_are_parsed_by_kind(void **state)
{
    struct verify_policy policy = {0};

    (void)state;
    assert_int_equal(text_set(&policy, "mrenclave", HEX32, NULL), 0);
    assert_int_equal(only_value(&policy, "mrenclave")->bytes[31], 0xff);
    assert_int_equal(text_set(&policy, "miscselect", "01020304/ff00ff00", NULL), 0);
    assert_int_equal(only_value(&policy, "miscselect")->bytes[3], 4);
    assert_int_equal(only_value(&policy, "miscselect")->mask[3], 0);
    assert_int_equal(text_set(&policy, "xfam", "e71a060000000000", NULL), 0);
    assert_int_equal(only_value(&policy, "xfam")->mask[7], 0xff);
    assert_int_equal(text_set(&policy, "min-isvsvn", "65536", NULL), 0);
    assert_int_equal(only_value(&policy, "min-isvsvn")->number, 65536);
    assert_int_equal(text_set(&policy, "min-tcb-date", "1970-01-02", NULL), 0);
    assert_int_equal(only_value(&policy, "min-tcb-date")->number, 86400);
    assert_int_equal(text_set(&policy, "smt", "no", NULL), 0);
    assert_int_equal(only_value(&policy, "smt")->number, 0);
    assert_int_equal(text_set(&policy, "nonce", "abcd", NULL), 0);
    assert_int_equal(only_value(&policy, "nonce")->size, 2);
    expectation_list_unref(policy.expect);
}

static void several_values_are_kept_in_order(void **state)
{
    struct verify_policy policy = {0};
    size_t row = row_find("isvprodid"), at = 0;

    (void)state;
    assert_int_equal(text_set(&policy, "isvprodid", "3, 1", NULL), 0);
    assert_int_equal(text_set(&policy, "isvprodid", "2", NULL), 0);
    assert_int_equal(expectation_next(policy.expect, row, &at)->number, 3);
    assert_int_equal(expectation_next(policy.expect, row, &at)->number, 1);
    assert_int_equal(expectation_next(policy.expect, row, &at)->number, 2);
    assert_null(expectation_next(policy.expect, row, &at));
    assert_null(expectation_next(NULL, row, &at));
    expectation_list_unref(policy.expect);
}

static void members_of_the_policy_are_set(void **state)
{
    struct verify_policy policy = {0};

    (void)state;
    assert_int_equal(text_set(&policy, "accept-current", "OutOfDate", NULL), 0);
    assert_int_equal(policy.accept_current, TCB_BIT(TCB_OUT_OF_DATE));
    assert_int_equal(text_set(&policy, "allow-td-attributes", "bit1", NULL), 0);
    assert_int_equal(policy.allow_td_attributes, 2);
    assert_int_equal(text_set(&policy, "require-td-attributes", "DEBUG", NULL), 0);
    assert_int_equal(policy.require_td_attributes, 1);
    assert_int_equal(text_set(&policy, "allow-xfam", "SSE", NULL), 0);
    assert_int_equal(policy.allow_xfam, 2);
    assert_int_equal(text_set(&policy, "allow-xfam", "SSE", NULL), -EEXIST);
    assert_int_equal(text_set(&policy, "accept-current", "UpToDate", NULL), -EEXIST);
    assert_null(policy.expect);
}

static void wrong_values_are_named(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        int code;
        const char *message;
    } rows[] = {
        {"mrenclav", HEX32, -ENOENT, "nothing can be expected of \"mrenclav\""},
        {"mrenclave", "", -EINVAL, "mrenclave: a value is missing"},
        {"mrenclave", "00", -EINVAL, "mrenclave: expected 64 hex digits, found 2 characters"},
        {"mrenclave", HEX32 ",", 0, NULL},
        {"mrenclave", "," HEX32, -EINVAL, "found 0 characters"},
        {"mrenclave", HEX32 "00", -EINVAL, "expected 64 hex digits, found 66"},
        {"mrtd", HEX32 "0011223344556677889900112233445g", -EINVAL, "no hex digit"},
        {"isvprodid", "x", -EINVAL, "isvprodid: expected a number, found \"x\""},
        {"isvprodid", "4294967296", -EINVAL, "at most 32 bits"},
        {"isvprodid", "99999999999999999999", -EINVAL, "expected a number"},
        {"isvprodid", "-1", -EINVAL, "expected a number"},
        {"min-isvsvn", "1,2", -EINVAL, "expected a number"},
        {"min-tcb-date", "yesterday", -EINVAL, "min-tcb-date: "},
        {"min-tcb-date", "2026-13-01", -EINVAL, "min-tcb-date: "},
        {"smt", "maybe", -EINVAL, "smt: expected yes or no"},
        {"miscselect", "01020304/ff", -EINVAL, "expected 8 hex digits, found 2"},
        {"nonce", "abc", -EINVAL, "an even number"},
        {"nonce", HEX48 HEX32, -EINVAL, "at most 128 hex digits"},
        {"report-data-sha256", "file", -EINVAL, "cannot be read here"},
        {"accept-current", "Fine", -EINVAL, "accept-current: "},
        {"allow-xfam", "DEBUG", -EINVAL, "allow-xfam: \"DEBUG\""},
        {"refuse-advisories", "a,,b", -EINVAL, "1 to 63 characters"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct verify_policy policy = {0};
        struct err err = {0};

        if (text_set(&policy, rows[i].name, rows[i].value, &err) != rows[i].code)
            fail_msg("%s=%s: %s", rows[i].name, rows[i].value, err.text);
        if (rows[i].message && !strstr(err.text, rows[i].message))
            fail_msg("\"%s\" does not say \"%s\"", err.text, rows[i].message);
        expectation_list_unref(policy.expect);
    }
}

static void one_value_is_one_value(void **state)
{
    struct verify_policy policy = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(text_set(&policy, "nonce", "aa", NULL), 0);
    assert_int_equal(text_set(&policy, "nonce", "bb", &err), -EEXIST);
    assert_non_null(strstr(err.text, "nonce: given twice"));
    expectation_list_unref(policy.expect);
}

static void a_shared_list_does_not_change(void **state)
{
    struct verify_policy policy = {0};
    struct expectation_list *list;

    (void)state;
    assert_int_equal(text_set(&policy, "nonce", "aa", NULL), 0);
    list = expectation_list_ref(policy.expect);
    assert_int_equal(text_set(&policy, "isvprodid", "1", NULL), -EBUSY);
    expectation_list_unref(list);
    assert_int_equal(text_set(&policy, "isvprodid", "1", NULL), 0);
    expectation_list_unref(policy.expect);
    assert_null(expectation_list_ref(NULL));
    expectation_list_unref(NULL);
}

static void the_number_of_values_is_limited(void **state)
{
    struct verify_policy policy = {0};
    int r = 0;

    (void)state;
    for (int i = 0; i < EXPECTATION_COUNT_MAX; i++)
        r |= text_set(&policy, "isvprodid", "1", NULL);
    assert_int_equal(r, 0);
    assert_int_equal(text_set(&policy, "isvprodid", "1", NULL), -E2BIG);
    expectation_list_unref(policy.expect);
}

static const char good_file[] = "# one enclave\n"
                                "\n"
                                "mrsigner = " HEX32 " # the release key\r\n"
                                "  isvprodid=7,8\n"
                                "min-isvsvn\t=\t3\n"
                                "#mrenclave = nothing\n"
                                "require-td-attributes = SEPT_VE_DISABLE\n"
                                "nonce = 00ff";

static void a_file_is_read_line_by_line(void **state)
{
    struct verify_policy policy = {0};

    (void)state;
    assert_int_equal(expectation_read(&policy, span_str(good_file), NULL, NULL), 0);
    assert_int_equal(only_value(&policy, "mrsigner")->bytes[1], 0x11);
    assert_int_equal(only_value(&policy, "min-isvsvn")->number, 3);
    assert_int_equal(only_value(&policy, "nonce")->size, 2);
    assert_int_equal(policy.require_td_attributes, UINT64_C(1) << 28);
    expectation_list_unref(policy.expect);
}

static void an_error_has_its_line(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"\n\nisvprodid = x\n", "line 3: isvprodid: expected a number"},
        {"# a\nmrenclave " HEX32, "line 2: expected \"name = value\""},
        {"nonce = aa\nnonce = aa", "line 2: nonce: given twice"},
        {"= 1", "line 1: nothing can be expected of \"\""},
        {"[section]", "line 1: expected"},
        {"isvprodid = 1 2", "line 1: isvprodid: expected a number"},
        {"isvprodid = 1#2", "line 1: isvprodid: expected a number"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct verify_policy policy = {0};
        struct err err = {0};

        assert_true(expectation_read(&policy, span_str(rows[i].text), NULL, &err) < 0);
        if (strncmp(err.text, rows[i].message, strlen(rows[i].message)) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", err.text, rows[i].message);
        expectation_list_unref(policy.expect);
    }
}

static void a_large_file_is_refused(void **state)
{
    CLEANUP(buf_done) struct buf text = buf_init(EXPECTATION_FILE_SIZE_MAX + 1);
    struct verify_policy policy = {0};

    (void)state;
    buf_put_zero(&text, EXPECTATION_FILE_SIZE_MAX + 1);
    assert_int_equal(expectation_read(&policy, buf_span(&text), NULL, NULL), -EMSGSIZE);
}

/* Each value is written as it can be read again. */
static void values_round_trip(void **state)
{
    static const char *const lines[][2] = {
        {"mrenclave", HEX32},
        {"miscselect", "01020304/ff00ff00"},
        {"isvprodid", "7"},
        {"min-tcb-date", "2026-03-11T00:00:00Z"},
        {"smt", "yes"},
        {"refuse-advisories", "INTEL-SA-00614"},
        {"nonce", "00ff"},
        {"report-data-prefix", "aa"},
        {"min-tcb-evaluation", "20"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        CLEANUP(buf_done) struct buf out = buf_init(EXPECTATION_TEXT_SIZE_MAX);
        struct verify_policy policy = {0};

        assert_int_equal(text_set(&policy, lines[i][0], lines[i][1], NULL), 0);
        expectation_value_put(only_value(&policy, lines[i][0]), &out);
        assert_true(span_equal_str(buf_span(&out), lines[i][1]));
        expectation_list_unref(policy.expect);
    }
}

static int file_take(struct span text, void *unused)
{
    struct verify_policy policy = {0};
    struct err err = {0};
    int r = expectation_read(&policy, text, NULL, &err);

    (void)unused;
    expectation_list_unref(policy.expect);
    return r;
}

static void every_prefix_and_bit_is_survived(void **state)
{
    struct span text = span_str(good_file);

    (void)state;
    assert_int_equal(file_take(text, NULL), 0);
    mutate_prefixes(text, file_take, NULL);
    mutate_bits(text, 0, text.len, file_take, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(values_are_parsed_by_kind),
        cmocka_unit_test(several_values_are_kept_in_order),
        cmocka_unit_test(members_of_the_policy_are_set),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(one_value_is_one_value),
        cmocka_unit_test(a_shared_list_does_not_change),
        cmocka_unit_test(the_number_of_values_is_limited),
        cmocka_unit_test(a_file_is_read_line_by_line),
        cmocka_unit_test(an_error_has_its_line),
        cmocka_unit_test(a_large_file_is_refused),
        cmocka_unit_test(values_round_trip),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
