/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "evidence/certificate.h"
#include "mutate.h"
#include "samples.h"

static struct ec_key *key;

static int setup(void **state)
{
    (void)state;
    return ec_key_new(&key, NULL);
}

static int teardown(void **state)
{
    (void)state;
    ec_key_free(key);
    return 0;
}

static const struct {
    const char *oid;
    size_t len;
    const char *name;
} carriers[] = {
    {"\x67\x81\x05\x05\x04\x09", 6, "2.23.133.5.4.9"},
    {"\x2a\x86\x48\x86\xf8\x4d\x8a\x39\x06", 9, "1.2.840.113741.1337.6"},
    {"\x06\x09\x2a\x86\x48\x86\xf8\x4d\x8a\x39\x06", 11, "1.2.840.113741.1337.6"},
    {"\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", 9, "1.2.840.113741.1.13.1"},
    {"\x2a\x86\x48\x86\xf7\x14\x0a\x01\x01", 9, "1.2.840.113556.10.1.1"},
    {"\x2a\x86\x48\x86\xf7\x14\x0a\x01\x02", 9, "1.2.840.113556.10.1.2"},
    {"\x2b\x06\x01\x04\x01\x82\x37\x69\x01", 9, "1.3.6.1.4.1.311.105.1"},
    {"\x2b\x06\x01\x04\x01\x83\xe7\x3d\x01\x01", 10, "1.3.6.1.4.1.62397.1.1"},
};

static void every_carrier_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(carriers); i++) {
        struct span oid = span_of(carriers[i].oid, carriers[i].len), content = span_str("evidence");
        CLEANUP(buf_done) struct buf der = sample_certificate(key, oid, content);
        CLEANUP(buf_done) struct buf spki = sample_spki(key);
        struct evidence_certificate c;

        assert_int_equal(evidence_certificate_parse(buf_span(&der), &c, NULL), 0);
        assert_non_null(c.extension);
        assert_non_null(strstr(c.extension, carriers[i].name));
        assert_true(span_equal(c.evidence, content));
        assert_true(span_equal(c.spki, buf_span(&spki)));
        assert_true(span_equal_str(c.subject_cn, "A TLS server"));
        assert_string_equal(c.key_name, "P-256");
        assert_true(c.not_before == 1780272000 && c.not_after == 1806192000);
    }
}

static void other_extensions_carry_none(void **state)
{
    CLEANUP(buf_done)
    struct buf other =
        sample_certificate(key, span_of("\x67\x81\x05\x05\x04\x08", 6), span_str("evidence"));
    CLEANUP(buf_done)
    struct buf pck = sample_certificate(key, span_of("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", 9),
                                        span_of("\x30\x00", 2));
    struct evidence_certificate c;

    (void)state;
    assert_int_equal(evidence_certificate_parse(buf_span(&other), &c, NULL), 0);
    assert_null(c.extension);
    assert_int_equal(evidence_certificate_parse(buf_span(&pck), &c, NULL), 0);
    assert_null(c.extension);
}

static int parse(struct span wire, void *context)
{
    struct evidence_certificate c;

    (void)context;
    return evidence_certificate_parse(wire, &c, NULL);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    CLEANUP(buf_done)
    struct buf der =
        sample_certificate(key, span_of(carriers[0].oid, carriers[0].len), span_str("evidence"));

    (void)state;
    assert_int_equal(mutate_prefixes(buf_span(&der), parse, NULL), 0);
    mutate_bits(buf_span(&der), 0, der.len, parse, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_carrier_is_known),
        cmocka_unit_test(other_extensions_carry_none),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
