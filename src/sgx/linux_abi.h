/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/linux_abi.h: the ABI of /dev/sgx_enclave and of the vDSO function, after Linux
 * (arch/x86/include/uapi/asm/sgx.h of 6.x). It is defined here because the system's header may be
 * absent or old.
 */
#ifndef COFFER_SGX_LINUX_ABI_H
#define COFFER_SGX_LINUX_ABI_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define SGX_IOC_CREATE               UINT32_C(0x4008a400)
#define SGX_IOC_ADD_PAGES            UINT32_C(0xc030a401)
#define SGX_IOC_INIT                 UINT32_C(0x4008a402)
#define SGX_IOC_PROVISION            UINT32_C(0x4008a403)
#define SGX_IOC_VEPC_REMOVE_ALL      UINT32_C(0x0000a404)
#define SGX_IOC_RESTRICT_PERMISSIONS UINT32_C(0xc028a405)
#define SGX_IOC_MODIFY_TYPES         UINT32_C(0xc028a406)
#define SGX_IOC_REMOVE_PAGES         UINT32_C(0xc018a407)

#define SGX_ADD_PAGES_MEASURE UINT64_C(1)

struct sgx_ioc_create {
    uint64_t src; /* address of SGX_SECS_SIZE bytes */
};

struct sgx_ioc_add_pages {
    uint64_t src;     /* address, page aligned */
    uint64_t offset;  /* bytes from the enclave's base */
    uint64_t length;  /* bytes, a multiple of a page */
    uint64_t secinfo; /* address of SGX_SECINFO_SIZE bytes */
    uint64_t flags;   /* SGX_ADD_PAGES_MEASURE */
    uint64_t count;   /* out: bytes added */
};

struct sgx_ioc_init {
    uint64_t sigstruct; /* address of SGX_SIGSTRUCT_SIZE bytes */
};

struct sgx_ioc_provision {
    uint64_t fd; /* of /dev/sgx_provision */
};

struct sgx_ioc_restrict_permissions {
    uint64_t offset;
    uint64_t length;
    uint64_t permissions; /* SGX_SECINFO_R, _W, _X */
    uint64_t result;      /* out: code of EMODPR */
    uint64_t count;       /* out: bytes */
};

struct sgx_ioc_modify_types {
    uint64_t offset;
    uint64_t length;
    uint64_t page_type; /* SGX_PT_TCS or SGX_PT_TRIM */
    uint64_t result;    /* out: code of EMODT */
    uint64_t count;     /* out: bytes */
};

struct sgx_ioc_remove_pages {
    uint64_t offset;
    uint64_t length;
    uint64_t count; /* out: bytes */
};

/** struct sgx_enclave_run - input and output of the vDSO function; reserved must be zero */
struct sgx_enclave_run {
    uint64_t tcs;
    uint32_t function; /* out: SGX_EEXIT, or the leaf that faulted */
    uint16_t exception_vector;
    uint16_t exception_error_code;
    uint64_t exception_addr;
    uint64_t user_handler; /* sgx_enclave_exit_handler or 0 */
    uint64_t user_data;
    uint8_t reserved[216];
};

static_assert(sizeof(struct sgx_ioc_add_pages) == 48, "linux uapi");
static_assert(sizeof(struct sgx_ioc_restrict_permissions) == 40, "linux uapi");
static_assert(sizeof(struct sgx_ioc_modify_types) == 40, "linux uapi");
static_assert(sizeof(struct sgx_ioc_remove_pages) == 24, "linux uapi");
static_assert(sizeof(struct sgx_enclave_run) == 256, "linux uapi");

/** sgx_enclave_exit_handler - called on the untrusted stack after EEXIT or a fault. A positive
 * result is the next ENCLU leaf; the vDSO function returns any other. */
typedef int (*sgx_enclave_exit_handler)(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                                        struct sgx_enclave_run *run);

/** sgx_enter_enclave_fn - __vdso_sgx_enter_enclave. Return: 0; -EINVAL for an invalid @function or
 *  struct sgx_enclave_run. */
typedef int (*sgx_enter_enclave_fn)(unsigned long rdi, unsigned long rsi, unsigned long rdx,
                                    unsigned int function, unsigned long r8, unsigned long r9,
                                    struct sgx_enclave_run *run);

#endif
