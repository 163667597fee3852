/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/platform_cache.h: what is known for good about platforms seen before, by the SHA-256 of
 * their PCK chain's text: that the chain holds up to the trusted key, what the leaf says, and which
 * QE reports its key signed. Nothing in it depends on time, collateral or policy.
 *
 * Threads: sixteen shards, each with a mutex that is held for a look-up and a copy only.
 */
#ifndef COFFER_VERIFY_PLATFORM_CACHE_H
#define COFFER_VERIFY_PLATFORM_CACHE_H

#include <stdatomic.h>

#include "crypto/hash.h"
#include "crypto/p256_comb.h"
#include "crypto/pck_extension.h"
#include "crypto/x509.h"

enum {
    PLATFORM_QE_MAX = 2, /* QE reports remembered for one platform */
};

/** struct serial_copy - a certificate's serial number without a borrowed pointer */
struct serial_copy {
    uint8_t bytes[X509_SERIAL_SIZE_MAX];
    uint8_t len;
};

/** struct known_key - an attestation key that came again, with its table; shared, immutable */
struct known_key {
    atomic_uint refs;
    uint8_t key[P256_KEY_SIZE];
    struct p256_comb comb;
};

/** known_key_new() - Return: a table with one reference; NULL without memory or if it is no point
 */
struct known_key *known_key_new(const uint8_t key[static P256_KEY_SIZE]);
void known_key_unref(struct known_key *known);

/** struct platform - a PCK chain's content. Zero: nothing is known. */
struct platform {
    bool is_verified; /* chain and extension hold up to the trusted root key */
    bool has_leaf;    /* @pck_key and the fields below come from a readable leaf */
    bool has_extension;
    bool has_ca;
    uint8_t pck_key[P256_KEY_SIZE];
    uint8_t ca_key[P256_KEY_SIZE];
    uint8_t ca_name[SHA256_SIZE];     /* hash of the CA's subject Name */
    uint8_t issuer_name[SHA256_SIZE]; /* hash of the leaf's issuer Name */
    struct serial_copy pck_serial;
    struct serial_copy ca_serial;
    int64_t not_before;    /* the latest of the chain */
    int64_t not_after;     /* the earliest of the chain */
    uint8_t not_before_of; /* whose: 0 leaf, 1 CA, 2 root */
    uint8_t not_after_of;
    struct pck_extension pck;
    uint8_t qe[PLATFORM_QE_MAX][SHA256_SIZE]; /* hashes of QE report and signature */
    uint8_t qe_count;
    uint8_t qe_next;         /* slot that the next one goes into */
    struct known_key *known; /* a reference; may be NULL */
};

struct platform_cache; /* opaque */

/** platform_cache_new() - Return: an empty cache for about @max platforms; NULL without memory */
struct platform_cache *platform_cache_new(size_t max);
void platform_cache_free(struct platform_cache *c);

/** platform_cache_find() - Return: true and a copy in @ret, whose known key the caller unrefs */
bool platform_cache_find(struct platform_cache *c, const uint8_t key[static SHA256_SIZE],
                         struct platform *ret);

/** platform_cache_store() - remember a verified platform; the longest unused one gives way; without
 * memory nothing happens */
void platform_cache_store(struct platform_cache *c, const uint8_t key[static SHA256_SIZE],
                          const struct platform *p);

/** platform_cache_store_qe() - remember that the platform's key signed this QE report */
void platform_cache_store_qe(struct platform_cache *c, const uint8_t key[static SHA256_SIZE],
                             const uint8_t qe[static SHA256_SIZE]);

/** platform_cache_store_known() - remember the platform's attestation key, taking a reference of
 * its own */
void platform_cache_store_known(struct platform_cache *c, const uint8_t key[static SHA256_SIZE],
                                struct known_key *known);

/** platform_knows_qe() - is @qe among the reports that @p remembers? */
bool platform_knows_qe(const struct platform *p, const uint8_t qe[static SHA256_SIZE]);

#endif
