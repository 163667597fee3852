/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's EC_KEY interface is deprecated and used on purpose: EVP_PKEY_fromdata() costs more than
 * a verification, and a new EC_KEY a sixth of one. Here one EC_KEY is kept, and only its public
 * point changes from call to call. A chain often has its signatures by one key one after the other,
 * so a key that is set already is not set again.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/p256.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "crypto/hash.h"

struct p256 {
    EC_KEY *key;
    EC_POINT *point; /* the public key before it enters @key */
    BN_CTX *scratch;
    ECDSA_SIG *signature;
    BIGNUM *r, *s; /* owned by @signature */
    bool has_current;
    uint8_t current[P256_KEY_SIZE]; /* the public key that is in @key */
};

static bool signature_new(struct p256 *p)
{
    BIGNUM *r = BN_new(), *s = BN_new();

    p->signature = ECDSA_SIG_new();
    if (!r || !s || !p->signature || ECDSA_SIG_set0(p->signature, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return false;
    }
    p->r = r;
    p->s = s;
    return true;
}

int p256_new(struct p256 **ret, struct err *err)
{
    CLEANUP(p256_freep) struct p256 *p = calloc(1, sizeof(*p));

    if (!p)
        return err_set(err, -ENOMEM, "P-256 context");
    p->key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    p->scratch = BN_CTX_new();
    p->point = p->key ? EC_POINT_new(EC_KEY_get0_group(p->key)) : NULL;
    if (!p->scratch || !p->point || !signature_new(p))
        return err_set(err, -ENOMEM, "P-256 context");
    *ret = TAKE_PTR(p);
    return 0;
}

void p256_free(struct p256 *p)
{
    if (!p)
        return;
    ECDSA_SIG_free(p->signature);
    EC_POINT_free(p->point);
    EC_KEY_free(p->key);
    BN_CTX_free(p->scratch);
    free(p);
}

void p256_freep(struct p256 **p)
{
    p256_free(*p);
}

/* Also checks that the point is on the curve (SEC 1, section 3.2.2.1; the cofactor is 1). */
static enum p256_result key_set(struct p256 *p, const uint8_t key[static P256_KEY_SIZE])
{
    uint8_t octets[1 + P256_KEY_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};

    if (p->has_current && memcmp(p->current, key, P256_KEY_SIZE) == 0)
        return P256_VALID;
    memcpy(octets + 1, key, P256_KEY_SIZE);
    if (EC_POINT_oct2point(EC_KEY_get0_group(p->key), p->point, octets, sizeof(octets),
                           p->scratch) != 1)
        return P256_INVALID;
    p->has_current = false;
    if (EC_KEY_set_public_key(p->key, p->point) != 1)
        return P256_UNDECIDED;
    memcpy(p->current, key, P256_KEY_SIZE);
    p->has_current = true;
    return P256_VALID;
}

enum p256_result p256_verify_digest(struct p256 *p, const uint8_t key[static P256_KEY_SIZE],
                                    const uint8_t digest[static 32],
                                    const uint8_t signature[static P256_SIGNATURE_SIZE])
{
    enum p256_result result = key_set(p, key);
    int r;

    if (result == P256_VALID) {
        if (!BN_bin2bn(signature, 32, p->r) || !BN_bin2bn(signature + 32, 32, p->s))
            return P256_UNDECIDED;
        r = ECDSA_do_verify(digest, 32, p->signature, p->key);
        result = r == 1 ? P256_VALID : r == 0 ? P256_INVALID : P256_UNDECIDED;
    }
    if (result != P256_VALID)
        ERR_clear_error();
    return result;
}

enum p256_result p256_verify(struct p256 *p, const uint8_t key[static P256_KEY_SIZE],
                             struct span message,
                             const uint8_t signature[static P256_SIGNATURE_SIZE])
{
    uint8_t digest[SHA256_SIZE];

    hash_sha256(message, digest);
    return p256_verify_digest(p, key, digest, signature);
}
