/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer/sdk_enclave.h: the trusted half. An enclave is C built with
 *
 *     -ffreestanding -fPIE -ftls-model=local-exec -fvisibility=hidden
 *     -nostdlib -static-pie -Wl,-e,coffer_enclave_entry -Wl,-z,max-page-size=4096
 *
 * and linked with libcoffer-enclave.a. There is no libc: besides the functions of this header the
 * runtime defines memcpy, memmove, memset, memcmp and strlen, which compilers call on their own.
 * __thread works, stack protection works, constructors do not run. CPUID, SYSCALL and RDTSC are
 * illegal in an enclave.
 *
 * Trust: everything outside may lie and may change memory at any time. A call's argument bytes are
 * copied into the enclave before the handler sees them and copied out after it returns, so a
 * handler works on memory that nobody else can touch. Pointers inside the bytes are the handler's
 * own risk.
 */
#ifndef COFFER_SDK_ENCLAVE_H
#define COFFER_SDK_ENCLAVE_H

#include <stdbool.h>

#include "coffer/sdk.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * coffer_ecall_fn - handles one call into the enclave
 * @data: @size bytes of the caller, a private copy aligned to 16; copied back when it returns
 * @size: bytes, at most COFFER_CALL_SIZE_MAX; may be 0 with @data NULL
 * Return: given to the caller as it is.
 */
typedef int64_t (*coffer_ecall_fn)(void *data, size_t size);

/** coffer_ecalls, coffer_ecall_count - the enclave defines its entry points; NULL rows are refused
 */
extern const coffer_ecall_fn coffer_ecalls[];
extern const size_t coffer_ecall_count;

/**
 * coffer_ocall() - call function @index of the host's table and wait for it
 * @data: @size bytes inside the enclave, copied out for the host and back in afterwards; what comes
 *        back is as untrusted as the rest of the host
 * @ret_result: the host's return value; untrusted
 * Return: COFFER_OK; COFFER_TOO_LARGE when the host lent less for this call; COFFER_NO_SUCH_CALL;
 * COFFER_BUSY from an exception handler.
 */
enum coffer_status coffer_ocall(uint32_t index, void *data, size_t size, int64_t *ret_result);

/** coffer_alloc() - @size bytes of the enclave's heap, zeroed, aligned to 16. Return: NULL when the
 *  heap is full. Thread-safe. Give back with coffer_free(). */
void *coffer_alloc(size_t size);

/** coffer_free() - wipe and give back; NULL is ignored. A pointer that is none of coffer_alloc()
 *  aborts the enclave. */
void coffer_free(void *memory);

/** coffer_is_inside() - do @size bytes at @address lie in the enclave, all of them */
bool coffer_is_inside(const void *address, size_t size);

/** coffer_is_outside() - do they lie outside, all of them. An empty range is outside anywhere. */
bool coffer_is_outside(const void *address, size_t size);

/** coffer_random() - @size bytes of RDRAND. The enclave aborts when the processor gives none. */
void coffer_random(void *ret, size_t size);

/** coffer_wipe() - zero @size bytes, also when nobody reads them again */
void coffer_wipe(void *memory, size_t size);

/** coffer_equal() - compare secrets in a time that depends on @size alone */
bool coffer_equal(const void *a, const void *b, size_t size);

/** coffer_sha256() - SHA-256 of @size bytes at @data */
void coffer_sha256(const void *data, size_t size, uint8_t ret_digest[COFFER_HASH_SIZE]);

/** coffer_abort() - kill the enclave: no call enters it any more; every caller gets COFFER_DEAD */
__attribute__((__noreturn__)) void coffer_abort(void);

/* Reports: EREPORT and the REPORT key. */

/** struct coffer_identity - who made a report */
struct coffer_identity {
    uint8_t mrenclave[COFFER_HASH_SIZE]; /* the code */
    uint8_t mrsigner[COFFER_HASH_SIZE];  /* the signer's key */
    uint16_t product_id;
    uint16_t svn;
    bool is_debug; /* its memory is open to a debugger: it keeps no secret */
};

/**
 * coffer_report() - a report of this enclave that the enclave described by @target can check
 * @data: bytes that the report binds, at the maker's choice
 * Return: COFFER_OK; COFFER_MALFORMED for a @target with reserved bytes set.
 */
enum coffer_status coffer_report(const uint8_t target[COFFER_TARGET_SIZE],
                                 const uint8_t data[COFFER_REPORT_DATA_SIZE],
                                 uint8_t ret_report[COFFER_REPORT_SIZE]);

