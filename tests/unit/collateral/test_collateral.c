/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "collateral/bundle.h"
#include "collateral/evaluation.h"
#include "collateral/enclave_identity.h"
#include "collateral/signed_json.h"
#include "collateral/tcb_info.h"
#include "mutate.h"

#define COMPONENTS(a, b)                                                                           \
    "[{\"svn\":" a ",\"category\":\"BIOS\",\"type\":\"Early Microcode Update\"},{\"svn\":" b "},"  \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"         \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}]"
#define HEX48                                                                                      \
    "000000000000000000000000000000000000000000000000"                                             \
    "000000000000000000000000000000000000000000000000"
#define LEVEL(a, b, pce, status)                                                                   \
    "{\"tcb\":{\"sgxtcbcomponents\":" COMPONENTS(                                                  \
        a, "2") ",\"pcesvn\":" pce                                                                 \
                ",\"tdxtcbcomponents\":" COMPONENTS(                                               \
                    "3", b) "},\"tcbDate\":\"2024-03-13T00:00:00Z\","                              \
                            "\"tcbStatus\":\"" status                                              \
                            "\",\"advisoryIDs\":[\"INTEL-SA-2\",\"INTEL-SA-1\",\"INTEL-SA-2\"]}"
#define HEAD                                                                                        \
    "\"version\":3,\"issueDate\":\"2025-01-01T00:00:00Z\",\"nextUpdate\":\"2025-01-31T00:00:00Z\"," \
    "\"fmspc\":\"00A06F050000\",\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":17"
#define MODULE                                                                                     \
    "\"tdxModule\":{\"mrsigner\":\"" HEX48 "\",\"attributes\":\"0000000000000000\","               \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},\"tdxModuleIdentities\":[{\"id\":\"TDX_01\","        \
    "\"mrsigner\":\"" HEX48 "\",\"attributes\":\"0000000000000000\",\"attributesMask\":"           \
    "\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":2},\"tcbDate\":"                     \
    "\"2023-08-09T00:00:00Z\",\"tcbStatus\":\"OutOfDate\"},{\"tcb\":{\"isvsvn\":4},\"tcbDate\":"   \
    "\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]}]"
#define TDX(levels) "{\"id\":\"TDX\"," HEAD "," MODULE ",\"tcbLevels\":[" levels "]}"

static int tcb_info_take(struct span json, void *context)
{
    struct tcb_info *info;
    struct err err = {0};
    int r = tcb_info_new(json, &info, &err);

    (void)context;
    if (r == 0)
        tcb_info_free(info);
    return r;
}

static void tcb_info_is_read(void **state)
{
    struct tcb_info *info;

    (void)state;
    assert_int_equal(
        tcb_info_new(span_str(TDX(LEVEL("1", "5", "9", "OutOfDate") "," LEVEL(
                         "2", "4", "8", "Strange") "," LEVEL("2", "6", "7", "UpToDate"))),
                     &info, NULL),
        0);
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
    assert_int_equal(info->fmspc[1], 0xa0);
    assert_true(span_equal_str(info->sgx_component[0].category, "BIOS"));
    assert_int_equal(info->modules[0].levels[0].isvsvn, 4);
    assert_true(info->issue_date == clock_civil(2025, 1, 1, 0, 0, 0));
    tcb_info_free(info);
}

static void tcb_info_errors_are_found(void **state)
{
    static const char *const bad[] = {
        TDX(""),
        TDX(LEVEL("1", "1", "1", "UpToDate") "," LEVEL("1", "1", "1", "OutOfDate")),
        TDX(LEVEL("256", "1", "1", "UpToDate")),
        TDX(LEVEL("-1", "1", "1", "UpToDate")),
        TDX(LEVEL("1", "1", "65536", "UpToDate")),
        "{\"id\":\"TDX\"," HEAD ",\"tcbLevels\":[" LEVEL("1", "1", "1", "UpToDate") "]}",
        "{\"id\":\"XYZ\"," HEAD "," MODULE ",\"tcbLevels\":[" LEVEL("1", "1", "1", "UpToDate") "]}",
        "{" HEAD ",\"tcbLevels\":[" LEVEL("1", "1", "1", "UpToDate") "]}",
        "{\"id\":\"SGX\",\"id\":\"SGX\"," HEAD
        ",\"tcbLevels\":[" LEVEL("1", "1", "1", "UpToDate") "]}",
        "{\"id\":\"SGX\"," HEAD
        ",\"fmspc\":\"00A06F050000\",\"tcbLevels\":[" LEVEL("1", "1", "1", "UpToDate") "]}",
        "[]",
        "{}",
        ""};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(tcb_info_take(span_str(bad[i]), NULL), -EBADMSG);
}

