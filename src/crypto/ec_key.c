/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys are EC_KEY objects, not EVP_PKEY: no provider has to be fetched for a signature, and none is
 * loaded into a service that only signs. For the quote helper that is most of its memory.
 *
 * A private key is read and written as bytes. PKCS#8 (RFC 5958, with the ECPrivateKey of RFC 5915)
 * of a P-256 key with its public key has one length and differs only in the two keys, so it is
 * compared with constant bytes instead of parsed. OpenSSL's own tools write the same form.
 */
#define OPENSSL_API_COMPAT 0x10101000L

#include "crypto/ec_key.h"

#include <assert.h>
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

struct ec_key {
    EC_KEY *key;
    uint8_t public[EC_PUBLIC_SIZE];
};

/* The PKCS#8 form: head, private key, middle, public point. */
static const uint8_t pkcs8_head[] = {
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
};
static const uint8_t pkcs8_middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00, 0x04};

static_assert(sizeof(pkcs8_head) + EC_PRIVATE_SIZE + sizeof(pkcs8_middle) + EC_PUBLIC_SIZE ==
                  EC_PKCS8_SIZE,
              "parts of the PKCS#8 form");

void ec_key_free(struct ec_key *key)
{
    if (!key)
        return;
    EC_KEY_free(key->key);
    free(key);
}

void ec_key_freep(struct ec_key **key)
{
    ec_key_free(*key);
}

static int key_alloc(struct ec_key **ret, struct err *err)
{
    struct ec_key *k = calloc(1, sizeof(*k));

    if (!k)
        return err_set(err, -ENOMEM, "P-256 key");
    k->key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    if (!k->key) {
        free(k);
        return err_set(err, -ENOMEM, "P-256 key");
    }
    *ret = k;
    return 0;
}

static int public_fill(struct ec_key *k, struct err *err)
{
    uint8_t point[1 + EC_PUBLIC_SIZE];
    size_t len = EC_POINT_point2oct(EC_KEY_get0_group(k->key), EC_KEY_get0_public_key(k->key),
                                    POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), NULL);

    if (len != sizeof(point))
        return err_set(err, -EIO, "P-256 public key");
    memcpy(k->public, point + 1, EC_PUBLIC_SIZE);
    return 0;
}

int ec_key_new(struct ec_key **ret, struct err *err)
{
    CLEANUP(ec_key_freep) struct ec_key *k = NULL;
    int r = key_alloc(&k, err);

    if (r < 0)
        return r;
    if (EC_KEY_generate_key(k->key) != 1)
        return err_set(err, -EIO, "P-256 key generation failed");
    r = public_fill(k, err);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(k);
    return 0;
}

/* Set the private number @d and the public point d G. */
static bool private_set(EC_KEY *key, const BIGNUM *d)
{
    const EC_GROUP *group = EC_KEY_get0_group(key);
    EC_POINT *point;
    bool ok;

    if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0)
        return false;
    point = EC_POINT_new(group);
    ok = point && EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1 &&
         EC_KEY_set_private_key(key, d) == 1 && EC_KEY_set_public_key(key, point) == 1;
    EC_POINT_free(point);
    return ok;
}

int ec_key_from_private(const uint8_t bytes[static EC_PRIVATE_SIZE], struct ec_key **ret,
                        struct err *err)
{
    CLEANUP(ec_key_freep) struct ec_key *k = NULL;
    int r = key_alloc(&k, err);
    BIGNUM *d;
    bool ok;

    if (r < 0)
        return r;
    d = BN_bin2bn(bytes, EC_PRIVATE_SIZE, NULL);
    if (!d)
        return err_set(err, -ENOMEM, "P-256 key");
    BN_set_flags(d, BN_FLG_CONSTTIME);
    ok = private_set(k->key, d);
    BN_clear_free(d);
    if (!ok)
        return err_set(err, -EBADMSG, "not a P-256 private key");
    r = public_fill(k, err);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(k);
    return 0;
}

const uint8_t *ec_key_public(const struct ec_key *key)
{
    return key->public;
}

void ec_key_private(const struct ec_key *key, uint8_t ret[static EC_PRIVATE_SIZE])
{
    BN_bn2binpad(EC_KEY_get0_private_key(key->key), ret, EC_PRIVATE_SIZE);
}

int ec_key_sign_digest(struct ec_key *key, const uint8_t digest[static EC_DIGEST_SIZE],
                       uint8_t ret[static EC_SIGNATURE_SIZE], struct err *err)
{
    ECDSA_SIG *sig = ECDSA_do_sign(digest, EC_DIGEST_SIZE, key->key);
    int half = EC_SIGNATURE_SIZE / 2;
    bool ok;

    if (!sig)
        return err_set(err, -EIO, "P-256 signature failed");
    ok = BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, half) == half &&
         BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + half, half) == half;
    ECDSA_SIG_free(sig);
    return ok ? 0 : err_set(err, -EIO, "P-256 signature failed");
}

int ec_key_sign(struct ec_key *key, struct span message, uint8_t ret[static EC_SIGNATURE_SIZE],
                struct err *err)
{
    uint8_t digest[EC_DIGEST_SIZE];

    SHA256(message.data, message.len, digest);
    return ec_key_sign_digest(key, digest, ret, err);
}

void ec_key_pkcs8_put(const struct ec_key *key, struct buf *out)
{
    uint8_t private[EC_PRIVATE_SIZE];

    ec_key_private(key, private);
    buf_put(out, span_of(pkcs8_head, sizeof(pkcs8_head)));
    buf_put(out, span_of(private, sizeof(private)));
    buf_put(out, span_of(pkcs8_middle, sizeof(pkcs8_middle)));
    buf_put(out, span_of(key->public, EC_PUBLIC_SIZE));
    OPENSSL_cleanse(private, sizeof(private));
}

int ec_key_pkcs8_parse(struct span der, struct ec_key **ret, struct err *err)
{
    CLEANUP(ec_key_freep) struct ec_key *k = NULL;
    struct span head = span_of(pkcs8_head, sizeof(pkcs8_head));
    struct span middle = span_of(pkcs8_middle, sizeof(pkcs8_middle));
    size_t middle_at = head.len + EC_PRIVATE_SIZE;
    int r;

    if (der.len != EC_PKCS8_SIZE || !span_starts_with(der, head) ||
        !span_equal(span_sub(der, middle_at, middle.len), middle))
        return err_set(err, -EBADMSG, "not a PKCS#8 P-256 key with its public key");
    r = ec_key_from_private(der.data + head.len, &k, err);
    if (r < 0)
        return r;
    if (memcmp(k->public, der.data + middle_at + middle.len, EC_PUBLIC_SIZE) != 0)
        return err_set(err, -EBADMSG, "the public key does not belong to the private key");
    *ret = TAKE_PTR(k);
    return 0;
}
