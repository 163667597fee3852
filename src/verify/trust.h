/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/trust.h: the trusted root key with its P-256 contexts and tables, and a memory of
 * signatures that were found to be good. For verify/ only.
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
    TRUST_MEMO_MAX = 256,   /* signatures remembered */
};

struct trust {
    uint8_t root_key[P256_KEY_SIZE];
    _Atomic(struct p256 *) contexts[TRUST_CONTEXT_MAX];
    bool has_root_comb;
    struct p256_comb root_comb; /* table of @root_key, which signs four things of a cold start */
    pthread_mutex_t memo_lock;
    uint8_t memo[TRUST_MEMO_MAX][SHA256_SIZE]; /* hashes of key, digest and signature */
    size_t memo_count;
    size_t memo_next;
};

/** trust_init() - Return: 0; -ENOMEM. Release with trust_done(), also after a failure. */
NODISCARD int trust_init(struct trust *t, const uint8_t root_key[static P256_KEY_SIZE]);
void trust_done(struct trust *t);

/** trust_take() - a context for this thread; NULL without memory. trust_give() puts it back. */
struct p256 *trust_take(struct trust *t);
void trust_give(struct trust *t, struct p256 *p);

/**
 * trust_verify() - does @key's @signature match SHA-256(@message)?
 *
 * Good answers are remembered by content. The CA and root certificates that every chain repeats,
 * and collateral that is loaded again, cost one verification; the root's key has a table of its
 * own.
 */
NODISCARD enum p256_result trust_verify(struct trust *t, struct p256 *p,
                                        const uint8_t key[static P256_KEY_SIZE],
                                        struct span message,
                                        const uint8_t signature[static P256_SIGNATURE_SIZE]);

#endif
