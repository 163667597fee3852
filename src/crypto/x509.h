/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/x509.h: X.509 certificates as DCAP uses them (RFC 5280, P-256 and ECDSA with SHA-256
 * only), decoded without copying or allocation. Parsing is pure and decides nothing about trust;
 * the signature is checked with x509_is_signed_by().
 */
#ifndef COFFER_CRYPTO_X509_H
#define COFFER_CRYPTO_X509_H

#include "base/buf.h"
#include "codec/der.h"
#include "crypto/p256.h"

enum {
    X509_SIZE_MAX = 16 * 1024, /* bytes of one certificate */
    X509_SERIAL_SIZE_MAX = 20, /* bytes, RFC 5280 4.1.2.2 */
    X509_CHAIN_MAX = 4,        /* certificates in a chain text */
    X509_EXTENSION_COUNT_MAX = 32,
};

enum x509_key_usage {
    X509_DIGITAL_SIGNATURE = 1 << 0,
    X509_NON_REPUDIATION = 1 << 1,
    X509_KEY_CERT_SIGN = 1 << 5,
    X509_CRL_SIGN = 1 << 6,
};

/** struct x509 - a decoded certificate; spans point into the DER given to x509_parse() */
struct x509 {
    struct span der;        /* the whole certificate */
    struct span tbs;        /* what is signed, header included */
    struct span serial;     /* 1..20 bytes, unsigned, without leading zero byte */
    struct span issuer;     /* Name, DER with header: compared byte by byte */
    struct span subject;    /* Name, DER with header */
    struct span subject_cn; /* text of the last commonName; empty if none */
    struct span issuer_cn;
    int64_t not_before; /* unix seconds */
    int64_t not_after;
    uint8_t key[P256_KEY_SIZE];
    uint8_t signature[P256_SIGNATURE_SIZE];
    struct span subject_key_id;   /* empty if the extension is absent */
    struct span authority_key_id; /* keyIdentifier; empty if absent */
    struct span crl_url;          /* first URI of the CRL distribution points; empty if absent */
    struct span sgx;              /* content of extension 1.2.840.113741.1.13.1; empty if absent */
    bool has_basic_constraints;
    bool is_ca;
    bool has_path_len;
    uint32_t path_len;
    bool has_key_usage;
    unsigned key_usage; /* enum x509_key_usage bits */
};

/**
 * x509_parse() - decode one DER certificate; @der must outlive @ret
 * Return: 0; -EBADMSG with the part that is wrong; -EOPNOTSUPP for other curves, algorithms and
 * unknown critical extensions; -EMSGSIZE above X509_SIZE_MAX.
 */
NODISCARD int x509_parse(struct span der, struct x509 *ret, struct err *err);

/** x509_is_signed_by() - signature of @cert by @key; names and dates are the caller's matter */
NODISCARD enum p256_result x509_is_signed_by(const struct x509 *cert,
                                             const uint8_t key[static P256_KEY_SIZE],
                                             struct p256 *p256);

/** struct x509_chain - certificates of one PEM text, leaf first as written. Owns the DER bytes. */
struct x509_chain {
    struct buf der;
    struct x509 cert[X509_CHAIN_MAX];
    size_t count;
};

/**
 * x509_chain_parse() - every CERTIFICATE block of @pem
 * @ret: zero-initialised or done; release with x509_chain_done() also after a failure
 * Return: 0 with count >= 1; -EBADMSG; -EOPNOTSUPP; -EMSGSIZE above X509_CHAIN_MAX; -ENOMEM.
 */
NODISCARD int x509_chain_parse(struct span pem, struct x509_chain *ret, struct err *err);
void x509_chain_done(struct x509_chain *chain);

#endif
