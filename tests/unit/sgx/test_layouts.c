/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "crypto_bare/bytes.h"
#include "sgx/keyrequest.h"
#include "sgx/report.h"
#include "sgx/secinfo.h"
#include "sgx/secs.h"
#include "sgx/sigstruct.h"
#include "sgx/ssa.h"
#include "sgx/tcs.h"

/* [from, to) in bytes */
struct range {
    size_t from, to;
};

/** expect_reserved() - a set bit is refused in every byte of @ranges, and in no other byte */
static void expect_reserved(uint8_t *wire, size_t size, const struct range *ranges, size_t count,
                            bool (*parses)(const uint8_t *wire))
{
    assert_true(parses(wire));
    for (size_t i = 0; i < size; i++) {
        uint8_t before = wire[i];
        bool reserved = false;

        for (size_t k = 0; k < count; k++)
            reserved |= i >= ranges[k].from && i < ranges[k].to;
        if (!reserved)
            continue;
        wire[i] = 1;
        assert_false(parses(wire));
        wire[i] = before;
    }
    assert_true(parses(wire));
}

static bool secs_parses(const uint8_t *wire)
{
    struct sgx_secs secs;

    return sgx_secs_parse(wire, &secs);
}

static void secs(void **state)
{
    static const struct range reserved[] = {{24, 48}, {96, 128}, {160, 192}, {262, 4096}};
    const struct sgx_secs from = {.size = 0x10000,
                                  .base = 0x7f0000000000,
                                  .ssa_frame_size = 2,
                                  .miscselect = 1,
                                  .attributes = {.flags = 6, .xfrm = 7},
                                  .config_id = {[0] = 9, [63] = 8},
                                  .config_svn = 77};
    uint8_t wire[SGX_SECS_SIZE];
    struct sgx_secs to;

    (void)state;
    sgx_secs_render(&from, wire);
    assert_true(load_u64le(wire) == 0x10000);
    assert_true(load_u64le(wire + 8) == 0x7f0000000000);
    assert_int_equal(load_u32le(wire + 16), 2);
    assert_int_equal(load_u32le(wire + 20), 1);
    assert_int_equal(wire[48], 6);
    assert_int_equal(wire[56], 7);
    assert_int_equal(wire[192], 9);
    assert_int_equal(load_u16le(wire + 260), 77);
    wire[64] = wire[128] = wire[256] = wire[258] = 0xff; /* written by EINIT, ignored in a source */
    assert_true(sgx_secs_parse(wire, &to));
    assert_memory_equal(&from, &to, sizeof(from));
    expect_reserved(wire, sizeof(wire), reserved, ARRAY_COUNT(reserved), secs_parses);
}

static bool tcs_parses(const uint8_t *wire)
{
    struct sgx_tcs tcs;

    return sgx_tcs_parse(wire, &tcs);
}

static void tcs(void **state)
{
    /* FLAGS without its two bits, and all bytes after GSLIMIT */
    static const struct range reserved[] = {{9, 16}, {72, 4096}};
    const struct sgx_tcs from = {.flags = SGX_TCS_AEXNOTIFY,
                                 .ossa = 0x3000,
                                 .nssa = 2,
                                 .oentry = 0x1234,
                                 .ofs_base = 0x4000,
                                 .ogs_base = 0x5000,
                                 .fs_limit = UINT32_MAX,
                                 .gs_limit = 0xfff};
    static const size_t aligned[] = {16, 48, 56};
    uint8_t wire[SGX_TCS_SIZE];
    struct sgx_tcs to;

    (void)state;
    sgx_tcs_render(&from, wire);
    assert_int_equal(load_u32le(wire + 28), 2);
    assert_int_equal(load_u32le(wire + 32), 0x1234);
    wire[8] |= (uint8_t)SGX_TCS_DBGOPTIN;
    assert_true(sgx_tcs_parse(wire, &to));
    assert_memory_equal(&from, &to, sizeof(from));
    expect_reserved(wire, sizeof(wire), reserved, ARRAY_COUNT(reserved), tcs_parses);
    for (size_t i = 0; i < ARRAY_COUNT(aligned); i++) {
        wire[aligned[i]] = 8;
        assert_false(tcs_parses(wire));
        wire[aligned[i]] = 0;
    }
}

static bool secinfo_parses(const uint8_t *wire)
{
    struct sgx_secinfo s;

    return sgx_secinfo_parse(wire, &s);
}