/** coffer_target_self() - the TARGETINFO by which others make reports for this enclave */
void coffer_target_self(uint8_t ret_target[COFFER_TARGET_SIZE]);

/** coffer_target_of() - the TARGETINFO of the enclave that made @report, to answer it */
void coffer_target_of(const uint8_t report[COFFER_REPORT_SIZE],
                      uint8_t ret_target[COFFER_TARGET_SIZE]);

/**
 * coffer_report_verify() - was @report made for this enclave, on this platform, and by whom
 * @ret_data: the 64 bytes that it binds
 * Return: COFFER_OK and both results; COFFER_NOT_AUTHENTIC otherwise.
 */
enum coffer_status coffer_report_verify(const uint8_t report[COFFER_REPORT_SIZE],
                                        struct coffer_identity *ret_identity,
                                        uint8_t ret_data[COFFER_REPORT_DATA_SIZE]);

/** coffer_identity_self() - who this enclave is */
void coffer_identity_self(struct coffer_identity *ret);

/**
 * coffer_key() - EGETKEY
 * @request: 512 bytes of KEYREQUEST
 * Return: 0 and 16 bytes; otherwise SGX's code, e.g. 32 for a CPUSVN above the platform's.
 * A request with reserved bits set faults, as the instruction does.
 */
int coffer_key(const uint8_t request[512], uint8_t ret_key[16]);

/* Sealing: data that only this enclave, on this machine, can read again. */

/** enum coffer_seal_to - who can unseal; the two can be combined, then both must match */
enum coffer_seal_to {
    COFFER_SEAL_ENCLAVE = 1, /* exactly this code */
    COFFER_SEAL_SIGNER =
        2, /* any enclave of the signer with this product id and at least this SVN */
};

enum {
    COFFER_SEAL_OVERHEAD = 160, /* bytes by which sealed data is longer than its two parts */
};

/**
 * coffer_seal() - encrypt and authenticate with AES-128-GCM under a key of EGETKEY that no other
 * blob has
 * @to:         set of enum coffer_seal_to, not empty
 * @label:      @label_size bytes that are authenticated and stay readable; may be NULL when 0
 * @ret_sealed: COFFER_SEAL_OVERHEAD + @label_size + @size bytes, inside or outside
 * Return: COFFER_OK; COFFER_TOO_LARGE when a size is above 2^32 - 1; COFFER_MALFORMED for a bad
 * @to; COFFER_NO_MEMORY.
 */
enum coffer_status coffer_seal(unsigned to, const void *label, size_t label_size,
                               const void *secret, size_t size, void *ret_sealed);

/**
 * coffer_sealed_sizes() - how much is in a blob; says nothing about its authenticity
 * Return: COFFER_OK; COFFER_MALFORMED when @sealed is none or is cut.
 */
enum coffer_status coffer_sealed_sizes(const void *sealed, size_t sealed_size,
                                       size_t *ret_label_size, size_t *ret_size);

/**
 * coffer_unseal() - the inverse of coffer_seal()
 * @sealed: inside the enclave (copy it in first), @sealed_size bytes
 * @ret_label, @ret_secret: as many bytes as coffer_sealed_sizes() said; @ret_label may be NULL
 * Return: COFFER_OK; COFFER_MALFORMED; COFFER_NOT_AUTHENTIC when one bit differs or the data was
 * sealed by another enclave, signer or machine; COFFER_REFUSED when it needs a newer SVN.
 */
enum coffer_status coffer_unseal(const void *sealed, size_t sealed_size, void *ret_label,
                                 void *ret_secret);

/* Exceptions inside the enclave. */

/** struct coffer_exception - an exception and the registers at it, which a handler may change */
struct coffer_exception {
    unsigned vector;  /* 6 #UD, 13 #GP, 14 #PF, ... */
    uint64_t address; /* #PF: the address of the access; 0 without "exinfo = yes" in the manifest */
    uint32_t error_code; /* #PF, #GP: the same */
    uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags, rip;
};

/** coffer_exception_fn - Return: true to go on with the registers in @e, false to abort. Runs on a
 *  small stack of its own; coffer_ocall() is not possible, and an exception inside is fatal. */
typedef bool (*coffer_exception_fn)(struct coffer_exception *e);

/** coffer_on_exception() - handler for the whole enclave; NULL takes it away */
void coffer_on_exception(coffer_exception_fn handler);

#ifdef __cplusplus
}
#endif

#endif
