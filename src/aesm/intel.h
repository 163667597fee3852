/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/intel.h: quotes by Intel's DCAP quote library, loaded at run time and called in this
 * process. It finds its platform provider (Intel's, or the Azure DCAP client under the same name)
 * by itself.
 */
#ifndef COFFER_AESM_INTEL_H
#define COFFER_AESM_INTEL_H

#include "aesm/backend.h"

#define INTEL_QUOTE_LIBRARY "libsgx_dcap_ql.so.1"

/** SGX_QL_*: quote3_error_t of Intel's library is 0 or 0xE001 and up */
enum {
    INTEL_ERROR_BASE = 0xe000,
};

/**
 * aesm_intel_backend_new() - nothing is loaded yet: the first call does it, in the backend's
 * thread, and again after a failure, so that a library or device that comes later is found
 * @pccs_url:  of the PCCS for Intel's provider library, handed to it in a configuration file of our
 *             own (QCNL_CONF_PATH); NULL leaves its configuration alone
 * @state_dir: where that file is written
 * @ret:       release with aesm_backend_done()
 */
NODISCARD int aesm_intel_backend_new(const char *pccs_url, const char *state_dir,
                                     struct aesm_backend *ret, struct err *err);

/** aesm_intel_error_code() - the AESM code for a quote3_error_t, as aesmd maps it and a little
 * finer */
uint32_t aesm_intel_error_code(uint32_t error);

/** aesm_intel_error_remedy() - what failed and what to do about it, one sentence */
const char *aesm_intel_error_remedy(uint32_t error);

#endif
