/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/trust.h: the trusted root key with its P-256 contexts and tables, and a memory of
 * certificates that were found to be signed by their issuer. For verify/ only.
 */
#ifndef COFFER_VERIFY_TRUST_H
#define COFFER_VERIFY_TRUST_H

#include <pthread.h>
#include <stdatomic.h>

#include "crypto/hash.h"
#include "crypto/p256_comb.h"
#include "crypto/x509.h"

enum {
    TRUST_CONTEXT_MAX = 32, /* idle P-256 contexts kept */
    TRUST_MEMO_MAX = 64,    /* issuer certificates remembered */
};

struct trust {
    uint8_t root_key[P256_KEY_SIZE];
    _Atomic(struct p256 *) contexts[TRUST_CONTEXT_MAX];
    bool has_root_comb;
    struct p256_comb root_comb; /* table of @root_key, which signs four things of a cold start */
    pthread_mutex_t memo_lock;
    uint8_t memo[TRUST_MEMO_MAX][SHA256_SIZE]; /* hash of signer key and certificate */
    size_t memo_count;
    size_t memo_next;
};

/** trust_init() - Return: 0; -ENOMEM. Release with trust_done(), also after a failure. */
NODISCARD int trust_init(struct trust *t, const uint8_t root_key[static P256_KEY_SIZE]);
void trust_done(struct trust *t);

/** trust_take() - a context for this thread; NULL without memory. trust_give() puts it back. */
struct p256 *trust_take(struct trust *t);
void trust_give(struct trust *t, struct p256 *p);

/** trust_verify() - p256_verify(), faster when @key is the root's */
NODISCARD enum p256_result trust_verify(const struct trust *t, struct p256 *p,
                                        const uint8_t key[static P256_KEY_SIZE],
                                        struct span message,
                                        const uint8_t signature[static P256_SIGNATURE_SIZE]);

/**
 * trust_signed() - is @cert signed by @key? Good answers are remembered by content, so that the CA
 * and root certificates that every chain repeats cost one verification.
 */
NODISCARD enum p256_result trust_signed(struct trust *t, struct p256 *p, const struct x509 *cert,
                                        const uint8_t key[static P256_KEY_SIZE]);

#endif
