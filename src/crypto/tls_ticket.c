/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL has ticket keys of its own, but they belong to a context and live as long as it does.
 * Ours belong to the server: they survive a change of the certificate, and they change by time, so
 * that who steals a key opens the sessions of a day at most.
 */
#include "crypto/tls_ticket.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"

static int64_t now_ms(const struct tls_tickets *t)
{
    return t->now_ms ? t->now_ms() : clock_monotonic_ms();
}

static bool key_make(struct tls_ticket_key *key, int64_t made_ms)
{
    key->made_ms = made_ms;
    return RAND_bytes(key->name, sizeof(key->name)) == 1 &&
           RAND_priv_bytes(key->cipher, sizeof(key->cipher)) == 1 &&
           RAND_priv_bytes(key->mac, sizeof(key->mac)) == 1;
}

/* Whether @key is no older than @periods times the life of a key. */
static bool key_is_good(const struct tls_tickets *t, const struct tls_ticket_key *key,
                        int64_t periods)
{
    return key->made_ms != 0 && now_ms(t) - key->made_ms < periods * TLS_TICKET_KEY_S * 1000;
}

static bool keys_rotate(struct tls_tickets *t)
{
    struct tls_ticket_key next;

    if (key_is_good(t, &t->current, 1))
        return true;
    if (!key_make(&next, now_ms(t)))
        return false;
    t->previous = t->current;
    t->current = next;
    OPENSSL_cleanse(&next, sizeof(next));
    return true;
}

static bool contexts_init(const struct tls_ticket_key *key, const uint8_t *iv,
                          EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)key->mac,
                                          sizeof(key->mac)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv, encrypts) == 1 &&
           EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

static bool key_has_name(const struct tls_ticket_key *key, const uint8_t *name)
{
    return key->made_ms != 0 && memcmp(key->name, name, TLS_TICKET_NAME_SIZE) == 0;
}

int tls_ticket_use(struct tls_tickets *t, uint8_t name[static TLS_TICKET_NAME_SIZE], uint8_t *iv,
                   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts)
{
    if (!keys_rotate(t))
        return -1;
    if (encrypts) {
        memcpy(name, t->current.name, TLS_TICKET_NAME_SIZE);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
            return -1;
        return contexts_init(&t->current, iv, cipher, mac, 1) ? 1 : -1;
    }
    if (key_has_name(&t->current, name))
        return contexts_init(&t->current, iv, cipher, mac, 0) ? 1 : -1;
    if (key_has_name(&t->previous, name) && key_is_good(t, &t->previous, 2))
        return contexts_init(&t->previous, iv, cipher, mac, 0) ? 2 : -1;
    return 0;
}

void tls_ticket_done(struct tls_tickets *t)
{
    OPENSSL_cleanse(t, sizeof(*t));
}
