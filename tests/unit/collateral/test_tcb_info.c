/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/clock.h"
#include "collateral/tcb_info.h"
#include "samples.h"

static int text_take(struct span json, struct err *err)
{
    CLEANUP(tcb_info_freep) struct tcb_info *info = NULL;

    return tcb_info_new(json, &info, err);
}

static int mutant_take(struct span json, void *unused)
{
    struct err err = {0};

    (void)unused;
    return text_take(json, &err);
}

static struct tcb_info *sample_parse(const char *name)
{
    CLEANUP(buf_done) struct buf text = sample_read(name);
    struct tcb_info *info = NULL;
    struct err err = {0};

    if (tcb_info_new(buf_span(&text), &info, &err) < 0)
        fail_msg("%s", err.text);
    return info;
}

static void levels_are_sorted_and_complete(void **state)
{
    CLEANUP(tcb_info_freep) struct tcb_info *info = sample_parse("tcb_info_tdx.json");

    (void)state;
    assert_int_equal(info->id, TCB_INFO_TDX);
    assert_int_equal(info->level_count, 3);
    /* descending: SGX components, then TDX components, then PCESVN */
    assert_int_equal(info->levels[0].pcesvn, 7);
    assert_int_equal(info->levels[1].pcesvn, 8);
    assert_int_equal(info->levels[2].pcesvn, 9);
    assert_int_equal(info->levels[1].common.status, TCB_UNKNOWN);
    assert_true(span_equal_str(info->levels[1].common.status_text, "Strange"));
    assert_int_equal(info->levels[0].common.advisory_count, 2);
    assert_true(span_equal_str(info->levels[0].common.advisories[0], "INTEL-SA-1"));
    assert_int_equal(info->levels[0].tdx[1], 6);
    assert_int_equal(info->fmspc[1], 0xa0);
    assert_int_equal(info->evaluation_number, 17);
    assert_true(info->issue_date == clock_civil(2025, 1, 1, 0, 0, 0));
}

static void texts_and_modules_are_read(void **state)
{
    CLEANUP(tcb_info_freep) struct tcb_info *info = sample_parse("tcb_info_tdx.json");

    (void)state;
    assert_true(span_equal_str(info->sgx_component[0].category, "BIOS"));
    assert_true(span_equal_str(info->sgx_component[0].type, "Early Microcode Update"));
    assert_int_equal(info->sgx_component[1].type.len, 0);
    assert_true(info->has_module);
    assert_int_equal(info->module_attributes_mask[7], 0xff);
    assert_int_equal(info->module_count, 1);
    assert_true(span_equal_str(info->modules[0].id, "TDX_01"));
    assert_int_equal(info->modules[0].levels[0].isvsvn, 4);
}

static void version_2_has_flat_components(void **state)
{
    CLEANUP(tcb_info_freep) struct tcb_info *info = sample_parse("tcb_info_v2.json");

    (void)state;
    assert_int_equal(info->id, TCB_INFO_SGX);
    assert_int_equal(info->version, 2);
    assert_int_equal(info->levels[0].sgx[0], 5);
    for (uint8_t i = 1; i < TCB_COMPONENT_COUNT; i++)
        assert_int_equal(info->levels[0].sgx[i], i);
    assert_int_equal(info->levels[0].pcesvn, 11);
}

static void faults_of_tdx_are_named(void **state)
{
    static const struct sample_edit edits[] = {
        {"\"tcbLevels\": [{\"tcb\": {\"sgx", "\"tcbLevels\": [], \"x\": [{\"tcb\": {\"sgx",
         "empty"},
        {"\"pcesvn\": 9", "\"pcesvn\": 65536", "json at byte"},
        {"\"pcesvn\": 9", "\"pcesvn\": -1", "json at byte"},
        {"\"pcesvn\": 9", "\"pcesvm\": 9", "member pcesvn is missing"},
        {"\"svn\": 2", "\"svn\": 256", "json at byte"},
        {"{\"svn\": 0}, ", "", "fewer than 16 components"},
        {"{\"svn\": 0}, ", "{\"svn\": 0}, {\"svn\": 0}, ", "more than 16 components"},
        {"\"id\": \"TDX\"", "\"id\": \"XYZ\"", "id is neither SGX nor TDX"},
        {"\"id\": \"TDX\"", "\"x\": 0", "needs the member id"},
        {"\"id\": \"TDX\"", "\"id\": \"TDX\", \"id\": \"TDX\"", "member id occurs twice"},
        {"\"tdxModule\"", "\"x\"", "needs the member tdxModule"},
        {"\"tdxtcbcomponents\"", "\"x\"", "needs the member tdxtcbcomponents"},
        {"\"version\": 3", "\"version\": 2", "version 2 needs the members"},
        {"\"version\": 3", "\"version\": 4", "version is 4, expected 2 or 3"},
        {"\"tcbType\": 0", "\"tcbType\": 1", "tcbType is not 0"},
        {"00A06F050000", "00A06F0500", "hex digits"},
        {"\"pceId\": \"0000\",", "\"pceId\": \"0000\"}", "json at byte"},
        {"2025-01-01T00:00:00Z", "1735689600", "RFC 3339"},
        {"\"isvsvn\": 4", "\"isvsvn\": 2", "the same isvsvn"},
        {"INTEL-SA-2", "", "length of an advisory id"},
        {"\"tcbStatus\": \"OutOfDate\", \"adv", "\"x\": \"OutOfDate\", \"adv",
         "member tcbStatus is missing"},
        {"\"attributesMask\"", "\"x\"", "member attributesMask is missing"},
    };

    (void)state;
    sample_edits_fail("tcb_info_tdx.json", edits, ARRAY_COUNT(edits), text_take);
}

