/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One quote in every form, found and given back byte by byte. Names in parentheses are what
 * evidence_find() calls the form.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "codec/base64.h"
#include "codec/pem.h"
#include "crypto/hash.h"
#include "evidence/evidence.h"
#include "mutate.h"
#include "samples.h"

static struct buf quote, made;

static int setup(void **state)
{
    (void)state;
    quote = sample_quote(span_of(NULL, 0));
    made = buf_init(EVIDENCE_SIZE_MAX + 1);
    return buf_status(&quote);
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&quote);
    buf_done(&made);
    return 0;
}

/* @made must hold @quote, in @form. */
static void found_assert(const char *form)
{
    struct evidence ev;
    struct err err = {0};

    if (evidence_find(buf_span(&made), &ev, &err) < 0)
        fail_msg("%s: %s", form, err.text);
    assert_string_equal(ev.form, form);
    assert_true(span_equal(ev.wire, buf_span(&quote)));
    evidence_done(&ev);
    buf_clear(&made);
}

static void refused_assert(int code, const char *reason)
{
    struct evidence ev;
    struct err err = {0};

    assert_int_equal(evidence_find(buf_span(&made), &ev, &err), code);
    if (!strstr(err.text, reason))
        fail_msg("%s: not in: %s", reason, err.text);
    buf_clear(&made);
}

static void put_big_endian(uint64_t value, size_t size)
{
    while (size-- > 0)
        buf_put_u8(&made, (uint8_t)(value >> (8 * size)));
}

static void put_hex(void)
{
    buf_put_hex(&made, buf_span(&quote));
}

static void put_base64(unsigned flags)
{
    base64_put(&made, buf_span(&quote), flags);
}

static void put_numbers(const char *before, const char *between, const char *after)
{
    for (size_t i = 0; i < quote.len; i++)
        buf_printf(&made, "%s%s%u", i ? between : "", before, quote.data[i]);
    buf_put_str(&made, after);
}

static void raw_and_text(void **state)
{
    (void)state;
    buf_put(&made, buf_span(&quote));
    found_assert("raw");
    put_hex();
    found_assert("hex");
    buf_put_str(&made, " 0x");
    put_hex();
    buf_put_str(&made, "\n");
    found_assert("hex");
    for (size_t i = 0; i < quote.len; i++)
        buf_printf(&made, "0x%02X,%s", quote.data[i], i % 12 == 11 ? "\n" : " ");
    found_assert("hex");
    for (size_t i = 0; i < quote.len; i++)
        buf_printf(&made, "%02x%s", quote.data[i], i % 32 == 31 ? "\r\n" : ":");
    found_assert("hex");
    put_base64(0);
    found_assert("base64");
    put_base64(BASE64_URL | BASE64_NO_PADDING);
    found_assert("base64url");
    buf_put_str(&made, "\xef\xbb\xbf");
    put_base64(0);
    buf_put(&made, span_of("\r\n\0", 3));
    found_assert("base64");
    buf_put_str(&made, "data:application/octet-stream;base64,");
    put_base64(0);
    found_assert("base64");
}

static void lengths_in_front(void **state)
{
    (void)state;
    buf_put_u32le(&made, (uint32_t)quote.len);
    buf_put(&made, buf_span(&quote));
    found_assert("bytes after a length of 4 bytes");
    put_big_endian(quote.len, 4);
    buf_put(&made, buf_span(&quote));
    found_assert("bytes after a length of 4 bytes");
    buf_put_u64le(&made, quote.len);
    buf_put(&made, buf_span(&quote));
    found_assert("bytes after a length of 8 bytes");
    put_big_endian(quote.len, 2);
    buf_put(&made, buf_span(&quote));
    found_assert("bytes after a length of 2 bytes");
}

static void json_members(void **state)
{
    (void)state;
    buf_put_str(&made, "{\"a\": [1, 2], \"evidence\": {\"quote\": \"");
    put_base64(0);
    buf_put_str(&made, "\"}}");
    found_assert("base64 in JSON, member evidence.quote");
    buf_put_str(&made, "[null, {\"td_quote\": \"0x");
    put_hex();
    buf_put_str(&made, "\"}]");
    found_assert("hex in JSON, member [1].td_quote");
    buf_put_str(&made, "{\"quote\": [");
    put_numbers("", ",", "]}");
    found_assert("array of numbers in JSON, member quote");
    buf_put_str(&made, "\"");
    put_base64(BASE64_URL);
    buf_put_str(&made, "\"");
    found_assert("base64url in JSON");
}

