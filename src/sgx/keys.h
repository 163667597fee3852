/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/keys.h: EGETKEY and EREPORT. The dependencies of each key are those of SDM 36.4 (EGETKEY,
 * table of key derivation). Hardware derives keys by AES-CMAC under fused keys; here AES-CMAC is
 * under a key that is made from the node's fuse. So the keys of a node are the same in every
 * process and container that has the fuse, and differ from those of any other node.
 */
#ifndef COFFER_SGX_KEYS_H
#define COFFER_SGX_KEYS_H

#include "sgx/keyrequest.h"
#include "sgx/report.h"
#include "sgx/secs.h"

enum {
    SGX_FUSE_SIZE = 32,        /* bytes */
    SGX_OWNER_EPOCH_SIZE = 16, /* bytes */
};

/** struct sgx_platform - the secret and the versions of a node; with it every key of the node can
 * be made */
struct sgx_platform {
    uint8_t fuse[SGX_FUSE_SIZE];
    uint8_t cpusvn[SGX_CPUSVN_SIZE];
    uint8_t owner_epoch[SGX_OWNER_EPOCH_SIZE];
};

/**
 * sgx_egetkey() - the key that @request names, for the enclave @secs
 * @request: SGX_KEYREQUEST_SIZE bytes, untrusted
 * @ret_key: written only on success
 * Return: SGX_SUCCESS; SGX_INVALID_ATTRIBUTE (EINITTOKEN or PROVISION keys without the attribute),
 * SGX_INVALID_CPUSVN (a byte is higher than the platform's), SGX_INVALID_ISVSVN (ISVSVN or
 * CONFIGSVN is higher than the enclave's), SGX_INVALID_KEYNAME; SGX_FAULT_GP (reserved bits, or
 * policy bits and CONFIGSVN of KSS without ATTRIBUTES.KSS). The caller checks alignment and address
 * ranges.
 */
enum sgx_status sgx_egetkey(const struct sgx_platform *platform, const struct sgx_secs *secs,
                            const uint8_t request[static SGX_KEYREQUEST_SIZE],
                            uint8_t ret_key[static SGX_KEY_SIZE]);

/**
 * sgx_ereport() - a report of @secs for @target
 * @target: SGX_TARGETINFO_SIZE bytes, untrusted
 * Return: SGX_SUCCESS and @ret_report; SGX_FAULT_GP when a reserved byte of @target is set. The
 * caller checks alignment and address ranges.
 */
enum sgx_status sgx_ereport(const struct sgx_platform *platform, const struct sgx_secs *secs,
                            const uint8_t target[static SGX_TARGETINFO_SIZE],
                            const uint8_t report_data[static SGX_REPORT_DATA_SIZE],
                            uint8_t ret_report[static SGX_REPORT_SIZE]);

/** sgx_keys_report() - the REPORT key of @target with @key_id, which authenticates reports for
 *  it */
void sgx_keys_report(const struct sgx_platform *platform, const struct sgx_targetinfo *target,
                     const uint8_t key_id[static SGX_KEYID_SIZE],
                     uint8_t ret_key[static SGX_KEY_SIZE]);

/** sgx_keys_report_mac() - the MAC of a report's body */
void sgx_keys_report_mac(const uint8_t key[static SGX_KEY_SIZE],
                         const uint8_t body[static SGX_REPORT_BODY_SIZE],
                         uint8_t ret_mac[static SGX_MAC_SIZE]);

/** sgx_keys_report_verify() - was @report made on @platform for @target; compares in constant
 *  time */
bool sgx_keys_report_verify(const struct sgx_platform *platform,
                            const struct sgx_targetinfo *target,
                            const uint8_t report[static SGX_REPORT_SIZE]);

/** sgx_keys_target_of() - the TARGETINFO for reports to the enclave @secs */
void sgx_keys_target_of(const struct sgx_secs *secs, struct sgx_targetinfo *ret);

#endif
