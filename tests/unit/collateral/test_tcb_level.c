/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "collateral/arena.h"
#include "collateral/tcb_level.h"

#define REST ",\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}"

static int levels_read(const char *text, struct arena *arena, struct isvsvn_level **ret,
                       size_t *ret_count, struct err *err)
{
    struct json_reader r = json_reader_of(span_str(text));

    *ret = tcb_level_isvsvn_read(&r, arena, 3, ret_count);
    return json_reader_done(&r, err);
}

static void advisories_are_sorted_without_duplicates(void **state)
{
    struct span list[] = {span_str("b"), span_str("a"), span_str("ab"), span_str("b"),
                          span_str("a")};

    (void)state;
    assert_int_equal(tcb_level_advisories_unique(list, 5), 3);
    assert_true(span_equal_str(list[0], "a"));
    assert_true(span_equal_str(list[1], "ab"));
    assert_true(span_equal_str(list[2], "b"));
    assert_int_equal(tcb_level_advisories_unique(NULL, 0), 0);
}

static void levels_are_descending(void **state)
{
    struct arena *arena = arena_new();
    struct isvsvn_level *levels;
    size_t count;

    (void)state;
    assert_int_equal(levels_read("[{\"tcb\":{\"isvsvn\":1}" REST ",{\"tcb\":{\"isvsvn\":9}" REST
                                 "]",
                                 arena, &levels, &count, NULL),
                     0);
    assert_int_equal(count, 2);
    assert_int_equal(levels[0].isvsvn, 9);
    assert_int_equal(levels[1].isvsvn, 1);
    assert_int_equal(levels[0].common.status, TCB_UP_TO_DATE);
    assert_int_equal(levels_read("[]", arena, &levels, &count, NULL), 0);
    assert_int_equal(count, 0);
    arena_free(arena);
}

static void faults_are_named(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"[{\"tcb\":{\"isvsvn\":1}" REST ",{\"tcb\":{\"isvsvn\":1}" REST "]", "the same isvsvn"},
        {"[{\"tcb\":{}" REST "]", "member isvsvn is missing"},
        {"[{\"x\":0" REST "]", "member tcb is missing"},
        {"[{\"tcb\":{\"isvsvn\":65536}" REST "]", "json at byte"},
        {"[{\"tcb\":{\"isvsvn\":1},\"tcbDate\":\"2024-03-13T00:00:00Z\"}]",
         "member tcbStatus is missing"},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct isvsvn_level *levels;
        struct err err = {0};
        size_t count;

        assert_int_equal(levels_read(rows[i].text, arena, &levels, &count, &err), -EBADMSG);
        assert_non_null(strstr(err.text, rows[i].message));
    }
    arena_free(arena);
}

/* Words that only an evaluation can result in are unknown in a document. */
static void results_are_no_status_of_a_level(void **state)
{
    struct json_reader r = json_reader_of(span_str("\"TDRelaunchAdvised\""));
    struct tcb_level_common level = {0};

    (void)state;
    tcb_level_status_read(&r, &level, NULL);
    assert_int_equal(level.status, TCB_UNKNOWN);
    assert_true(span_equal_str(level.status_text, "TDRelaunchAdvised"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advisories_are_sorted_without_duplicates),
        cmocka_unit_test(levels_are_descending),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(results_are_no_status_of_a_level),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