static void json_inside_base64_inside_json(void **state)
{
    CLEANUP(buf_done) struct buf inner = buf_init(SAMPLE_SIZE_MAX);

    (void)state;
    buf_put_str(&inner, "{\"quote\":\"");
    base64_put(&inner, buf_span(&quote), 0);
    buf_put_str(&inner, "\"}");
    buf_put_str(&made, "{\"tee-evidence\":\"");
    base64_put(&made, buf_span(&inner), 0);
    buf_put_str(&made, "\"}");
    found_assert("base64 in JSON, member quote in base64 in JSON, member tee-evidence");
}

static void yaml_members(void **state)
{
    (void)state;
    buf_put_str(&made, "apiVersion: v1\nkind: Evidence\nevidence:\n  quote: ");
    put_base64(0);
    buf_put_str(&made, "\n  other: 1\n");
    found_assert("base64 in YAML, member evidence.quote");
    buf_put_str(&made, "# a comment\nquote: !!binary |\n");
    for (size_t i = 0; i < quote.len; i += 48) {
        buf_put_str(&made, "  ");
        base64_put(&made, span_sub(buf_span(&quote), i, MIN(quote.len - i, (size_t)48)), 0);
        buf_put_str(&made, "\n");
    }
    buf_put_str(&made, "name: td\n");
    found_assert("base64 in YAML, member quote");
    buf_put_str(&made, "list:\n- quote: [");
    put_numbers("", ", ", "]\n");
    found_assert("array of numbers in JSON in YAML, member list.quote");
    buf_put_str(&made, "quote:\n  - ");
    put_numbers("", "\n  - ", "\nafter: 1\n");
    found_assert("array of numbers in JSON in YAML, member quote");
    buf_put_str(&made, "QUOTE=\"");
    put_hex();
    buf_put_str(&made, "\"\nNONCE=12\n");
    found_assert("hex in YAML, member QUOTE");
}

static void put_cbor_quote(void)
{
    buf_put_u8(&made, 0x59);
    put_big_endian(quote.len, 2);
    buf_put(&made, buf_span(&quote));
}

static void cbor_members(void **state)
{
    (void)state;
    buf_put(&made, span_of("\xa2\x01\x02\x65quote", 9));
    put_cbor_quote();
    found_assert("CBOR, member quote");
    buf_put(&made, span_of("\xa1\x66q\x1b[31m", 8));
    put_cbor_quote();
    found_assert("CBOR, member q?[31m");
    buf_put(&made, span_of("\xd9\xea\x60\x82", 4));
    put_cbor_quote();
    buf_put(&made, span_of("\x41\x01", 2));
    {
        struct evidence ev;

        assert_int_equal(evidence_find(buf_span(&made), &ev, NULL), 0);
        assert_string_equal(ev.form, "CBOR");
        assert_int_equal(ev.binding.state, EVIDENCE_NOT_BOUND);
        evidence_done(&ev);
    }
    buf_clear(&made);
}

static void open_enclave_headers(void **state)
{
    CLEANUP(buf_done) struct buf bound = buf_init(0);
    uint8_t hash[HASH_SIZE_MAX];
    struct evidence ev;

    (void)state;
    buf_put_u32le(&made, 1);
    buf_put_u32le(&made, 2);
    buf_put_u64le(&made, quote.len);
    buf_put(&made, buf_span(&quote));
    buf_put_zero(&made, 70);
    assert_int_equal(evidence_find(buf_span(&made), &ev, NULL), 0);
    assert_string_equal(ev.form, "Open Enclave report");
    assert_true(span_equal(ev.wire, buf_span(&made)));
    evidence_done(&ev);
    buf_clear(&made);

    hash_sha256(span_str("claims"), hash);
    bound = sample_quote(span_of(hash, SHA256_SIZE));
    buf_put_u32le(&made, 3);
    buf_put(&made, span_of("\xa3\xa2\x1e\x87\x1b\x4d\x40\x14\xb7\x0a\xa1\x25\xd2\xfb\xcd\x8c", 16));
    buf_put_u32le(&made, 0);
    buf_put_u64le(&made, bound.len + 6);
    buf_put(&made, buf_span(&bound));
    buf_put_str(&made, "claims");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(evidence_find(buf_span(&made), &ev, NULL), 0);
        assert_string_equal(ev.form, "Open Enclave evidence");
        assert_int_equal(ev.binding.state, i == 0 ? EVIDENCE_BOUND : EVIDENCE_NOT_BOUND);
        evidence_done(&ev);
        made.data[made.len - 1] ^= 1;
    }
    buf_clear(&made);
}