static void too_many_levels_are_refused(void **state)
{
    CLEANUP(buf_done) struct buf text = buf_init(TCB_INFO_SIZE_MAX + 2);
    struct err err = {0};
    struct tcb_info *info;

    (void)state;
    buf_put_str(&text, "{\"id\":\"SGX\"," HEAD ",\"tcbLevels\":[");
    for (int i = 0; i <= TCB_INFO_LEVEL_MAX; i++)
        buf_printf(&text,
                   "%s{\"tcb\":{\"sgxtcbcomponents\":%s,\"pcesvn\":%d},\"tcbDate\":"
                   "\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}",
                   i ? "," : "", COMPONENTS("1", "1"), i);
    buf_put_str(&text, "]}");
    assert_int_equal(tcb_info_new(buf_span(&text), &info, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "too many items"));
    buf_put_zero(&text, TCB_INFO_SIZE_MAX + 1 - text.len);
    assert_int_equal(tcb_info_new(buf_span(&text), &info, &err), -EMSGSIZE);
}

#define IDENTITY(id, levels)                                                                       \
    "{\"id\":\"" id "\",\"version\":2,\"issueDate\":\"2025-01-01T00:00:00Z\",\"nextUpdate\":"      \
    "\"2025-01-31T00:00:00Z\",\"tcbEvaluationDataNumber\":17,\"miscselect\":\"01020304\","         \
    "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\","         \
    "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"8C4F5775D796503E96137" \
    "F77C68A829A0056AC8DED70140B081B094490C57BFF\",\"isvprodid\":1,\"tcbLevels\":[" levels "]}"
#define SVN(n)                                                                                     \
    "{\"tcb\":{\"isvsvn\":" n "},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}"

static int identity_take(struct span json, void *context)
{
    struct enclave_identity *x;
    struct err err = {0};
    int r = enclave_identity_new(json, &x, &err);

    (void)context;
    if (r == 0)
        enclave_identity_free(x);
    return r;
}

static void identity_is_read(void **state)
{
    struct enclave_identity *x;

    (void)state;
    assert_int_equal(
        enclave_identity_new(span_str(IDENTITY("TD_QE", SVN("2") "," SVN("8"))), &x, NULL), 0);
    assert_int_equal(x->id, ENCLAVE_IDENTITY_TD_QE);
    assert_true(x->miscselect == 0x04030201);
    assert_int_equal(x->levels[0].isvsvn, 8);
    enclave_identity_free(x);
    assert_int_equal(identity_take(span_str(IDENTITY("QE", SVN("8") "," SVN("8"))), NULL),
                     -EBADMSG);
    assert_int_equal(identity_take(span_str(IDENTITY("QE", "")), NULL), -EBADMSG);
    assert_int_equal(identity_take(span_str(IDENTITY("XX", SVN("1"))), NULL), -EBADMSG);
}

static int evaluation_take(struct span json, void *context)
{
    struct evaluation x;
    struct err err = {0};

    (void)context;
    return evaluation_parse(json, &x, &err);
}

static const char evaluation_text[] =
    "{\"id\":\"SGX\",\"version\":1,\"issueDate\":\"2025-05-27T19:31:07Z\",\"nextUpdate\":"
    "\"2025-06-26T19:31:07Z\",\"tcbEvalNumbers\":[{\"tcbEvaluationDataNumber\":18,"
    "\"tcbRecoveryEventDate\":\"2024-11-12T00:00:00Z\",\"tcbDate\":\"2024-11-13T00:00:00Z\"}]}";

