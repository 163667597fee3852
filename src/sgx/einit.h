/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/einit.h: EINIT (SDM 36.3) gives a measured enclave the identity that its SIGSTRUCT names. */
#ifndef COFFER_SGX_EINIT_H
#define COFFER_SGX_EINIT_H

#include "sgx/secs.h"
#include "sgx/sigstruct.h"

/**
 * sgx_einit() - check SIGSTRUCT and set the identity
 * @secs:      from ECREATE; on success INIT, MRENCLAVE, MRSIGNER, ISVPRODID, ISVSVN and the product
 *             ids are set, otherwise it is unchanged
 * @mrenclave: the final measurement
 * @sigstruct: SGX_SIGSTRUCT_SIZE untrusted bytes
 * @launch:    the key hash in IA32_SGXLEPUBKEYHASH, or NULL when the kernel writes it itself
 *             (flexible launch control: every signer runs)
 * Return: SGX_SUCCESS; checked in this order: SGX_INVALID_SIG_STRUCT, SGX_INVALID_SIGNATURE,
 * SGX_INVALID_EINITTOKEN, SGX_INVALID_MEASUREMENT, SGX_INVALID_ATTRIBUTE (masked ATTRIBUTES, XFRM
 * or MISCSELECT differ, or KSS fields without KSS).
 */
enum sgx_status sgx_einit(struct sgx_secs *secs, const uint8_t mrenclave[static SGX_HASH_SIZE],
                          const uint8_t sigstruct[static SGX_SIGSTRUCT_SIZE],
                          const uint8_t *launch);

#endif