static void faults_of_version_2_are_named(void **state)
{
    static const struct sample_edit edits[] = {
        {"sgxtcbcomp07svn", "sgxtcbcomp08svn", "member sgxtcbcomp08svn occurs twice"},
        {"sgxtcbcomp07svn", "sgxtcbcomp17svn", "16 SGX components in one form"},
        {"\"version\": 2", "\"version\": 3, \"id\": \"SGX\"",
         "version 3 needs the member sgxtcbcomponents"},
        {"\"pcesvn\": 11", "\"pcesvn\": 11, \"tdxtcbcomponents\": []", "fewer than 16 components"},
    };

    (void)state;
    sample_edits_fail("tcb_info_v2.json", edits, ARRAY_COUNT(edits), text_take);
}

static void equal_levels_are_refused(void **state)
{
    CLEANUP(buf_done) struct buf text = sample_read("tcb_info_sgx.json");
    CLEANUP(buf_done) struct buf twice = buf_init(16 * 1024);
    struct span all = buf_span(&text);
    const uint8_t *levels = memmem(all.data, all.len, "[{\"tcb\"", 7);
    size_t start = (size_t)(levels - all.data) + 1;
    struct span level = span_sub(all, start, all.len - start - strlen("]\n}\n"));
    struct err err = {0};

    (void)state;
    buf_put(&twice, span_sub(all, 0, start));
    buf_put(&twice, level);
    buf_put_str(&twice, ", ");
    buf_put(&twice, level);
    buf_put_str(&twice, "]}");
    assert_int_equal(text_take(buf_span(&twice), &err), -EBADMSG);
    assert_non_null(strstr(err.text, "two levels have the same SVNs"));
}

static void limits_hold(void **state)
{
    static const char zeros[] = "[{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"
                                "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"
                                "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"
                                "{\"svn\":0}]";
    CLEANUP(buf_done) struct buf sample = sample_read("tcb_info_sgx.json");
    CLEANUP(buf_done) struct buf text = buf_init(TCB_INFO_SIZE_MAX + 2);
    struct span all = buf_span(&sample);
    const uint8_t *levels = memmem(all.data, all.len, "[{\"tcb\"", 7);
    struct err err = {0};

    (void)state;
    buf_put(&text, span_sub(all, 0, (size_t)(levels - all.data)));
    for (int i = 0; i <= TCB_INFO_LEVEL_MAX; i++)
        buf_printf(&text,
                   "%s{\"tcb\":{\"sgxtcbcomponents\":%s,\"pcesvn\":%d},\"tcbDate\":"
                   "\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}",
                   i ? "," : "[", zeros, i);
    buf_put_str(&text, "]}");
    assert_int_equal(text_take(buf_span(&text), &err), -EBADMSG);
    assert_non_null(strstr(err.text, "too many items"));
    buf_put_zero(&text, TCB_INFO_SIZE_MAX + 1 - text.len);
    assert_int_equal(text_take(buf_span(&text), &err), -EMSGSIZE);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    (void)state;
    sample_is_survived("tcb_info_tdx.json", mutant_take);
    sample_is_survived("tcb_info_v2.json", mutant_take);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_sorted_and_complete),
        cmocka_unit_test(texts_and_modules_are_read),
        cmocka_unit_test(version_2_has_flat_components),
        cmocka_unit_test(faults_of_tdx_are_named),
        cmocka_unit_test(faults_of_version_2_are_named),
        cmocka_unit_test(equal_levels_are_refused),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
