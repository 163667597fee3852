/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side in assembly, because checks of registers must not depend on a compiler. */
#include "abi.h"

        .macro  seen_vector i
        vmovdqu %ymm\i, SEEN_YMM + 32 * \i(%rcx)
        .endm

        .macro  saved_pop               /* the registers that a function keeps for its caller */
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        .endm

        .text
/*
 * int abi_enter(uint64_t operands[6], unsigned leaf, struct sgx_enclave_run *run, function,
 *               struct abi_seen *seen)
 * Call the vDSO function with known values in all registers that the C ABI preserves. The operands
 * for RDI, RSI, RDX, R8, R9 are passed in and returned; the other registers are stored in @seen.
 */
        .globl  abi_enter
abi_enter:
        push    %rbp
        mov     %rsp, %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rdi
        push    %r8
        mov     %rcx, %rax
        mov     %esi, %ecx
        push    %rdx
        push    %rdx
        push    %rdx                    /* the seventh argument, at a multiple of 16 */
        mov     32(%rdi), %r9
        mov     24(%rdi), %r8
        mov     16(%rdi), %rdx
        mov     8(%rdi), %rsi
        mov     (%rdi), %rdi
        movabs  $ABI_RBX_KEPT, %rbx
        movabs  $ABI_R10_IN, %r10
        lea     1(%r10), %r11
        lea     2(%r10), %r12
        call    *%rax
        push    %rcx
        mov     32(%rsp), %rcx
        mov     %rbx, SEEN_RBX(%rcx)
        mov     %rbp, SEEN_RBP(%rcx)
        lea     88(%rsp), %rbx
        mov     %rbx, SEEN_RSP(%rcx)    /* RSP relative to the frame */
        pushfq
        popq    SEEN_RFLAGS(%rcx)
        push    $0x202
        popfq
        popq    SEEN_RCX(%rcx)
        mov     %r8, SEEN_R8(%rcx)
        mov     %r9, SEEN_R8 + 8(%rcx)
        mov     %r10, SEEN_R8 + 16(%rcx)
        mov     %r11, SEEN_R8 + 24(%rcx)
        mov     %r12, SEEN_R8 + 32(%rcx)
        mov     %r13, SEEN_R8 + 40(%rcx)
        mov     %r14, SEEN_R8 + 48(%rcx)
        mov     %r15, SEEN_R8 + 56(%rcx)
        stmxcsr SEEN_MXCSR(%rcx)
        fnstcw  SEEN_FCW(%rcx)
        fnstsw  SEEN_FSW(%rcx)
        .irp    i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        seen_vector \i
        .endr
        vzeroupper
        fninit
        ldmxcsr .Lmxcsr(%rip)
        mov     32(%rsp), %rcx          /* operands */
        mov     %rdi, (%rcx)
        mov     %rsi, 8(%rcx)
        mov     %rdx, 16(%rcx)
        mov     %r8, 24(%rcx)
        mov     %r9, 32(%rcx)
        add     $40, %rsp
        saved_pop
        ret
        .balign 4
.Lmxcsr:
        .long   0x1f80

/* The user handler stores its arguments, RSP and RFLAGS in abi_saw, calls abi_decide, and returns
 * its result with RDI, RSI, RDX, R8, R9 from abi_gives. */
        .globl  abi_exit_handler
abi_exit_handler:
        lea     abi_saw(%rip), %rax
        mov     %rdi, (%rax)
        mov     %rsi, 8(%rax)
        mov     %rdx, 16(%rax)
        mov     %rcx, 24(%rax)
        mov     %r8, 32(%rax)
        mov     %r9, 40(%rax)
        mov     %rsp, 56(%rax)
        mov     8(%rsp), %rcx
        mov     %rcx, 48(%rax)
        pushfq
        popq    64(%rax)
        push    $0x202
        popfq
        push    %rbp
        mov     %rcx, %rdi
        call    *abi_decide(%rip)
        lea     abi_gives(%rip), %rcx
        mov     (%rcx), %rdi
        mov     8(%rcx), %rsi
        mov     16(%rcx), %rdx
        mov     24(%rcx), %r8
        mov     32(%rcx), %r9
        pop     %rbp
        ret

/* void abi_raw(uint64_t leaf, uint64_t rbx, uint64_t aep): an ENCLU outside the vDSO function */
        .globl  abi_raw, abi_raw_site
abi_raw:
        push    %rbx
        mov     %rdi, %rax
        mov     %rsi, %rbx
        mov     %rdx, %rcx
abi_raw_site:
        enclu
        pop     %rbx
        ret

/* uint64_t abi_raw_enter(uint64_t tcs, uint64_t operation): entry without the vDSO function, as in
 * old runtimes: an exception is a signal with RIP at abi_raw_aep. Returns the enclave's RDI. */
        .globl  abi_raw_enter, abi_raw_aep
abi_raw_enter:
        push    %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rdi, %rbx
        mov     %rsi, %rdi
        mov     $2, %eax
        lea     abi_raw_aep(%rip), %rcx
        enclu
        mov     %rdi, %rax
        saved_pop
        ret
abi_raw_aep:
        enclu
        ud2

/* void abi_clear_ac(void): for signal handlers that interrupt code with AC set */
        .globl  abi_clear_ac
abi_clear_ac:
        push    $0x202
        popfq
        ret

        .section .note.GNU-stack, "", @progbits
