/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote/quote.h: SGX and TDX quotes of versions 3, 4 and 5, decoded without copying. Parsing is
 * pure: it decides whether the bytes can hold a quote, never whether the quote can be trusted.
 *
 * Layouts: Intel SGX ECDSA Quote Library Reference (v3) and Intel TDX DCAP Quoting Library API
 * (v4, v5); integers are little endian, byte strings keep their order.
 */
#ifndef COFFER_QUOTE_QUOTE_H
#define COFFER_QUOTE_QUOTE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "quote/body.h"
#include "sgx/report.h"

enum {
    QUOTE_SIZE_MAX = 64 * 1024, /* bytes, padding included; larger inputs are refused unread */
    QUOTE_HEADER_SIZE = 48,
    QUOTE_DESCRIPTOR_SIZE = 6, /* body type and size, version 5 only */
    QUOTE_SIGNATURE_SIZE = 64, /* r || s, big endian */
    QUOTE_KEY_SIZE = 64,       /* x || y, big endian */
};

enum quote_version {
    QUOTE_VERSION_3 = 3,
    QUOTE_VERSION_4 = 4,
    QUOTE_VERSION_5 = 5,
};

enum quote_tee {
    QUOTE_TEE_SGX = 0x00,
    QUOTE_TEE_TDX = 0x81,
};

enum quote_key_type {
    QUOTE_KEY_ECDSA_P256 = 2, /* the only one that Intel's QVL and we decode */
    QUOTE_KEY_ECDSA_P384 = 3,
};

/** Certification data types of the QE report (Intel SGX ECDSA Quote Library Reference, appendix
 * A.4) */
enum quote_cert_type {
    QUOTE_CERT_NONE = 0,
    QUOTE_CERT_PPID_CLEAR = 1,
    QUOTE_CERT_PPID_RSA2048 = 2,
    QUOTE_CERT_PPID_RSA3072 = 3,
    QUOTE_CERT_PCK_LEAF = 4,  /* PEM */
    QUOTE_CERT_PCK_CHAIN = 5, /* PEM: leaf, intermediate, root */
    QUOTE_CERT_QE_REPORT = 6, /* versions 4 and 5: the outer wrapper */
    QUOTE_CERT_PLATFORM_MANIFEST = 7,
};

/** Intel's QE vendor id, 939a7233f79c4ca9940a0db3957f0607 */
extern const uint8_t QUOTE_VENDOR_INTEL[16];

struct quote_header {
    uint16_t version;
    uint16_t key_type; /* enum quote_key_type */
    uint32_t tee;      /* enum quote_tee; the reserved zero field of version 3 */
    uint16_t qe_svn;   /* reserved for TDX */
    uint16_t pce_svn;  /* reserved for TDX */
    uint8_t vendor_id[16];
    uint8_t user_data[20]; /* the first 16 bytes are the QE id */
};

/** struct quote_auth - ECDSA-256-with-P-256 authentication data; spans point into the wire */
struct quote_auth {
    struct span signature;           /* 64: over quote.signed_part, by the attestation key */
    struct span key;                 /* 64: attestation public key */
    struct span qe_report;           /* 384: as signed */
    struct sgx_report_body qe;       /* decoded qe_report */
    struct span qe_report_signature; /* 64: over qe_report, by the PCK key */
    struct span qe_auth_data;        /* 0..65535 */
    uint16_t outer_cert_type;        /* QUOTE_CERT_QE_REPORT in versions 4 and 5, else 0 */
    uint16_t cert_type;              /* enum quote_cert_type, of the QE report */
    struct span cert_data;
};

/** struct quote_ppid - certification data types 1 to 3: what a collateral service needs */
struct quote_ppid {
    struct span ppid;   /* 16 clear, 256 or 384 encrypted */
    struct span cpusvn; /* 16 */
    uint16_t pcesvn;
    struct span pceid; /* 2, little endian as on the wire */
};

/** struct quote - a decoded quote. Borrows the wire bytes given to quote_parse(). */
struct quote {
    struct span wire; /* all of it, trailing bytes included */
    struct quote_header header;
    enum quote_body_type body_type;
    struct span body; /* the report as signed */
    union {
        struct sgx_report_body enclave; /* QUOTE_BODY_SGX */
        struct quote_td td;             /* all others */
    };
    struct span signed_part; /* what the attestation key signed */
    struct quote_auth auth;
    struct span trailing; /* padding after the quote: tolerated, worth a remark */
};

/**
 * quote_parse() - decode a quote
 * @wire: untrusted bytes; they must outlive @ret
 *
 * Return: 0; -EBADMSG if @wire cannot hold a quote (with the field that is wrong); -EMSGSIZE above
 * QUOTE_SIZE_MAX; -EOPNOTSUPP for versions, key types, TEEs and bodies that we do not know.
 */
NODISCARD int quote_parse(struct span wire, struct quote *ret, struct err *err);

/**
 * quote_render() - encode @q field by field; lengths come from the spans
 * Gives back the bytes that quote_parse() decoded, trailing ones included. Latches in @out.
 */
void quote_render(const struct quote *q, struct buf *out);

/** quote_parse_ppid() - certification data of type 1 to 3. Return: 0; -EBADMSG; -EINVAL for other
 * types. */
NODISCARD int quote_parse_ppid(const struct quote_auth *auth, struct quote_ppid *ret,
                               struct err *err);

/** quote_is_td() - true for the three TD report bodies */
static inline bool quote_is_td(const struct quote *q)
{
    return q->body_type != QUOTE_BODY_SGX;
}

/** quote_is_debug() - SGX: ATTRIBUTES.DEBUG; TDX: TDATTRIBUTES.DEBUG */
bool quote_is_debug(const struct quote *q);

const char *quote_cert_type_name(uint16_t cert_type);

#endif
