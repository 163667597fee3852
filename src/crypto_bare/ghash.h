/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_bare/ghash.h: GHASH of SP 800-38D, 6.4: a polynomial over GF(2^128) at a secret point. */
#ifndef COFFER_CRYPTO_BARE_GHASH_H
#define COFFER_CRYPTO_BARE_GHASH_H

#include <stddef.h>
#include <stdint.h>

enum {
    GHASH_SIZE = 16,  /* bytes of the key, of a block and of the sum */
    GHASH_POWERS = 8, /* powers of the key that are kept: eight blocks share one reduction */
};

enum ghash_path {
    GHASH_PORTABLE,
    GHASH_CLMUL,
    GHASH_VCLMUL,
};

/** struct ghash - a sum in progress; wipe with mem_wipe() after use */
struct ghash {
    enum ghash_path path; /* chosen by ghash_init() */
    unsigned power_count; /* entries of power[] that are computed */
    uint64_t key[2];      /* high half first; the form depends on the path, as for sum */
    uint64_t sum[2];
    uint8_t power[GHASH_POWERS][GHASH_SIZE]; /* the highest power first */
};

void ghash_init(struct ghash *g, const uint8_t key[static GHASH_SIZE]);

/** ghash_update() - add @data, with zeros to the end of its last block, as GCM pads each part */
void ghash_update(struct ghash *g, const void *data, size_t size);

void ghash_final(const struct ghash *g, uint8_t ret_sum[static GHASH_SIZE]);

#endif