static void secinfo(void **state)
{
    static const struct range reserved[] = {{2, 64}};
    uint8_t wire[SGX_SECINFO_SIZE];
    struct sgx_secinfo to;

    (void)state;
    sgx_secinfo_render((struct sgx_secinfo){.permissions = 3, .state = 0x28, .type = SGX_PT_REG},
                       wire);
    assert_int_equal(load_u64le(wire), 0x22b);
    assert_true(sgx_secinfo_parse(wire, &to));
    assert_int_equal(to.permissions, 3);
    assert_int_equal(to.state, 0x28);
    assert_int_equal(to.type, 2);
    expect_reserved(wire, sizeof(wire), reserved, ARRAY_COUNT(reserved), secinfo_parses);
    wire[0] |= 0x40;
    assert_false(secinfo_parses(wire));
}

static bool keyrequest_parses(const uint8_t *wire)
{
    struct sgx_keyrequest k;

    return sgx_keyrequest_parse(wire, &k);
}

static void keyrequest(void **state)
{
    static const struct range reserved[] = {{7, 8}, {78, 512}};
    struct sgx_keyrequest from, to;
    uint8_t wire[SGX_KEYREQUEST_SIZE];

    (void)state;
    memset(&from, 0, sizeof(from));
    from.key_name = SGX_KEY_SEAL;
    from.key_policy = 0x3f;
    from.isv_svn = 3;
    from.cpusvn[15] = 4;
    from.attribute_mask.xfrm = 5;
    from.key_id[31] = 6;
    from.misc_mask = 7;
    from.config_svn = 8;
    sgx_keyrequest_render(&from, wire);
    assert_int_equal(wire[23], 4);
    assert_int_equal(wire[32], 5);
    assert_int_equal(wire[71], 6);
    assert_int_equal(wire[72], 7);
    assert_int_equal(wire[76], 8);
    assert_true(sgx_keyrequest_parse(wire, &to));
    assert_int_equal(to.key_policy, 0x3f);
    assert_memory_equal(from.cpusvn, to.cpusvn, sizeof(to.cpusvn));
    assert_memory_equal(from.key_id, to.key_id, sizeof(to.key_id));
    expect_reserved(wire, sizeof(wire), reserved, ARRAY_COUNT(reserved), keyrequest_parses);
    wire[2] |= 0x40;
    assert_false(keyrequest_parses(wire));
}

static bool targetinfo_parses(const uint8_t *wire)
{
    struct sgx_targetinfo t;

    return sgx_targetinfo_parse(wire, &t);
}

static void targetinfo(void **state)
{
    static const struct range reserved[] = {{49, 50}, {56, 64}, {128, 512}};
    uint8_t wire[SGX_TARGETINFO_SIZE], again[SGX_TARGETINFO_SIZE];
    struct sgx_targetinfo t;

    (void)state;
    for (size_t i = 0; i < sizeof(wire); i++)
        wire[i] = (uint8_t)(i + 1);
    for (size_t i = 0; i < ARRAY_COUNT(reserved); i++)
        memset(wire + reserved[i].from, 0, reserved[i].to - reserved[i].from);
    assert_true(sgx_targetinfo_parse(wire, &t));
    sgx_targetinfo_render(&t, again);
    assert_memory_equal(wire, again, sizeof(wire));
    assert_int_equal(t.config_svn, 51 | 52 << 8);
    assert_int_equal(t.miscselect, 0x38373635);
    expect_reserved(wire, sizeof(wire), reserved, ARRAY_COUNT(reserved), targetinfo_parses);
}

static void report(void **state)
{
    /* bytes that are fields; the rest is reserved and rendered as zero */
    static const struct range fields[] = {{0, 21}, {32, 96}, {128, 160}, {192, 262}, {304, 432}};
    uint8_t wire[SGX_REPORT_SIZE] = {0}, again[SGX_REPORT_SIZE];
    struct sgx_report r;

    (void)state;
    for (size_t k = 0; k < ARRAY_COUNT(fields); k++) {
        for (size_t i = fields[k].from; i < fields[k].to; i++)
            wire[i] = (uint8_t)(i * 3 + 1);
    }
    sgx_report_parse(wire, &r);
    sgx_report_render(&r, again);
    assert_memory_equal(wire, again, sizeof(wire));
    assert_int_equal(r.body.mrenclave[0], wire[64]);
    assert_int_equal(r.body.mrsigner[0], wire[128]);
    assert_int_equal(r.body.isv_prod_id, load_u16le(wire + 256));
    assert_int_equal(r.body.isv_svn, load_u16le(wire + 258));
    assert_int_equal(r.body.report_data[0], wire[320]);
    assert_int_equal(r.key_id[0], wire[384]);
    assert_int_equal(r.mac[0], wire[416]);
}

