/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/signature.h: makes the SIGSTRUCT of an image. */
#ifndef COFFER_SDK_SIGNATURE_H
#define COFFER_SDK_SIGNATURE_H

#include "crypto/rsa.h"
#include "sdk/image.h"

/** struct sdk_signing - the signed values besides the settings */
struct sdk_signing {
    const struct sdk_settings *settings;
    const uint8_t *mrenclave; /* SGX_HASH_SIZE bytes */
    int64_t date_s;           /* seconds since the epoch, UTC */
};

/**
 * sdk_sign() - sign an image. ATTRIBUTES, XFRM and MISCSELECT have full masks, so the enclave runs
 * exactly as its manifest says or not at all. Return: 0; -ERANGE for a year beyond 9999; errors of
 * rsa_signer_sign().
 */
NODISCARD int sdk_sign(const struct sdk_signing *signing, struct rsa_signer *signer,
                       uint8_t ret_sigstruct[static SGX_SIGSTRUCT_SIZE], struct err *err);

#endif
