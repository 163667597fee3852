/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/pck_extension.h: the SGX extension of PCK certificates, 1.2.840.113741.1.13.1. Source:
 * Intel SGX PCK Certificate and CRL Profile Specification.
 */
#ifndef COFFER_CRYPTO_PCK_EXTENSION_H
#define COFFER_CRYPTO_PCK_EXTENSION_H

#include "base/err.h"
#include "base/span.h"

enum {
    TCB_COMPONENT_COUNT = 16, /* SGX, and TDX, components of a TCB: the bytes of a CPUSVN */
};

enum pck_sgx_type {
    PCK_SGX_STANDARD = 0,
    PCK_SGX_SCALABLE = 1,
    PCK_SGX_SCALABLE_WITH_INTEGRITY = 2,
};

/** struct pck_extension - values, no pointers. Elements .6 and .7 exist under the Platform CA only.
 */
struct pck_extension {
    uint8_t ppid[16];
    uint8_t comp_svn[TCB_COMPONENT_COUNT]; /* SGX TCB components 1..16 */
    uint16_t pcesvn;
    uint8_t cpusvn[16];
    uint8_t pceid[2];
    uint8_t fmspc[6];
    uint8_t sgx_type; /* enum pck_sgx_type */
    bool has_platform_instance_id;
    uint8_t platform_instance_id[16];
    bool has_configuration;
    bool is_dynamic_platform;
    bool has_cached_keys;
    bool is_smt_enabled;
};

/** pck_extension_parse() - @content is struct x509.sgx. Return: 0; -EBADMSG with the element that
 * is wrong or missing. */
NODISCARD int pck_extension_parse(struct span content, struct pck_extension *ret, struct err *err);

#endif
