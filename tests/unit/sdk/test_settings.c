/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "mutate.h"
#include "sdk/settings.h"

static const char full[] = "# an enclave\n"
                           "heap = 4Mi\n"
                           "  stack=128Ki\t\r\n"
                           "threads = 0x10\n"
                           "product_id = 300\n"
                           "svn = 2   # second\n"
                           "debug = yes\n"
                           "provision = yes\n"
                           "kss = yes\n"
                           "exinfo = yes\n"
                           "avx = yes\n"
                           "family_id = 00112233445566778899aabbccddeeff\n"
                           "ext_product_id = 0F0E0D0C0B0A09080706050403020100";

static void manifest(void **state)
{
    struct sdk_settings s;

    (void)state;
    assert_int_equal(sdk_settings_parse_manifest(span_str(full), &s, NULL), 0);
    assert_int_equal(s.heap_size, 4 << 20);
    assert_int_equal(s.stack_size, 128 << 10);
    assert_int_equal(s.threads, 16);
    assert_int_equal(s.product_id, 300);
    assert_int_equal(s.svn, 2);
    assert_int_equal(s.attributes.flags, 0x96);
    assert_int_equal(s.attributes.xfrm, 7);
    assert_int_equal(s.miscselect, 1);
    assert_int_equal(s.family_id[15], 0xff);
    assert_int_equal(s.ext_product_id[0], 0x0f);
}

static void defaults(void **state)
{
    struct sdk_settings s;

    (void)state;
    assert_int_equal(sdk_settings_parse_manifest(span_of(NULL, 0), &s, NULL), 0);
    assert_int_equal(s.heap_size, 1 << 20);
    assert_int_equal(s.stack_size, 64 << 10);
    assert_int_equal(s.threads, 1);
    assert_int_equal(s.attributes.flags, SGX_ATTRIBUTE_MODE64BIT);
    assert_int_equal(s.attributes.xfrm, 3);
}

static void wire_round_trip(void **state)
{
    uint8_t wire[SDK_SETTINGS_SIZE], again[SDK_SETTINGS_SIZE];
    struct sdk_settings s, t;

    (void)state;
    assert_int_equal(sdk_settings_parse_manifest(span_str(full), &s, NULL), 0);
    sdk_settings_render(&s, wire);
    assert_int_equal(sdk_settings_parse(wire, &t, NULL), 0);
    sdk_settings_render(&t, again);
    assert_memory_equal(wire, again, sizeof(wire));
}

static void wire_refusals(void **state)
{
    static const struct {
        size_t at;
        uint8_t bits;
    } rows[] = {{0, 1},     {4, 0x80}, {8, 1},  {15, 0x80}, {19, 1}, {23, 0x80}, {24, 1},
                {24, 0x40}, {31, 1},   {32, 1}, {32, 0x80}, {44, 1}, {80, 1},    {127, 1}};
    uint8_t wire[SDK_SETTINGS_SIZE];
    struct sdk_settings s;
    struct err err;

    (void)state;
    assert_int_equal(sdk_settings_parse_manifest(span_str(full), &s, NULL), 0);
    sdk_settings_render(&s, wire);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wire[rows[i].at] ^= rows[i].bits;
        assert_int_equal(sdk_settings_parse(wire, &s, &err), -EBADMSG);
        wire[rows[i].at] ^= rows[i].bits;
    }
    wire[16] = 0;
    assert_int_equal(sdk_settings_parse(wire, &s, &err), -EBADMSG);
}

static int parse(struct span text, void *context)
{
    struct sdk_settings s;

    (void)context;
    return sdk_settings_parse_manifest(text, &s, NULL);
}

static void mutants(void **state)
{
    (void)state;
    /* most prefixes end inside a line and are refused; one that ends with a line is a valid
     * manifest */
    assert_true(mutate_prefixes(span_str(full), parse, NULL) > 12);
    assert_true(mutate_bits(span_str(full), 0, sizeof(full) - 1, parse, NULL) < 8 * sizeof(full));
}

static void nul_and_size(void **state)
{
    static const char nul[] = "svn = 1\0";
    static uint8_t large[SDK_MANIFEST_SIZE_MAX + 1];
    struct sdk_settings s;

    (void)state;
    assert_int_equal(sdk_settings_parse_manifest(span_of(nul, sizeof(nul)), &s, NULL), -EINVAL);
    memset(large, '\n', sizeof(large));
    assert_int_equal(sdk_settings_parse_manifest(span_of(large, sizeof(large)), &s, NULL), -EINVAL);
    assert_int_equal(sdk_settings_parse_manifest(span_of(large, sizeof(large) - 1), &s, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest),        cmocka_unit_test(defaults),
        cmocka_unit_test(wire_round_trip), cmocka_unit_test(wire_refusals),
        cmocka_unit_test(mutants),         cmocka_unit_test(nul_and_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
