/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/cert_make.h: certificates and CRLs of a P-256 authority (RFC 5280), with the fields that
 * DCAP verifiers demand: version 3, every certificate with authority and subject key identifiers,
 * CRL distribution point, key usage and basic constraints; CRLs with authority key identifier and
 * number.
 */
#ifndef COFFER_CRYPTO_CERT_MAKE_H
#define COFFER_CRYPTO_CERT_MAKE_H

#include "base/buf.h"
#include "crypto/ec_key.h"

enum {
    CERT_SERIAL_SIZE = 20, /* bytes */
    CERT_SIZE_MAX = 4096,  /* bytes of a certificate that cert_make() writes */
    CRL_MADE_SIZE_MAX = 64 * 1024,
};

/** struct cert_name - a distinguished name */
struct cert_name {
    const char *common_name;
    const char *organization;
};

/** struct cert_spec - the content of a certificate; everything is borrowed */
struct cert_spec {
    struct cert_name subject;
    struct cert_name issuer;
    const uint8_t *subject_key; /* EC_PUBLIC_SIZE bytes */
    uint8_t serial[CERT_SERIAL_SIZE];
    int64_t not_before; /* unix seconds */
    int64_t not_after;
    bool is_ca;        /* signs certificates and CRLs; otherwise signs data */
    uint32_t path_len; /* CA certificates below it */
    const char *crl_url;
    struct span extension; /* one more extension, DER of the whole Extension; may be empty */
};

/** cert_make() - append the certificate, signed with @issuer_key. Return: 0; -EIO; as @out. */
NODISCARD int cert_make(const struct cert_spec *spec, struct ec_key *issuer_key, struct buf *out,
                        struct err *err);

/** struct crl_spec - the content of a CRL */
struct crl_spec {
    struct cert_name issuer;
    int64_t this_update; /* unix seconds */
    int64_t next_update;
    uint32_t number;
    const uint8_t (*revoked)[CERT_SERIAL_SIZE]; /* serial numbers */
    size_t revoked_count;
};

NODISCARD int cert_make_crl(const struct crl_spec *spec, struct ec_key *issuer_key, struct buf *out,
                            struct err *err);

/** cert_make_serial() - positive, CERT_SERIAL_SIZE bytes. Return: 0; -EIO. */
NODISCARD int cert_make_serial(uint8_t ret[static CERT_SERIAL_SIZE], struct err *err);

#endif
