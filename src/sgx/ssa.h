/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/ssa.h: the state save area (SDM 35.9). A frame is SSAFRAMESIZE pages: the XSAVE image in
 * standard format at its start, GPRSGX in its last 184 bytes, and EXINFO right before that when
 * MISCSELECT[0] is set. GPRSGX and EXINFO are plain structures, because they are only used in
 * memory.
 */
#ifndef COFFER_SGX_SSA_H
#define COFFER_SGX_SSA_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct sgx_gprsgx {
    uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags, rip;
    uint64_t ursp, urbp;
    uint32_t exitinfo; /* vector [7:0], type [10:8], valid [31] */
    uint8_t reserved[3];
    uint8_t aexnotify; /* SGX_GPRSGX_AEXNOTIFY; only the enclave sets it */
    uint64_t fsbase, gsbase;
};

struct sgx_exinfo {
    uint64_t maddr; /* CR2 of a #PF; 0 for #GP */
    uint32_t errcd;
    uint32_t reserved;
};

enum {
    SGX_GPRSGX_SIZE = 184,
    SGX_GPRSGX_AEXNOTIFY = 1, /* ERESUME of this frame notifies the enclave */
    SGX_EXINFO_SIZE = 16,
    SGX_XSAVE_LEGACY_SIZE = 576, /* legacy region and header */

    SGX_EXITINFO_HARDWARE = 3 << 8,
    SGX_EXITINFO_SOFTWARE = 6 << 8,
};
#define SGX_EXITINFO_VALID UINT32_C(0x80000000)

static_assert(sizeof(struct sgx_gprsgx) == SGX_GPRSGX_SIZE, "SDM 35.9.1");
static_assert(offsetof(struct sgx_gprsgx, r8) == 64, "SDM 35.9.1");
static_assert(offsetof(struct sgx_gprsgx, rip) == 136, "SDM 35.9.1");
static_assert(offsetof(struct sgx_gprsgx, exitinfo) == 160, "SDM 35.9.1");
static_assert(offsetof(struct sgx_gprsgx, aexnotify) == 167, "SDM 35.9.1");
static_assert(offsetof(struct sgx_gprsgx, fsbase) == 168, "SDM 35.9.1");
static_assert(sizeof(struct sgx_exinfo) == SGX_EXINFO_SIZE, "SDM 35.9.2");

/**
 * sgx_ssa_exitinfo() - EXITINFO of an exception vector; 0 when the processor does not record it
 * @vector: 0 to 31; #DE, #DB, #BP, #BR, #UD, #MF, #AC and #XM are always recorded
 * @miscselect: #GP and #PF are recorded only with SGX_MISC_EXINFO
 */
uint32_t sgx_ssa_exitinfo(unsigned vector, uint32_t miscselect);

/**
 * sgx_ssa_xsave_size() - bytes of the XSAVE area in standard format for @xfrm, with Intel's offsets
 * Return: 0 when @xfrm has a bit that no processor with SGX defines.
 */
uint32_t sgx_ssa_xsave_size(uint64_t xfrm);

#endif
