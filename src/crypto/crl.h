/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/crl.h: certificate revocation lists (RFC 5280 5, ECDSA P-256 with SHA-256 only). Parsing
 * copies the bytes and sorts the serial numbers once, so that a look-up is a binary search.
 */
#ifndef COFFER_CRYPTO_CRL_H
#define COFFER_CRYPTO_CRL_H

#include "base/buf.h"
#include "codec/der.h"
#include "crypto/p256.h"
#include "crypto/x509.h"

enum {
    CRL_SIZE_MAX = 4 * 1024 * 1024, /* bytes of DER; about 100,000 entries */
};

/** struct crl - spans point into @bytes; release with crl_done() */
struct crl {
    struct buf bytes;   /* the DER, owned */
    struct span tbs;    /* what is signed, header included */
    struct span issuer; /* Name, DER with header */
    struct span issuer_cn;
    int64_t this_update; /* unix seconds */
    int64_t next_update; /* required here, as QVL requires it */
    uint8_t signature[P256_SIGNATURE_SIZE];
    struct span authority_key_id; /* empty if absent */
    bool has_number;
    uint64_t number;      /* CRL number; saturates */
    struct span *serials; /* sorted by length, then bytes; owned */
    size_t count;
};

/**
 * crl_parse() - decode a CRL given as DER, or as its PEM, hex or base64 text
 * @ret: written only on success; release with crl_done()
 * Return: 0; -EBADMSG; -EOPNOTSUPP for other algorithms and unknown critical extensions; -EMSGSIZE;
 * -ENOMEM.
 */
NODISCARD int crl_parse(struct span text, struct crl *ret, struct err *err);
void crl_done(struct crl *crl);

/** crl_lists() - is @serial (as struct x509.serial) on the list? */
bool crl_lists(const struct crl *crl, struct span serial);

NODISCARD enum p256_result crl_is_signed_by(const struct crl *crl,
                                            const uint8_t key[static P256_KEY_SIZE],
                                            struct p256 *p256);

#endif
