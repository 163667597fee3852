/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SGX signs with RSA-3072 and exponent 3, and SIGSTRUCT carries two quotients besides the signature
 * s: q1 = s^2 / n and q2 = (s^2 mod n) s / n. With them s^3 mod n needs no division: s^2 - q1 n and
 * (s^2 mod n) s - q2 n are two multiplications each, and a result outside [0, n) proves that a
 * quotient is wrong. EINIT of a processor works in the same way.
 *
 * The whole padded message is rebuilt and compared, instead of the padding being parsed. Parsers of
 * PKCS #1 padding were forged for years, above all with exponent 3, because they skipped bytes; a
 * comparison of all 384 bytes has nothing to skip.
 *
 * Signing is done elsewhere (OpenSSL, HSMs), but the quotients are computed here by long division,
 * bit by bit: it runs once for a signature, and its simplicity is worth more than its speed. No
 * secret enters this file, so nothing in it has to run in constant time.
 */
#include "crypto_bare/rsa3072.h"

#include <stddef.h>

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

enum {
    LIMBS = RSA3072_SIZE / 8,
};

__extension__ typedef unsigned __int128 u128;

/* Numbers of LIMBS words, products of 2 * LIMBS, least significant word first. */

static void number_load(uint64_t ret[static LIMBS], const uint8_t *wire)
{
    for (size_t i = 0; i < LIMBS; i++)
        ret[i] = load_u64le(wire + 8 * i);
}

static void number_store(uint8_t *ret_wire, const uint64_t number[static LIMBS])
{
    for (size_t i = 0; i < LIMBS; i++)
        store_u64le(ret_wire + 8 * i, number[i]);
}

static bool is_below(const uint64_t *a, const uint64_t *b, size_t limbs)
{
    for (size_t i = limbs; i-- > 0;) {
        if (a[i] != b[i])
            return a[i] < b[i];
    }
    return false;
}

/** number_subtract() - a -= b. Return: the borrow. */
static uint64_t number_subtract(uint64_t *a, const uint64_t *b, size_t limbs)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < limbs; i++) {
        u128 difference = (u128)a[i] - b[i] - borrow;

        a[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return borrow;
}

static void number_multiply(uint64_t ret[static 2 * LIMBS], const uint64_t a[static LIMBS],
                            const uint64_t b[static LIMBS])
{
    memset(ret, 0, 2 * LIMBS * sizeof(*ret));
    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;

        for (size_t j = 0; j < LIMBS; j++) {
            u128 sum = (u128)a[i] * b[j] + ret[i + j] + carry;

            ret[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        ret[i + LIMBS] = carry;
    }
}

/** number_reduce() - a * b - q * n. Return: true when that lies in [0, n), so that q is the
 * quotient. */
static bool number_reduce(uint64_t ret[static LIMBS], const uint64_t a[static LIMBS],
                          const uint64_t b[static LIMBS], const uint64_t q[static LIMBS],
                          const uint64_t n[static LIMBS])
{
    uint64_t product[2 * LIMBS];
    uint64_t multiple[2 * LIMBS];

    number_multiply(product, a, b);
    number_multiply(multiple, q, n);
    if (number_subtract(product, multiple, 2 * LIMBS))
        return false;
    if (!mem_is_zero(product + LIMBS, LIMBS * sizeof(*product)) || !is_below(product, n, LIMBS))
        return false;
    memcpy(ret, product, LIMBS * sizeof(*ret));
    return true;
}

/** message_encode() - EMSA-PKCS1-v1_5 (RFC 8017, 9.2), most significant byte first */
static void message_encode(uint8_t ret[static RSA3072_SIZE],
                           const uint8_t digest[static SHA256_SIZE])
{
    static const uint8_t digest_info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                          0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                          0x01, 0x05, 0x00, 0x04, 0x20};
    const size_t digest_at = RSA3072_SIZE - SHA256_SIZE;
    const size_t info_at = digest_at - sizeof(digest_info);

    memset(ret, 0xff, RSA3072_SIZE);
    ret[0] = 0;
    ret[1] = 1;
    ret[info_at - 1] = 0;
    memcpy(ret + info_at, digest_info, sizeof(digest_info));
    memcpy(ret + digest_at, digest, SHA256_SIZE);
}

static bool message_is_encoding(const uint64_t number[static LIMBS],
                                const uint8_t digest[static SHA256_SIZE])
{
    uint8_t expected[RSA3072_SIZE];
    uint8_t wire[RSA3072_SIZE];
    unsigned difference = 0;

    message_encode(expected, digest);
    number_store(wire, number);
    for (size_t i = 0; i < RSA3072_SIZE; i++)
        difference |= (unsigned)(expected[i] ^ wire[RSA3072_SIZE - 1 - i]);
    return difference == 0;
}

bool rsa3072_verify(const struct rsa3072_signature *s, const uint8_t digest[static SHA256_SIZE])
{
    uint64_t n[LIMBS], signature[LIMBS], q1[LIMBS], q2[LIMBS], power[LIMBS];

    number_load(n, s->modulus);
    number_load(signature, s->signature);
    number_load(q1, s->q1);
    number_load(q2, s->q2);
    if (!is_below(signature, n, LIMBS))
        return false;
    if (!number_reduce(power, signature, signature, q1, n) ||
        !number_reduce(power, power, signature, q2, n))
        return false;
    return message_is_encoding(power, digest);
}

/** bit_shift_in() - value = 2 * value + bit. Return: the bit that fell out at the top. */
static uint64_t bit_shift_in(uint64_t value[static LIMBS], uint64_t bit)
{
    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t out = value[i] >> 63;

        value[i] = value[i] << 1 | bit;
        bit = out;
    }
    return bit;
}

/** number_divide() - long division, bit by bit; product < n^2, so the quotient has LIMBS words */
static void number_divide(const uint64_t product[static 2 * LIMBS], const uint64_t n[static LIMBS],
                          uint64_t ret_quotient[static LIMBS], uint64_t ret_rest[static LIMBS])
{
    memset(ret_quotient, 0, LIMBS * sizeof(*ret_quotient));
    memset(ret_rest, 0, LIMBS * sizeof(*ret_rest));
    for (size_t bit = 2 * LIMBS * 64; bit-- > 0;) {
        uint64_t over = bit_shift_in(ret_rest, product[bit / 64] >> bit % 64 & 1);
        bool fits = over || !is_below(ret_rest, n, LIMBS);

        if (fits)
            number_subtract(ret_rest, n, LIMBS);
        bit_shift_in(ret_quotient, fits);
    }
}

bool rsa3072_quotients(const uint8_t modulus[static RSA3072_SIZE],
                       const uint8_t signature[static RSA3072_SIZE],
                       uint8_t ret_q1[static RSA3072_SIZE], uint8_t ret_q2[static RSA3072_SIZE])
{
    uint64_t n[LIMBS], s[LIMBS], quotient[LIMBS], rest[LIMBS];
    uint64_t product[2 * LIMBS];

    number_load(n, modulus);
    number_load(s, signature);
    if (!(n[LIMBS - 1] >> 63) || !is_below(s, n, LIMBS))
        return false;
    number_multiply(product, s, s);
    number_divide(product, n, quotient, rest);
    number_store(ret_q1, quotient);
    number_multiply(product, rest, s);
    number_divide(product, n, quotient, rest);
    number_store(ret_q2, quotient);
    return true;
}
