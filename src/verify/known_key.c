/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/known_key.h"

#include <stdlib.h>
#include <string.h>

struct known_key *known_key_new(const uint8_t key[static P256_KEY_SIZE])
{
    struct known_key *known = malloc(sizeof(*known));

    if (!known)
        return NULL;
    atomic_init(&known->refs, 1);
    memcpy(known->key, key, P256_KEY_SIZE);
    if (p256_comb_init(&known->comb, key))
        return known;
    free(known);
    return NULL;
}

struct known_key *known_key_ref(struct known_key *known)
{
    if (known)
        atomic_fetch_add_explicit(&known->refs, 1, memory_order_relaxed);
    return known;
}

void known_key_unref(struct known_key *known)
{
    if (known && atomic_fetch_sub_explicit(&known->refs, 1, memory_order_acq_rel) == 1)
        free(known);
}
