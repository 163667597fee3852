/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/pck_cache.h: facts about platforms that were seen before, found by the SHA-256 of their
 * PCK chain's text: the chain holds up to the trusted key, the leaf's content, and the QE reports
 * that the leaf's key signed. No fact depends on time, collateral or policy. For verify/ only.
 *
 * Threads: any number. The cache has sixteen shards; a shard's mutex is held for a look-up and a
 * copy only.
 */
#ifndef COFFER_VERIFY_PCK_CACHE_H
#define COFFER_VERIFY_PCK_CACHE_H

#include "crypto/hash.h"
#include "crypto/pck_extension.h"
#include "crypto/x509.h"
#include "verify/known_key.h"

enum {
    PCK_CACHE_QE_MAX = 2, /* QE reports remembered for one platform */
};

/** struct serial_copy - a certificate's serial number without a borrowed pointer */
struct serial_copy {
    uint8_t bytes[X509_SERIAL_SIZE_MAX];
    uint8_t len;
};

/** struct pck_platform - what a PCK chain says. Zero: nothing is known. */
struct pck_platform {
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
    uint8_t not_before_of; /* the certificate with that date: 0 leaf, 1 CA, 2 root */
    uint8_t not_after_of;
    struct pck_extension pck;
    uint8_t qe[PCK_CACHE_QE_MAX][SHA256_SIZE]; /* hashes of QE report and signature */
    uint8_t qe_count;
    uint8_t qe_next;         /* slot of the next report */
    struct known_key *known; /* a reference; may be NULL */
};

struct pck_cache; /* opaque */

/** pck_cache_new() - Return: an empty cache for about @max platforms; NULL without memory */
struct pck_cache *pck_cache_new(size_t max);
void pck_cache_free(struct pck_cache *c);

/** pck_cache_find() - Return: true and a copy in @ret, whose known key the caller unrefs */
bool pck_cache_find(struct pck_cache *c, const uint8_t key[static SHA256_SIZE],
                    struct pck_platform *ret);

/** pck_cache_store() - remember a verified platform; the longest unused one gives way; without
 * memory nothing happens */
void pck_cache_store(struct pck_cache *c, const uint8_t key[static SHA256_SIZE],
                     const struct pck_platform *p);

/** pck_cache_store_qe() - remember that the platform's key signed this QE report */
void pck_cache_store_qe(struct pck_cache *c, const uint8_t key[static SHA256_SIZE],
                        const uint8_t qe[static SHA256_SIZE]);

/** pck_cache_store_known() - remember the platform's attestation key, taking a reference of
 * its own */
void pck_cache_store_known(struct pck_cache *c, const uint8_t key[static SHA256_SIZE],
                           struct known_key *known);

/** pck_cache_knows_qe() - is @qe among the reports that @p remembers? */
bool pck_cache_knows_qe(const struct pck_platform *p, const uint8_t qe[static SHA256_SIZE]);

#endif
