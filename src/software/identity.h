/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software/identity.h: what makes the software platform recognisable. Every name and
 * number that a quote of it carries, and that its collateral repeats, is here.
 */
#ifndef COFFER_SOFTWARE_IDENTITY_H
#define COFFER_SOFTWARE_IDENTITY_H

#include <stdint.h>

enum {
    SOFTWARE_FMSPC_SIZE = 6,
    SOFTWARE_HASH_SIZE = 32,

    SOFTWARE_PCESVN = 1,
    SOFTWARE_COMPONENT_SVN = 1, /* each byte of a new node's CPUSVN */
    SOFTWARE_QE_PRODUCT = 1,
    SOFTWARE_QE_SVN = 1,
    SOFTWARE_TCB_EVALUATION_NUMBER = 1,
};

/** In every subject and issuer name. */
#define SOFTWARE_ORGANIZATION "Coffer Software Platform"

/** Verifiers look for the phrases after "Coffer" as a part of the common name. */
#define SOFTWARE_CN_ROOT      "Coffer SGX Root CA"
#define SOFTWARE_CN_PLATFORM  "Coffer SGX PCK Platform CA"
#define SOFTWARE_CN_PROCESSOR "Coffer SGX PCK Processor CA"
#define SOFTWARE_CN_PCK       "Coffer SGX PCK Certificate"
#define SOFTWARE_CN_SIGNING   "Coffer SGX TCB Signing"

/** A name that never resolves (RFC 2606): no verifier may fetch a test CRL from somewhere. */
#define SOFTWARE_CRL_URL "https://software-platform.invalid/sgx/certification/v4/rootcacrl"

/** SOFTWARE_FMSPC - "COFFER" */
extern const uint8_t SOFTWARE_FMSPC[SOFTWARE_FMSPC_SIZE];

/** SOFTWARE_QE_MRENCLAVE - SHA-256 of "coffer software platform quoting enclave" */
extern const uint8_t SOFTWARE_QE_MRENCLAVE[SOFTWARE_HASH_SIZE];

/** SOFTWARE_QE_MRSIGNER - SHA-256 of "coffer software platform quoting enclave signer" */
extern const uint8_t SOFTWARE_QE_MRSIGNER[SOFTWARE_HASH_SIZE];

#endif
