/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Levels and their convergence as pure functions (dcap.md 1.7 E). */
#include <errno.h>

#include "verify/policy.h"
#include "verify/tcb_match.h"

#define UTD  TCB_UP_TO_DATE
#define SWH  TCB_SW_HARDENING_NEEDED
#define CN   TCB_CONFIGURATION_NEEDED
#define CSWH TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED
#define OOD  TCB_OUT_OF_DATE
#define ODCN TCB_OUT_OF_DATE_CONFIGURATION_NEEDED
#define REV  TCB_REVOKED

static const enum tcb_status platform[] = {UTD, SWH, CN, CSWH, OOD, ODCN, REV};

static void an_out_of_date_component_lowers(void **state)
{
    static const enum tcb_status expected[] = {OOD, OOD, ODCN, ODCN, OOD, ODCN, REV};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(platform); i++)
        assert_int_equal(tcb_match_converge(platform[i], OOD), expected[i]);
}

static void a_revoked_component_overrides(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(platform); i++)
        assert_int_equal(tcb_match_converge(platform[i], REV), REV);
}

static void other_components_change_nothing(void **state)
{
    static const enum tcb_status component[] = {UTD, CN, ODCN};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(platform); i++)
        for (size_t k = 0; k < ARRAY_COUNT(component); k++)
            assert_int_equal(tcb_match_converge(platform[i], component[k]), platform[i]);
}

/* rows: at launch; columns: as it runs now */
static void relaunch_is_advised_when_the_module_is_newer(void **state)
{
    static const enum tcb_status ra = TCB_TD_RELAUNCH_ADVISED,
                                 rc = TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
    const enum tcb_status expected[7][7] = {
        {UTD, UTD, UTD, UTD, UTD, UTD, UTD}, {SWH, SWH, SWH, SWH, SWH, SWH, SWH},
        {CN, CN, CN, CN, CN, CN, CN},        {CSWH, CSWH, CSWH, CSWH, CSWH, CSWH, CSWH},
        {ra, ra, rc, rc, OOD, OOD, OOD},     {rc, rc, rc, rc, ODCN, ODCN, ODCN},
        {REV, REV, REV, REV, REV, REV, REV},
    };

    (void)state;
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < 7; k++)
            assert_int_equal(tcb_match_relaunch(platform[i], platform[k]), expected[i][k]);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(tcb_match_relaunch(platform[i], TCB_NOT_SUPPORTED), TCB_NOT_SUPPORTED);
        assert_int_equal(tcb_match_relaunch(TCB_NOT_SUPPORTED, platform[i]), TCB_NOT_SUPPORTED);
        assert_int_equal(tcb_match_relaunch(platform[i], TCB_UNKNOWN), TCB_UNKNOWN);
        assert_int_equal(tcb_match_relaunch(TCB_UNKNOWN, platform[i]), TCB_UNKNOWN);
    }
}

struct bench {
    struct tcb_info info;
    struct tcb_info_level level[2];
    struct tcb_info_module module;
    struct isvsvn_level module_level[2];
    struct enclave_identity identity;
    struct isvsvn_level qe_level[2];
    uint8_t sgx[16];
    uint8_t tee[16];
    struct tcb_svns svns;
};

static void bench_init(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    memset(b->level[0].sgx, 5, 16);
    memset(b->level[0].tdx, 3, 16);
    b->level[0].pcesvn = 13;
    b->level[0].common.status = UTD;
    b->level[1].common.status = OOD;
    b->module_level[0] = (struct isvsvn_level){.isvsvn = 4, .common.status = UTD};
    b->module_level[1] = (struct isvsvn_level){.isvsvn = 2, .common.status = OOD};
    b->module = (struct tcb_info_module){
        .id = span_str("tdx_0a"), .levels = b->module_level, .level_count = 2};
    b->qe_level[0] = (struct isvsvn_level){.isvsvn = 8, .common.status = UTD};
    b->qe_level[1] = (struct isvsvn_level){.isvsvn = 6, .common.status = OOD};
    b->info = (struct tcb_info){
        .levels = b->level, .level_count = 2, .modules = &b->module, .module_count = 1};
    b->identity = (struct enclave_identity){.levels = b->qe_level, .level_count = 2};
    memset(b->sgx, 5, 16);
    memset(b->tee, 3, 16);
    b->tee[0] = 4;
    b->tee[1] = 10;
    b->svns = (struct tcb_svns){.sgx = b->sgx, .pcesvn = 13, .tee_tcb = b->tee, .qe_isvsvn = 8};
}