static bool sigstruct_parses(const uint8_t *wire)
{
    struct sgx_sigstruct s;

    return sgx_sigstruct_parse(wire, &s) == SGX_SUCCESS;
}

static void sigstruct(void **state)
{
    static const struct range constant[] = {{0, 12},    {12, 15},    {17, 20},
                                            {24, 40},   {44, 128},   {512, 516},
                                            {910, 912}, {992, 1008}, {1028, 1040}};
    struct sgx_sigstruct from, to;
    uint8_t wire[SGX_SIGSTRUCT_SIZE], again[SGX_SIGSTRUCT_SIZE];

    (void)state;
    memset(&from, 0x5b, sizeof(from));
    from.type = 0x80000000;
    from.vendor = SGX_VENDOR_INTEL;
    from.exponent = 3;
    sgx_sigstruct_render(&from, wire);
    assert_int_equal(sgx_sigstruct_parse(wire, &to), SGX_SUCCESS);
    sgx_sigstruct_render(&to, again);
    assert_memory_equal(wire, again, sizeof(wire));
    for (size_t k = 0; k < ARRAY_COUNT(constant); k++) {
        for (size_t i = constant[k].from; i < constant[k].to; i++) {
            wire[i] ^= 0x40;
            assert_false(sigstruct_parses(wire));
            wire[i] ^= 0x40;
        }
    }
    assert_true(sigstruct_parses(wire));
}

static void sigstruct_demands(void **state)
{
    const struct sgx_sigstruct from = {
        .vendor = SGX_VENDOR_INTEL,
        .miscselect = 0x30,
        .misc_mask = 0x11,
        .attributes = {.flags = 0x6, .xfrm = UINT64_C(0x700000003)},
        .attribute_mask = {.flags = ~UINT64_C(0x2), .xfrm = UINT64_C(0xfffffffffffffffb)},
    };
    uint8_t wire[SGX_SIGSTRUCT_SIZE];
    struct sgx_attributes attributes;
    uint32_t misc;

    (void)state;
    sgx_sigstruct_render(&from, wire);
    sgx_sigstruct_demands(wire, &attributes, &misc);
    assert_int_equal(sgx_sigstruct_vendor(wire), SGX_VENDOR_INTEL);
    assert_int_equal(attributes.flags, 0x4);
    assert_int_equal(attributes.xfrm, UINT64_C(0x700000003));
    assert_int_equal(misc, 0x10);
}

static void exit_information(void **state)
{
    (void)state;
    assert_int_equal(sgx_ssa_exitinfo(6, 0), 0x80000306);
    assert_int_equal(sgx_ssa_exitinfo(3, 0), 0x80000603);
    assert_int_equal(sgx_ssa_exitinfo(0, 0), 0x80000300);
    assert_int_equal(sgx_ssa_exitinfo(13, 0), 0);
    assert_int_equal(sgx_ssa_exitinfo(14, 0), 0);
    assert_int_equal(sgx_ssa_exitinfo(13, SGX_MISC_EXINFO), 0x8000030d);
    assert_int_equal(sgx_ssa_exitinfo(14, SGX_MISC_EXINFO), 0x8000030e);
    assert_int_equal(sgx_ssa_exitinfo(7, SGX_MISC_EXINFO), 0);
    assert_int_equal(sgx_ssa_exitinfo(32, SGX_MISC_EXINFO), 0);
}

static void xsave_sizes(void **state)
{
    (void)state;
    assert_int_equal(sgx_ssa_xsave_size(3), 576);
    assert_int_equal(sgx_ssa_xsave_size(7), 832);
    assert_int_equal(sgx_ssa_xsave_size(0xe7), 2688);
    assert_int_equal(sgx_ssa_xsave_size(0x207), 2696);
    assert_int_equal(sgx_ssa_xsave_size(0x60007), 11008);
    assert_int_equal(sgx_ssa_xsave_size(0x103), 0);
    assert_int_equal(sgx_ssa_xsave_size(UINT64_C(1) << 63 | 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secs),        cmocka_unit_test(tcs),
        cmocka_unit_test(secinfo),     cmocka_unit_test(keyrequest),
        cmocka_unit_test(targetinfo),  cmocka_unit_test(report),
        cmocka_unit_test(sigstruct),   cmocka_unit_test(exit_information),
        cmocka_unit_test(xsave_sizes), cmocka_unit_test(sigstruct_demands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