/* A quote whose report data are the hash of the key, in a certificate with that key. */
static struct buf ratls_make(struct ec_key *key, bool is_bound)
{
    CLEANUP(buf_done) struct buf spki = sample_spki(key), inner = buf_init(0);
    uint8_t hash[SHA256_SIZE];

    hash_sha256(buf_span(&spki), hash);
    hash[0] ^= !is_bound;
    inner = sample_quote(span_of(hash, sizeof(hash)));
    return sample_certificate(key, span_of("\x2a\x86\x48\x86\xf8\x4d\x8a\x39\x06", 9),
                              buf_span(&inner));
}

static void certificates_in_der_and_pem(void **state)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;

    (void)state;
    assert_int_equal(ec_key_new(&key, NULL), 0);
    for (int i = 0; i < 4; i++) {
        CLEANUP(buf_done) struct buf der = ratls_make(key, i < 2);
        struct evidence ev;

        if (i % 2 == 0)
            buf_put(&made, buf_span(&der));
        else
            pem_put(&made, "CERTIFICATE", buf_span(&der));
        assert_int_equal(evidence_find(buf_span(&made), &ev, NULL), 0);
        assert_string_equal(
            ev.form, i % 2 == 0 ? "certificate, extension 1.2.840.113741.1337.6 (Gramine)"
                                : "certificate, extension 1.2.840.113741.1337.6 (Gramine) in PEM");
        assert_int_equal(ev.binding.state, i < 2 ? EVIDENCE_BOUND : EVIDENCE_NOT_BOUND);
        assert_true(ev.has_certificate);
        assert_true(span_equal(ev.certificate.der, buf_span(&der)));
        assert_true(span_equal_str(ev.certificate.subject_cn, "A TLS server"));
        evidence_done(&ev);
        buf_clear(&made);
    }
}

static void put_vtpm_report(const char *runtime, uint32_t type)
{
    CLEANUP(buf_done) struct buf report = buf_init(SAMPLE_SIZE_MAX);

    buf_put_str(&report, "HCLA");
    buf_put_zero(&report, 28 + 1184);
    buf_put_u32le(&report, (uint32_t)strlen(runtime) + 20);
    buf_put_u32le(&report, 1);
    buf_put_u32le(&report, type);
    buf_put_u32le(&report, 1);
    buf_put_u32le(&report, (uint32_t)strlen(runtime));
    buf_put_str(&report, runtime);
    base64_put(&made, buf_span(&report), 0);
}

static void a_vtpm_report_binds_the_quote_beside_it(void **state)
{
    CLEANUP(buf_done) struct buf bound = buf_init(0);
    uint8_t hash[SHA256_SIZE];
    const char *runtime = "{\"keys\":[]}";

    (void)state;
    hash_sha256(span_str(runtime), hash);
    bound = sample_quote(span_of(hash, sizeof(hash)));
    for (int i = 0; i < 2; i++) {
        struct evidence ev;

        buf_put_str(&made, "{\"hcl_report\":\"");
        put_vtpm_report(i == 0 ? runtime : "{\"keys\":[1]}", 4);
        buf_put_str(&made, "\",\"td_quote\":\"");
        base64_put(&made, buf_span(&bound), 0);
        buf_put_str(&made, "\"}");
        assert_int_equal(evidence_find(buf_span(&made), &ev, NULL), 0);
        assert_string_equal(ev.form, "base64 in JSON, member td_quote");
        assert_int_equal(ev.binding.state, i == 0 ? EVIDENCE_BOUND : EVIDENCE_NOT_BOUND);
        evidence_done(&ev);
        buf_clear(&made);
    }
    put_vtpm_report(runtime, 4);
    refused_assert(-EBADMSG, "no quote");
    put_vtpm_report(runtime, 2);
    refused_assert(-EBADMSG, "type 2");
}

