/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/qe_keys.h: the software quoting enclave's keys and certificate chain, kept in one file that
 * is sealed with AES-GCM under the enclave's MRSIGNER seal key. Only a process that has the node's
 * secret can open it.
 *
 * The file: "coffer-qe-keys-1" | KEYID 32 | IV 12 | tag 16 | sealed: attestation key 32, PCK key
 * 32, PCK chain (PEM).
 */
#ifndef COFFER_AESM_QE_KEYS_H
#define COFFER_AESM_QE_KEYS_H

#include "aesm/software_qe.h"
#include "sgx/keys.h"

enum {
    QE_KEYS_QE_ID_SIZE = 16,
};

/** struct qe_keys - release with qe_keys_done() */
struct qe_keys {
    struct ec_key *attestation;
    struct ec_key *pck;
    struct buf chain; /* PEM: PCK certificate, CA, root; without a NUL */
    uint8_t qe_id[QE_KEYS_QE_ID_SIZE];
};

/**
 * qe_keys_open() - read the file, or make keys, certify and seal them
 * @ret: written also after a failure; release it
 * Return: 0; -EKEYREJECTED when the file cannot be unsealed; another errno.
 */
NODISCARD int qe_keys_open(const struct software_qe_options *options,
                           const struct sgx_platform *platform, const struct sgx_secs *secs,
                           struct qe_keys *ret, struct err *err);
void qe_keys_done(struct qe_keys *keys);

#endif
