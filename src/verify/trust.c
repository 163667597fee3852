/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/trust.h"

#include <errno.h>

int trust_init(struct trust *t, const uint8_t root_key[static P256_KEY_SIZE])
{
    struct p256 *p = NULL;

    memcpy(t->root_key, root_key, P256_KEY_SIZE);
    pthread_mutex_init(&t->memo_lock, NULL);
    if (p256_new(&p, NULL) < 0)
        return -ENOMEM;
    trust_give(t, p);
    t->has_root_comb = p256_comb_init(&t->root_comb, root_key);
    return 0;
}

void trust_done(struct trust *t)
{
    for (size_t i = 0; i < TRUST_CONTEXT_MAX; i++)
        p256_free(atomic_load(&t->contexts[i]));
    pthread_mutex_destroy(&t->memo_lock);
}

struct p256 *trust_take(struct trust *t)
{
    struct p256 *p = NULL;

    for (size_t i = 0; i < TRUST_CONTEXT_MAX; i++) {
        if (!atomic_load_explicit(&t->contexts[i], memory_order_relaxed))
            continue;
        p = atomic_exchange(&t->contexts[i], NULL);
        if (p)
            return p;
    }
    return p256_new(&p, NULL) == 0 ? p : NULL;
}

void trust_give(struct trust *t, struct p256 *p)
{
    for (size_t i = 0; i < TRUST_CONTEXT_MAX; i++) {
        struct p256 *none = NULL;

        if (atomic_compare_exchange_strong(&t->contexts[i], &none, p))
            return;
    }
    p256_free(p);
}

static bool memo_has(struct trust *t, const uint8_t hash[static SHA256_SIZE])
{
    bool found = false;

    pthread_mutex_lock(&t->memo_lock);
    for (size_t i = 0; i < t->memo_count && !found; i++)
        found = memcmp(t->memo[i], hash, SHA256_SIZE) == 0;
    pthread_mutex_unlock(&t->memo_lock);
    return found;
}

static void memo_add(struct trust *t, const uint8_t hash[static SHA256_SIZE])
{
    pthread_mutex_lock(&t->memo_lock);
    memcpy(t->memo[t->memo_next], hash, SHA256_SIZE);
    t->memo_next = (t->memo_next + 1) % TRUST_MEMO_MAX;
    t->memo_count = MIN(t->memo_count + 1, (size_t)TRUST_MEMO_MAX);
    pthread_mutex_unlock(&t->memo_lock);
}

static enum p256_result digest_verify(const struct trust *t, struct p256 *p,
                                      const uint8_t key[static P256_KEY_SIZE],
                                      const uint8_t digest[static SHA256_SIZE],
                                      const uint8_t signature[static P256_SIGNATURE_SIZE])
{
    if (t->has_root_comb && memcmp(key, t->root_key, P256_KEY_SIZE) == 0)
        return p256_comb_verify(&t->root_comb, digest, signature);
    return p256_verify_digest(p, key, digest, signature);
}

/* The memory's key covers all three inputs, so that nothing but the same question is answered. */
enum p256_result trust_verify(struct trust *t, struct p256 *p,
                              const uint8_t key[static P256_KEY_SIZE], struct span message,
                              const uint8_t signature[static P256_SIGNATURE_SIZE])
{
    uint8_t question[SHA256_SIZE + P256_SIGNATURE_SIZE], hash[SHA256_SIZE];
    enum p256_result result;

    hash_sha256(message, question);
    memcpy(question + SHA256_SIZE, signature, P256_SIGNATURE_SIZE);
    hash_sha256_two(span_of(key, P256_KEY_SIZE), span_of(question, sizeof(question)), hash);
    if (memo_has(t, hash))
        return P256_VALID;
    result = digest_verify(t, p, key, question, signature);
    if (result == P256_VALID)
        memo_add(t, hash);
    return result;
}
