/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/known_key.h: an attestation key that came again, with a table that makes verification by
 * it cheaper. Shared by threads and immutable. For verify/ only.
 */
#ifndef COFFER_VERIFY_KNOWN_KEY_H
#define COFFER_VERIFY_KNOWN_KEY_H

#include <stdatomic.h>

#include "crypto/p256_comb.h"

struct known_key {
    atomic_uint refs;
    uint8_t key[P256_KEY_SIZE];
    struct p256_comb comb;
};

/** known_key_new() - Return: a table with one reference; NULL without memory, and when @key is not
 * a point of the curve */
struct known_key *known_key_new(const uint8_t key[static P256_KEY_SIZE]);

/** known_key_ref() - one reference more; NULL stays NULL */
struct known_key *known_key_ref(struct known_key *known);
void known_key_unref(struct known_key *known);

#endif
