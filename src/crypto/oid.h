/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/oid.h: object identifiers of certificates, as the content of their DER encoding (X.690
 * 8.19), without tag and length. For crypto/ only.
 */
#ifndef COFFER_CRYPTO_OID_H
#define COFFER_CRYPTO_OID_H

#include <stdint.h>

#include "base/span.h"

/* 1.2.840.10045.2.1, RFC 5480 */
static const uint8_t OID_EC_PUBLIC_KEY[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
/* 1.2.840.10045.3.1.7, RFC 5480 */
static const uint8_t OID_PRIME256V1[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
/* 1.2.840.10045.4.3.2, RFC 5758 */
static const uint8_t OID_ECDSA_SHA256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

/* Parts of names: 2.5.4, X.520 */
static const uint8_t OID_COMMON_NAME[] = {0x55, 0x04, 0x03};
static const uint8_t OID_ORGANIZATION[] = {0x55, 0x04, 0x0a};

/* Extensions: 2.5.29, RFC 5280 4.2.1 and 5.2 */
static const uint8_t OID_SUBJECT_KEY_ID[] = {0x55, 0x1d, 0x0e};
static const uint8_t OID_KEY_USAGE[] = {0x55, 0x1d, 0x0f};
static const uint8_t OID_BASIC_CONSTRAINTS[] = {0x55, 0x1d, 0x13};
static const uint8_t OID_CRL_NUMBER[] = {0x55, 0x1d, 0x14};
static const uint8_t OID_CRL_POINTS[] = {0x55, 0x1d, 0x1f};
static const uint8_t OID_AUTHORITY_KEY_ID[] = {0x55, 0x1d, 0x23};

/* 1.2.840.113741.1.13.1: Intel's extension of PCK certificates, and the arc of its elements */
static const uint8_t OID_SGX[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

/* OID() - one of the above as a span; OID_IS() - whether @span is its encoding */
#define OID(name)          span_of(OID_##name, sizeof(OID_##name))
#define OID_IS(span, name) span_equal(span, OID(name))

#endif
