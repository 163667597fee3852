/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "collateral/bundle.h"
#include "samples.h"

static int mutant_take(struct span json, void *unused)
{
    CLEANUP(buf_done) struct buf in = buf_init(4096);
    struct err err = {0};
    struct bundle bundle;

    (void)unused;
    return bundle_parse_json(json, &in, &bundle, &err);
}

static void both_forms_agree(void **state)
{
    CLEANUP(buf_done) struct buf text = sample_read("bundle.json");
    CLEANUP(buf_done) struct buf in = buf_init(4096), out = buf_init(4096), again = buf_init(4096);
    struct bundle a, b;

    (void)state;
    assert_int_equal(bundle_parse_json(buf_span(&text), &in, &a, NULL), 0);
    assert_true(span_equal_str(a.piece[BUNDLE_TCB_INFO], "{\"x\":1}"));
    assert_true(span_equal_str(a.piece[BUNDLE_QE_IDENTITY], "{\"y\": 2}"));
    assert_int_equal(a.piece[BUNDLE_ROOT_CA_CRL].len, 0);
    assert_int_equal(bundle_render_json(&a, &out, NULL), 0);
    assert_int_equal(bundle_parse_json(buf_span(&out), &again, &b, NULL), 0);
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        assert_true(span_equal(a.piece[i], b.piece[i]));
}

static void members_and_files_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        assert_non_null(bundle_member((enum bundle_piece)i));
    assert_string_equal(bundle_file(BUNDLE_TCB_INFO), "tcbinfo.json");
    assert_null(bundle_file(BUNDLE_TCB_INFO_SIGNATURE));
}

static void objects_without_a_known_member_are_refused(void **state)
{
    (void)state;
    assert_int_equal(mutant_take(span_str("{}"), NULL), -EBADMSG);
    assert_int_equal(mutant_take(span_str("{\"a\":1}"), NULL), -EBADMSG);
    assert_int_equal(mutant_take(span_str("{\"pck_crl\":\"\",\"pck_crl\":\"\"}"), NULL), -EBADMSG);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    (void)state;
    sample_is_survived("bundle.json", mutant_take);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_agree),
        cmocka_unit_test(members_and_files_have_names),
        cmocka_unit_test(objects_without_a_known_member_are_refused),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