static void two_quotes_are_refused_unless_equal(void **state)
{
    CLEANUP(buf_done) struct buf other = sample_quote(span_str("other"));

    (void)state;
    for (int same = 0; same < 2; same++) {
        buf_put_str(&made, "{\"a\":\"");
        put_base64(0);
        buf_put_str(&made, "\",\"b\":\"");
        base64_put(&made, buf_span(same ? &quote : &other), 0);
        buf_put_str(&made, "\"}");
        if (same)
            found_assert("base64 in JSON, member a");
        else
            refused_assert(-ENOTUNIQ, "one as base64 in JSON, member a and one as base64 in JSON, "
                                      "member b");
    }
}

static void other_inputs_are_named(void **state)
{
    (void)state;
    refused_assert(-EBADMSG, "looks like an empty file");
    buf_put_str(&made, "\x7f"
                       "ELF....");
    refused_assert(-EBADMSG, "looks like an ELF file");
    buf_put_str(&made, "hello, world");
    refused_assert(-EBADMSG, "looks like text");
    buf_put_str(&made, "{\"quote\": \"short\"}");
    refused_assert(-EBADMSG, "looks like JSON");
    buf_put_hex(&made, span_sub(buf_span(&quote), 0, 900));
    refused_assert(-EBADMSG, "looks like hex, without a quote that can be read");
    buf_put_zero(&made, 432);
    refused_assert(-EBADMSG, "looks like an SGX report");
    buf_put_zero(&made, EVIDENCE_SIZE_MAX + 1);
    refused_assert(-EMSGSIZE, "limit");
}

static int find(struct span wire, void *context)
{
    struct evidence ev;
    int r = evidence_find(wire, &ev, NULL);

    (void)context;
    if (r == 0)
        evidence_done(&ev);
    return r;
}

/* Wrapped in more forms than anybody would: the depth ends the search, not the stack. */
static void depth_is_bounded(void **state)
{
    CLEANUP(buf_done) struct buf inner = buf_init(EVIDENCE_SIZE_MAX);

    (void)state;
    base64_put(&made, buf_span(&quote), 0);
    for (int i = 0; i < 12; i++) {
        buf_clear(&inner);
        buf_put(&inner, buf_span(&made));
        buf_clear(&made);
        base64_put(&made, buf_span(&inner), 0);
    }
    refused_assert(-EBADMSG, "forms inside each other");
}

static void every_prefix_and_bit_is_survived(void **state)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    CLEANUP(buf_done) struct buf der = buf_init(0);

    (void)state;
    assert_int_equal(ec_key_new(&key, NULL), 0);
    der = ratls_make(key, true);
    mutate_prefixes(buf_span(&der), find, NULL);
    mutate_bits(buf_span(&der), 0, der.len, find, NULL);
    buf_put_str(&made, "{\"hcl_report\":\"");
    put_vtpm_report("{}", 4);
    buf_put_str(&made, "\",\n\"q\":[{\"td_quote\":\"");
    put_base64(0);
    buf_put_str(&made, "\"}]}");
    assert_int_equal(find(buf_span(&made), NULL), 0);
    mutate_prefixes(buf_span(&made), find, NULL);
    mutate_bits(buf_span(&made), 0, 64, find, NULL);
    buf_clear(&made);
    buf_put_str(&made, "a:\n  b: |\n    ");
    put_base64(0);
    buf_put_str(&made, "\n  c: 1\n");
    assert_int_equal(find(buf_span(&made), NULL), 0);
    mutate_prefixes(buf_span(&made), find, NULL);
    mutate_bits(buf_span(&made), 0, 64, find, NULL);
    buf_clear(&made);
    buf_put(&made, span_of("\xa1\x61q\xd9\xea\x60\x82", 7));
    put_cbor_quote();
    buf_put(&made, span_of("\x41\x01", 2));
    mutate_prefixes(buf_span(&made), find, NULL);
    mutate_bits(buf_span(&made), 0, made.len, find, NULL);
    buf_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_and_text),
        cmocka_unit_test(lengths_in_front),
        cmocka_unit_test(json_members),
        cmocka_unit_test(json_inside_base64_inside_json),
        cmocka_unit_test(yaml_members),
        cmocka_unit_test(cbor_members),
        cmocka_unit_test(open_enclave_headers),
        cmocka_unit_test(certificates_in_der_and_pem),
        cmocka_unit_test(a_vtpm_report_binds_the_quote_beside_it),
        cmocka_unit_test(two_quotes_are_refused_unless_equal),
        cmocka_unit_test(other_inputs_are_named),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
