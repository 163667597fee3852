/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "collateral/evaluation.h"
#include "samples.h"

static int text_take(struct span json, struct err *err)
{
    struct evaluation x;

    return evaluation_parse(json, &x, err);
}

static int mutant_take(struct span json, void *unused)
{
    struct err err = {0};

    (void)unused;
    return text_take(json, &err);
}

static void numbers_are_read(void **state)
{
    CLEANUP(buf_done) struct buf text = sample_read("evaluation_numbers.json");
    struct err err = {0};
    struct evaluation x;

    (void)state;
    assert_int_equal(evaluation_parse(buf_span(&text), &x, &err), 0);
    assert_true(span_equal_str(x.id, "SGX"));
    assert_int_equal(x.count, 1);
    assert_int_equal(x.numbers[0].number, 18);
    assert_true(x.numbers[0].recovery_event_date == clock_civil(2024, 11, 12, 0, 0, 0));
    assert_true(x.numbers[0].tcb_date == clock_civil(2024, 11, 13, 0, 0, 0));
}

static void faults_are_named(void **state)
{
    static const struct sample_edit edits[] = {
        {"\"tcbDate\"", "\"x\"", "member tcbDate is missing"},
        {"\"nextUpdate\"", "\"x\"", "member nextUpdate is missing"},
        {"\"version\": 1", "\"version\": 1, \"version\": 1", "member version occurs twice"},
        {"\"tcbEvaluationDataNumber\": 18", "\"tcbEvaluationDataNumber\": 4294967296",
         "json at byte"},
    };

    (void)state;
    sample_edits_fail("evaluation_numbers.json", edits, ARRAY_COUNT(edits), text_take);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    (void)state;
    sample_is_survived("evaluation_numbers.json", mutant_take);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
