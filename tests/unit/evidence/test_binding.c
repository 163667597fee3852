/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/pem.h"
#include "crypto/hash.h"
#include "evidence/binding.h"
#include "samples.h"

static struct ec_key *key;
static struct buf spki, pem;

static int setup(void **state)
{
    (void)state;
    if (ec_key_new(&key, NULL) < 0)
        return -1;
    spki = sample_spki(key);
    pem = buf_init(SAMPLE_SIZE_MAX);
    pem_put(&pem, "PUBLIC KEY", buf_span(&spki));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&spki);
    buf_done(&pem);
    ec_key_free(key);
    return 0;
}

static enum evidence_bound check(enum hash_kind kind, struct span a, struct span b,
                                 struct span claims)
{
    uint8_t report_data[64] = {0};
    struct evidence_binding bound, changed;

    if (kind != HASH_NONE)
        hash_of(kind, a, b, report_data);
    assert_int_equal(
        evidence_binding_key(buf_span(&spki), claims, span_of(report_data, 64), &bound), 0);
    assert_true(bound.text[0] != 0);
    report_data[0] ^= 1;
    assert_int_equal(
        evidence_binding_key(buf_span(&spki), claims, span_of(report_data, 64), &changed), 0);
    assert_int_equal(changed.state, EVIDENCE_NOT_BOUND);
    return bound.state;
}

static void every_encoding_of_the_key_binds(void **state)
{
    static const enum hash_kind kinds[] = {HASH_SHA256, HASH_SHA384, HASH_SHA512};
    const struct span none = span_of(NULL, 0);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        assert_int_equal(check(kinds[i], buf_span(&spki), none, none), EVIDENCE_BOUND);
        assert_int_equal(check(kinds[i], buf_span(&pem), none, none), EVIDENCE_BOUND);
        assert_int_equal(check(kinds[i], buf_span(&pem), span_of("", 1), none), EVIDENCE_BOUND);
        assert_int_equal(check(kinds[i], span_sub(buf_span(&spki), 26, 65), none, none),
                         EVIDENCE_BOUND);
    }
    assert_int_equal(check(HASH_SHA512, span_str("ratls-cert:"), buf_span(&spki), none),
                     EVIDENCE_BOUND);
    assert_int_equal(check(HASH_SHA256, span_str("another key"), none, none), EVIDENCE_NOT_BOUND);
    assert_int_equal(check(HASH_NONE, none, none, none), EVIDENCE_NOT_BOUND);
}

/* {"pubkey-hash": [1, hash]}, or with the array in a byte string */
static struct buf claims_make(const char *name, uint8_t named, bool in_string, uint8_t flip)
{
    struct buf entry = buf_init(256), out = buf_init(512);
    uint8_t hash[HASH_SIZE_MAX];

    hash_of(HASH_SHA256, buf_span(&spki), span_of(NULL, 0), hash);
    hash[5] ^= flip;
    buf_put_u8(&entry, 0x82);
    buf_put_u8(&entry, named);
    buf_put_u8(&entry, 0x58);
    buf_put_u8(&entry, SHA256_SIZE);
    buf_put(&entry, span_of(hash, SHA256_SIZE));
    buf_put_u8(&out, 0xa2);
    buf_put(&out, span_of("\x65nonce\x42\x01\x02", 9));
    buf_put_u8(&out, (uint8_t)(0x60 + strlen(name)));
    buf_put_str(&out, name);
    if (in_string) {
        buf_put_u8(&out, 0x58);
        buf_put_u8(&out, (uint8_t)entry.len);
    }
    buf_put(&out, buf_span(&entry));
    buf_done(&entry);
    return out;
}

static enum evidence_bound claims_check(const char *name, uint8_t named, bool in_string,
                                        uint8_t flip)
{
    CLEANUP(buf_done) struct buf claims = claims_make(name, named, in_string, flip);

    return check(HASH_SHA256, buf_span(&claims), span_of(NULL, 0), buf_span(&claims));
}

static void claims_bind_in_two_steps(void **state)
{
    (void)state;
    assert_int_equal(claims_check("pubkey-hash", 1, false, 0), EVIDENCE_BOUND);
    assert_int_equal(claims_check("pubkey-hash", 1, true, 0), EVIDENCE_BOUND);
    assert_int_equal(claims_check("pubkey-hash", 1, false, 1), EVIDENCE_NOT_BOUND);
    assert_int_equal(claims_check("pubkey-hash", 7, false, 0), EVIDENCE_NOT_BOUND);
    assert_int_equal(claims_check("pubkey-hash", 2, false, 0), EVIDENCE_NOT_BOUND);
    assert_int_equal(claims_check("other", 1, false, 0), EVIDENCE_NOT_BOUND);
}

static void claims_of_open_enclave_hold_the_key(void **state)
{
    const struct span none = span_of(NULL, 0);

    (void)state;
    assert_int_equal(check(HASH_SHA256, buf_span(&pem), none, buf_span(&pem)), EVIDENCE_BOUND);
    assert_int_equal(check(HASH_SHA256, span_str("no key"), none, span_str("no key")),
                     EVIDENCE_NOT_BOUND);
    /* the key's own hash does not help when claims are there */
    assert_int_equal(check(HASH_SHA256, buf_span(&spki), none, span_str("claims")),
                     EVIDENCE_NOT_BOUND);
}

static void bytes_bind_by_their_hash(void **state)
{
    uint8_t hash[64] = {0};

    (void)state;
    hash_of(HASH_SHA384, span_str("runtime"), span_of(NULL, 0), hash);
    assert_int_equal(evidence_binding_bytes("it", span_str("runtime"), span_of(hash, 64)).state,
                     EVIDENCE_BOUND);
    assert_int_equal(evidence_binding_bytes("it", span_str("other"), span_of(hash, 64)).state,
                     EVIDENCE_NOT_BOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encoding_of_the_key_binds),
        cmocka_unit_test(claims_bind_in_two_steps),
        cmocka_unit_test(claims_of_open_enclave_hold_the_key),
        cmocka_unit_test(bytes_bind_by_their_hash),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
