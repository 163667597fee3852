/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/sigstruct.h: SIGSTRUCT, the certificate of an enclave (SDM 35.14). 1808 bytes on the wire. */
#ifndef COFFER_SGX_SIGSTRUCT_H
#define COFFER_SGX_SIGSTRUCT_H

#include <assert.h>
#include <stdbool.h>

#include "crypto_bare/rsa3072.h"
#include "sgx/arch.h"

enum {
    SGX_SIGSTRUCT_SIGNED_SIZE = 256, /* bytes that the signature covers */
    SGX_SIGSTRUCT_EXPONENT = 3,
    SGX_VENDOR_INTEL = 0x8086,
};

/** struct sgx_sigstruct - numbers of RSA keep the byte order of the wire, least significant
 *  first */
struct sgx_sigstruct {
    uint32_t type;       /* 0, or bit 31 for a debug signature */
    uint32_t vendor;     /* 0 or SGX_VENDOR_INTEL */
    uint32_t date;       /* 0xyyyymmdd in BCD */
    uint32_t sw_defined; /* HWVERSION of old manuals; any value */
    uint32_t exponent;   /* SGX_SIGSTRUCT_EXPONENT in a valid one */
    uint8_t modulus[RSA3072_SIZE];
    uint8_t signature[RSA3072_SIZE];
    uint8_t q1[RSA3072_SIZE];
    uint8_t q2[RSA3072_SIZE];
    uint32_t miscselect;
    uint32_t misc_mask;
    uint8_t cet_attributes;
    uint8_t cet_mask;
    uint8_t isv_family_id[SGX_PRODUCT_ID_SIZE];
    uint8_t isv_ext_prod_id[SGX_PRODUCT_ID_SIZE];
    struct sgx_attributes attributes;
    struct sgx_attributes attribute_mask;
    uint8_t enclave_hash[SGX_HASH_SIZE];
    uint16_t isv_prod_id;
    uint16_t isv_svn;
};

/**
 * sgx_sigstruct_parse() - decode and check the constants
 * Return: SGX_SUCCESS; SGX_INVALID_SIG_STRUCT when HEADER, HEADER2, VENDOR, TYPE, EXPONENT or a
 * reserved byte does not have a value that the manual allows. The signature is not verified.
 */
enum sgx_status sgx_sigstruct_parse(const uint8_t wire[static SGX_SIGSTRUCT_SIZE],
                                    struct sgx_sigstruct *ret);

void sgx_sigstruct_render(const struct sgx_sigstruct *s,
                          uint8_t ret_wire[static SGX_SIGSTRUCT_SIZE]);

/** sgx_sigstruct_digest() - SHA-256 of the signed bytes: [0, 128) and [900, 1028) */
void sgx_sigstruct_digest(const uint8_t wire[static SGX_SIGSTRUCT_SIZE],
                          uint8_t ret_digest[static SHA256_SIZE]);

/** sgx_sigstruct_verify() - are the RSA signature, Q1 and Q2 correct */
bool sgx_sigstruct_verify(const uint8_t wire[static SGX_SIGSTRUCT_SIZE]);

/** sgx_sigstruct_vendor() - the VENDOR field, which Linux checks before EINIT */
uint32_t sgx_sigstruct_vendor(const uint8_t wire[static SGX_SIGSTRUCT_SIZE]);

/** sgx_sigstruct_demands() - the bits of ATTRIBUTES and MISCSELECT that the signature requires an
 *  enclave to have set: value and mask. Nothing else of @wire is checked. */
void sgx_sigstruct_demands(const uint8_t wire[static SGX_SIGSTRUCT_SIZE],
                           struct sgx_attributes *ret_attributes, uint32_t *ret_miscselect);

/** sgx_sigstruct_mrsigner() - MRSIGNER: SHA-256 of the modulus as stored */
void sgx_sigstruct_mrsigner(const uint8_t wire[static SGX_SIGSTRUCT_SIZE],
                            uint8_t ret_mrsigner[static SGX_HASH_SIZE]);

#endif