static enum tcb_status status_of(const struct bench *b)
{
    return tcb_match_evaluate(&b->info, &b->identity, &b->svns).status;
}

static void every_component_counts(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    assert_int_equal(status_of(&b), UTD);
    for (size_t i = 0; i < 16; i++) {
        b.sgx[i] = 4;
        assert_int_equal(status_of(&b), OOD);
        b.sgx[i] = 5;
    }
    b.svns.pcesvn = 12;
    assert_int_equal(status_of(&b), OOD);
    b.svns.pcesvn = 13;
    for (size_t i = 2; i < 16; i++) {
        b.tee[i] = 2;
        assert_int_equal(status_of(&b), OOD);
        b.tee[i] = 3;
    }
    assert_int_equal(status_of(&b), UTD);
}

static void a_module_with_a_version_is_judged_by_its_identity(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    b.level[0].tdx[0] = b.level[0].tdx[1] = 200;
    assert_int_equal(status_of(&b), UTD); /* components 0 and 1 are skipped */
    b.tee[0] = 3;
    assert_int_equal(status_of(&b), OOD);
    b.tee[0] = 1;
    assert_int_equal(status_of(&b), TCB_NOT_SUPPORTED);
    b.tee[0] = 4;
    b.tee[1] = 11;
    assert_int_equal(status_of(&b), TCB_NOT_SUPPORTED);
    b.tee[1] = 0; /* no version: components 0 and 1 count, the identity does not */
    assert_int_equal(status_of(&b), OOD);
    b.level[0].tdx[0] = 4;
    b.level[0].tdx[1] = 0;
    assert_int_equal(status_of(&b), UTD);
}

static void what_is_unknown_is_not_supported(void **state)
{
    static const enum tcb_status never[] = {TCB_UNKNOWN, SWH, CSWH};
    struct bench b;

    (void)state;
    bench_init(&b);
    b.svns.qe_isvsvn = 5;
    assert_int_equal(status_of(&b), TCB_NOT_SUPPORTED);
    b.svns.qe_isvsvn = 8;
    for (size_t i = 0; i < ARRAY_COUNT(never); i++) {
        b.qe_level[0].common.status = never[i];
        assert_int_equal(status_of(&b), TCB_NOT_SUPPORTED);
        b.qe_level[0].common.status = UTD;
        b.module_level[0].common.status = never[i];
        assert_int_equal(status_of(&b), TCB_NOT_SUPPORTED);
        b.module_level[0].common.status = UTD;
    }
    b.level[0].common.status = TCB_UNKNOWN;
    assert_int_equal(status_of(&b), TCB_NOT_SUPPORTED);
    b.level[1].sgx[7] = 6;
    b.sgx[3] = 4;
    assert_int_equal(status_of(&b), TCB_NOT_SUPPORTED);
}

static void policies_are_read(void **state)
{
    struct err err = {0};
    unsigned accept = 0;

    (void)state;
    assert_int_equal(verify_policy_default().accept, TCB_BIT(UTD) | TCB_BIT(SWH));
    assert_false(verify_policy_default().allow_debug);
    assert_int_equal(
        verify_policy_parse_accept(span_str("Revoked,TDRelaunchAdvised"), &accept, &err), 0);
    assert_int_equal(accept, TCB_BIT(REV) | TCB_BIT(TCB_TD_RELAUNCH_ADVISED));
    assert_int_equal(verify_policy_parse_accept(span_str(""), &accept, &err), -EINVAL);
    assert_int_equal(verify_policy_parse_accept(span_str("UpToDate,,"), &accept, &err), -EINVAL);
    assert_int_equal(verify_policy_parse_accept(span_str("TCB_NOT_SUPPORTED"), &accept, &err),
                     -EINVAL);
    assert_int_equal(verify_policy_parse_accept(span_str("uptodate"), &accept, &err), -EINVAL);
    assert_non_null(strstr(err.text, "\"uptodate\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_out_of_date_component_lowers),
        cmocka_unit_test(a_revoked_component_overrides),
        cmocka_unit_test(other_components_change_nothing),
        cmocka_unit_test(relaunch_is_advised_when_the_module_is_newer),
        cmocka_unit_test(every_component_counts),
        cmocka_unit_test(a_module_with_a_version_is_judged_by_its_identity),
        cmocka_unit_test(what_is_unknown_is_not_supported),
        cmocka_unit_test(policies_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
