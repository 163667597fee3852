/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key can be in a file or in a token. OpenSSL's store opens both by a URI, a token through a
 * provider for PKCS #11. Where the distribution has no such provider yet (Debian 12), libp11's
 * engine does the same: it is tried when the store has no such key.
 *
 * SGX stores numbers with the least significant byte first, OpenSSL the other way round. The caller
 * sees SGX's order only.
 */
#include "crypto/rsa.h"

#include <errno.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "base/macros.h"

enum {
    MODULUS_BITS = 3072,
    EXPONENT = 3,
};

struct rsa_signer {
    EVP_PKEY *key;
    uint8_t modulus[RSA3072_SIZE]; /* least significant byte first */
};

/** openssl_reason() - the last error that OpenSSL recorded, as text */
static const char *openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason ? reason : "no reason given";
}

static EVP_PKEY *store_load(const char *uri)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, UI_OpenSSL(), NULL, NULL, NULL);
    EVP_PKEY *key = NULL;

    if (store)
        (void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (store && !key && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (!info && OSSL_STORE_error(store))
            break;
        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    return key;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static EVP_PKEY *engine_load(const char *uri)
{
    ENGINE *engine;
    EVP_PKEY *key = NULL;

    ENGINE_load_builtin_engines();
    engine = ENGINE_by_id("pkcs11");
    if (engine && ENGINE_init(engine)) {
        key = ENGINE_load_private_key(engine, uri, UI_OpenSSL(), NULL);
        ENGINE_finish(engine); /* the key holds it as long as it lives */
    }
    ENGINE_free(engine);
    return key;
}
#pragma GCC diagnostic pop

static EVP_PKEY *key_load(const char *uri)
{
    static const char scheme[] = "pkcs11:";
    EVP_PKEY *key = store_load(uri);

    if (!key && strncmp(uri, scheme, strlen(scheme)) == 0)
        key = engine_load(uri);
    return key;
}

static int key_check(EVP_PKEY *key, uint8_t ret_modulus[static RSA3072_SIZE], struct err *err)
{
    BIGNUM *n = NULL, *e = NULL;
    int r = 0;

    if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) != MODULUS_BITS)
        return err_set(err, -EINVAL, "not an RSA key of %d bits", MODULUS_BITS);
    if (EVP_PKEY_get_bn_param(key, "n", &n) != 1 || EVP_PKEY_get_bn_param(key, "e", &e) != 1 ||
        BN_bn2lebinpad(n, ret_modulus, RSA3072_SIZE) < 0)
        r = err_set(err, -EINVAL, "no public part: %s", openssl_reason());
    else if (!BN_is_word(e, EXPONENT))
        r = err_set(err, -EINVAL, "exponent is not 3 (make one with: openssl genrsa -3 3072)");
    BN_free(n);
    BN_free(e);
    return r;
}

/** uri_name() - @uri for a message; a URI with a PIN in it is not repeated, since messages are
 * logged */
static const char *uri_name(const char *uri)
{
    return strstr(uri, "pin-value") ? "the pkcs11 URI" : uri;
}

int rsa_signer_new(const char *uri, struct rsa_signer **ret, struct err *err)
{
    CLEANUP(rsa_signer_freep) struct rsa_signer *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return err_set(err, -ENOMEM, "key");
    ERR_clear_error();
    s->key = key_load(uri);
    if (!s->key)
        return err_set(err, -ENOENT, "no private key at %s: %s", uri_name(uri), openssl_reason());
    r = key_check(s->key, s->modulus, err);
    if (r < 0)
        return err_wrap(err, "key %s", uri_name(uri));
    *ret = TAKE_PTR(s);
    return 0;
}

void rsa_signer_free(struct rsa_signer *s)
{
    if (!s)
        return;
    EVP_PKEY_free(s->key);
    free(s);
}

void rsa_signer_freep(struct rsa_signer **s)
{
    rsa_signer_free(*s);
}

const uint8_t *rsa_signer_modulus(const struct rsa_signer *s)
{
    return s->modulus;
}

int rsa_signer_sign(struct rsa_signer *s, const uint8_t digest[static SHA256_SIZE],
                    uint8_t ret_signature[static RSA3072_SIZE], struct err *err)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key, NULL);
    uint8_t big_endian[RSA3072_SIZE];
    size_t len = sizeof(big_endian);
    bool ok;

    ERR_clear_error();
    ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
         EVP_PKEY_sign(ctx, big_endian, &len, digest, SHA256_SIZE) == 1 && len == RSA3072_SIZE;
    EVP_PKEY_CTX_free(ctx);
    if (!ok)
        return err_set(err, -EIO, "sign: %s", openssl_reason());
    for (size_t i = 0; i < RSA3072_SIZE; i++)
        ret_signature[i] = big_endian[RSA3072_SIZE - 1 - i];
    return 0;
}
