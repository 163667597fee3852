/* SPDX-License-Identifier: Apache-2.0 */
/* host.h: loads the enclave of enclave.S with ioctls and enters it with the vDSO function. */
#ifndef COFFER_TESTS_ABI_HOST_H
#define COFFER_TESTS_ABI_HOST_H

#include <stdbool.h>

#include "abi.h"
#include "check.h"
#include "sgx/linux_abi.h"
#include "sgx/measure.h"
#include "sgx/secs.h"
#include "sgx/sigstruct.h"
#include "sgx/tcs.h"

#define PAGE         4096
#define FLAG_DF      UINT64_C(0x400)
#define FLAG_RF      UINT64_C(0x10000)
#define FLAG_AC      UINT64_C(0x40000)
#define FLAGS_STATUS UINT64_C(0x8d5)

/* an address that is not mapped; NULL may be, with --tier=call */
#define NOWHERE ((void *)0x2000)

#define REG(state) (SGX_SECINFO_PT(SGX_PT_REG) | (state))

/** struct abi - an enclave that is being loaded; a test may change @secs and @signature */
struct abi {
    int fd;
    uint8_t *base;
    struct sgx_secs secs;
    struct sgx_sigstruct signature;
    struct sgx_measure measure;
    uint64_t tcs_flags;
    uint8_t sigstruct[SGX_SIGSTRUCT_SIZE];
};

/** struct abi_seen - registers after the vDSO function; enter.S has the offsets */
struct abi_seen {
    uint64_t rbx, rbp, rsp, r[8], rflags, rcx;
    uint32_t mxcsr;
    uint16_t fcw, fsw;
    uint64_t pad[2];
    uint64_t ymm[16][4];
};

/** struct abi_saw - arguments and registers of the user handler in enter.S */
struct abi_saw {
    uint64_t rdi, rsi, rdx, ursp, r8, r9, run, rsp, rflags;
};

extern const uint8_t abi_code_begin[], abi_code_end[], abi_leave[], abi_enclu[], abi_xgetbv[];
extern const uint8_t abi_state_ud[], abi_state_loop[];
extern struct abi_saw abi_saw;
extern uint64_t abi_gives[5];
extern int (*abi_decide)(struct sgx_enclave_run *run);

int abi_enter(uint64_t operands[6], unsigned leaf, struct sgx_enclave_run *run, uintptr_t function,
              struct abi_seen *seen);
int abi_exit_handler(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                     struct sgx_enclave_run *run);
void abi_raw(uint64_t leaf, uint64_t rbx, uint64_t aep);
uint64_t abi_raw_enter(uint64_t tcs, uint64_t operation);
void abi_clear_ac(void);
extern const uint8_t abi_raw_site[], abi_raw_aep[];

/** abi_open() - open the device, reserve a range, prepare @secs and @signature */
void abi_open(struct abi *a);

/** These return 0 or -errno. abi_add() measures; abi_add_raw() does not, and takes any numbers. */
int abi_create(const struct abi *a);
int abi_add(struct abi *a, uint64_t offset, const void *page, uint8_t type, uint8_t permissions);
int abi_add_raw(const struct abi *a, uint64_t src, uint64_t offset, uint64_t length,
                uint64_t secinfo_flags);
int abi_init(struct abi *a);

void abi_add_all(struct abi *a);

/** abi_sign() - render @signature with the current measurement, and sign it */
void abi_sign(struct abi *a);

/** abi_resign() - sign @sigstruct as it is */
void abi_resign(struct abi *a);

void abi_map_all(const struct abi *a);

/** abi_load() - load a complete enclave after abi_open() */
void abi_load(struct abi *a);

/** run_with() - call the vDSO function with @run. Return: its result. */
int run_with(struct sgx_enclave_run *run, unsigned leaf, uint64_t operands[6],
             struct abi_seen *seen);

/** enter_as() - enter thread @thread with the vDSO function, which must return 0; answers in
 * @operands */
struct sgx_enclave_run enter_as(const struct abi *a, unsigned thread, unsigned leaf,
                                uint64_t operands[6]);

#define ENTER(a, ...)  enter_as(a, 0, SGX_EENTER, (uint64_t[6]){__VA_ARGS__})
#define RESUME(a, ...) enter_as(a, 0, SGX_ERESUME, (uint64_t[6]){__VA_ARGS__})

#define expect_exit(run) expect_equal((run).function, SGX_EEXIT)
#define expect_fault(run, leaf, vector, error, address)                                            \
    check_fault(run, leaf, vector, error, address, __FILE__, __LINE__)

void check_fault(struct sgx_enclave_run run, unsigned leaf, unsigned vector, unsigned error,
                 uint64_t address, const char *file, int line);

/** handle() - enter thread 0 as its exception handler and advance RIP by @size bytes. Return:
 * EXITINFO. */
uint32_t handle(const struct abi *a, uint64_t size);

/** peek(), poke() - read and write enclave memory from inside, with thread 0 */
uint64_t peek(const struct abi *a, uint64_t offset);
void poke(const struct abi *a, uint64_t offset, uint64_t value);

/** on_signal() - install an SA_SIGINFO handler */
void on_signal(int signo, void (*handler)(int, void *info, void *context), int flags);

/** every() - SIGALRM to the process, so to its first thread, every @microseconds; 0 stops it */
void every(int microseconds);

/** thread_every() - SIGALRM to the calling thread. Return: the timer for thread_every_end(). */
int thread_every(int microseconds);
void thread_every_end(int timer);

#endif
