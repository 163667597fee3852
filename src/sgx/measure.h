/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/measure.h: MRENCLAVE (SDM 36.4.1). It is the SHA-256 of a 64-byte record for each ECREATE,
 * EADD and EEXTEND; the record of an EEXTEND is followed by the 256 bytes that it measures.
 */
#ifndef COFFER_SGX_MEASURE_H
#define COFFER_SGX_MEASURE_H

#include <assert.h>

#include "crypto_bare/sha256.h"
#include "sgx/secinfo.h"

/** struct sgx_measure - in the caller's storage; may be copied to get an intermediate value */
struct sgx_measure {
    struct sha256 sha;
};

/** sgx_measure_create() - begin, with the record of ECREATE. @size: bytes; @ssa_frame_size:
 *  pages */
void sgx_measure_create(struct sgx_measure *m, uint32_t ssa_frame_size, uint64_t size);

/** sgx_measure_add() - the record of EADD. @offset: bytes from SECS.BASE, a multiple of a page */
void sgx_measure_add(struct sgx_measure *m, uint64_t offset, struct sgx_secinfo secinfo);

/** sgx_measure_extend() - EEXTEND of one chunk. @offset: bytes from SECS.BASE */
void sgx_measure_extend(struct sgx_measure *m, uint64_t offset,
                        const uint8_t chunk[static SGX_CHUNK_SIZE]);

/** sgx_measure_extend_page() - the 16 EEXTENDs of a page, in order, without a copy of its bytes */
void sgx_measure_extend_page(struct sgx_measure *m, uint64_t offset,
                             const uint8_t page[static SGX_PAGE_SIZE]);

/** sgx_measure_final() - the MRENCLAVE that EINIT compares; @m is wiped */
void sgx_measure_final(struct sgx_measure *m, uint8_t ret_mrenclave[static SGX_HASH_SIZE]);

#endif
