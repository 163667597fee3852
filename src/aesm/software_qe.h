/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/software_qe.h: the software platform's quoting and certification enclaves. Reports are
 * checked with the QE's own report key, as EGETKEY gives it on this node; quotes are version 3,
 * ECDSA on P-256, with the PCK chain of the installation's own authority. What they attest is worth
 * what the node's secret is: nothing against somebody who can read it.
 */
#ifndef COFFER_AESM_SOFTWARE_QE_H
#define COFFER_AESM_SOFTWARE_QE_H

#include "aesm/backend.h"
#include "software/secret.h"
#include "software/authority.h"

#define SOFTWARE_QE_FILE "quoting-enclave.sealed" /* in the state directory */

/** struct software_qe_options - everything is borrowed for the call */
struct software_qe_options {
    const char *state_dir;                /* where the sealed keys are kept; made when missing */
    const struct software_secret *secret; /* the node's */
    const struct software_authority *ca;  /* certifies a new node; asked only when needed */
    enum software_issuer issuer;
    int64_t now_s;
};

/**
 * software_qe_new() - open the sealed attestation and PCK keys, or make them
 *
 * Keys exist only after their sealed file is on disk, so a crash at any instant loses none that has
 * signed. Another authority, or the other issuer, gets the node certified anew with the keys it
 * has. A file sealed by another node secret is refused with -EKEYREJECTED, a damaged one too.
 *
 * @ret: release with aesm_backend_done()
 */
NODISCARD int software_qe_new(const struct software_qe_options *options, struct aesm_backend *ret,
                              struct err *err);

#endif
