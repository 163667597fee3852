/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/load.h: the checks of ECREATE and EADD (SDM 36.3), which fault and return no code. */
#ifndef COFFER_SGX_LOAD_H
#define COFFER_SGX_LOAD_H

#include "sgx/measure.h"
#include "sgx/page_table.h"
#include "sgx/secs.h"
#include "sgx/tcs.h"

/** struct sgx_cpu - the SGX capabilities that CPUID leaf 0x12 reports */
struct sgx_cpu {
    uint64_t attributes; /* settable ATTRIBUTES.FLAGS bits */
    uint64_t xfrm;       /* settable XFRM bits */
    uint32_t miscselect; /* settable MISCSELECT bits */
    uint8_t size_log2;   /* largest enclave in 64-bit mode */
    bool has_sgx2;
};

/** SGX_CPU_SOFTWARE - the software platform's processor: DEBUG, MODE64BIT, PROVISIONKEY,
 *  EINITTOKENKEY, KSS, AEXNOTIFY, AVX state, EXINFO, 64 GiB, SGX2 */
#define SGX_CPU_SOFTWARE                                                                           \
    ((struct sgx_cpu){.attributes = SGX_ATTRIBUTE_DEBUG | SGX_ATTRIBUTE_MODE64BIT |                \
                                    SGX_ATTRIBUTE_PROVISIONKEY | SGX_ATTRIBUTE_EINITTOKENKEY |     \
                                    SGX_ATTRIBUTE_KSS | SGX_ATTRIBUTE_AEXNOTIFY,                   \
                      .xfrm = SGX_XFRM_AVX,                                                        \
                      .miscselect = SGX_MISC_EXINFO,                                               \
                      .size_log2 = 36,                                                             \
                      .has_sgx2 = true})

/**
 * sgx_ecreate() - does ECREATE accept this SECS
 * Return: SGX_SUCCESS; SGX_FAULT_GP: size not a power of two, below two pages or too large, base
 * not a multiple of size, a frame too small for XSAVE + EXINFO + GPRSGX, XFRM without x87 and SSE,
 * a bit that @cpu does not have, MODE64BIT absent, INIT set.
 */
enum sgx_status sgx_ecreate(const struct sgx_cpu *cpu, const struct sgx_secs *secs);

/**
 * sgx_eadd() - add one page to the table; the caller copies and measures the bytes
 * @page: SGX_PAGE_SIZE source bytes, read for a TCS only
 * Return: SGX_SUCCESS; SGX_FAULT_GP: outside the enclave, unaligned, a type other than REG and TCS,
 * W without R, a bad TCS; SGX_FAULT_PF: a page is already there.
 * A TCS gets no permissions and the cap RW, as in Linux.
 */
enum sgx_status sgx_eadd(struct sgx_page_table *t, uint64_t address, struct sgx_secinfo secinfo,
                         const uint8_t *page);

#endif