static void evaluation_numbers_are_read(void **state)
{
    struct evaluation x;

    (void)state;
    assert_int_equal(evaluation_parse(span_str(evaluation_text), &x, NULL), 0);
    assert_int_equal(x.count, 1);
    assert_int_equal(x.numbers[0].number, 18);
}

static void signed_bodies_are_sliced(void **state)
{
    char body[400], digits[129];
    struct signed_json s;

    (void)state;
    memset(digits, 'a', 128);
    digits[128] = '\0';
    snprintf(body, sizeof(body), "{\"tcbInfo\": {\"a\" : [1] } ,\"signature\":\"%s\"}", digits);
    assert_int_equal(signed_json_parse(span_str(body), "tcbInfo", &s, NULL), 0);
    assert_true(span_equal_str(s.inner, "{\"a\" : [1] }"));
    assert_int_equal(s.signature[63], 0xaa);
    assert_int_equal(signed_json_parse(span_str(body), "enclaveIdentity", &s, NULL), -EBADMSG);
    snprintf(body, sizeof(body), "{\"tcbInfo\":{},\"tcbInfo\":{},\"signature\":\"%s\"}", digits);
    assert_int_equal(signed_json_parse(span_str(body), "tcbInfo", &s, NULL), -EBADMSG);
    snprintf(body, sizeof(body), "{\"tcbInfo\":{},\"signature\":\"%.126s\"}", digits);
    assert_int_equal(signed_json_parse(span_str(body), "tcbInfo", &s, NULL), -EBADMSG);
}

static void bundles_both_ways(void **state)
{
    CLEANUP(buf_done) struct buf in = buf_init(4096), out = buf_init(4096), again = buf_init(4096);
    struct bundle a, b;

    (void)state;
    assert_int_equal(
        bundle_parse_json(span_str("{\"tcb_info\":\"{\\\"x\\\":1}\",\"tcb_info_signature\":"
                                   "\"00\",\"qe_identity\":{\"y\": 2},"
                                   "\"qe_identity_signature\":\"11\",\"pck_crl\":\"3082\","
                                   "\"other\":[{}],\"root_ca_crl\":null}"),
                          &in, &a, NULL),
        0);
    assert_true(span_equal_str(a.piece[BUNDLE_TCB_INFO], "{\"x\":1}"));
    assert_true(span_equal_str(a.piece[BUNDLE_QE_IDENTITY], "{\"y\": 2}"));
    assert_int_equal(a.piece[BUNDLE_ROOT_CA_CRL].len, 0);
    assert_int_equal(bundle_render_json(&a, &out, NULL), 0);
    assert_int_equal(bundle_parse_json(buf_span(&out), &again, &b, NULL), 0);
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        assert_true(span_equal(a.piece[i], b.piece[i]));
}

static void every_prefix_and_bit_is_survived(void **state)
{
    struct span info = span_str(TDX(LEVEL("2", "6", "7", "UpToDate"))),
                identity = span_str(IDENTITY("QE", SVN("8")));

    (void)state;
    assert_int_equal(tcb_info_take(info, NULL), 0);
    assert_int_equal(mutate_prefixes(info, tcb_info_take, NULL), 0);
    mutate_bits(info, 0, info.len, tcb_info_take, NULL);
    assert_int_equal(mutate_prefixes(identity, identity_take, NULL), 0);
    mutate_bits(identity, 0, identity.len, identity_take, NULL);
    assert_int_equal(mutate_prefixes(span_str(evaluation_text), evaluation_take, NULL), 0);
    mutate_bits(span_str(evaluation_text), 0, sizeof(evaluation_text) - 1, evaluation_take, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcb_info_is_read),
        cmocka_unit_test(tcb_info_errors_are_found),
        cmocka_unit_test(too_many_levels_are_refused),
        cmocka_unit_test(identity_is_read),
        cmocka_unit_test(evaluation_numbers_are_read),
        cmocka_unit_test(signed_bodies_are_sliced),
        cmocka_unit_test(bundles_both_ways),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
