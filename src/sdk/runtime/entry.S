/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only way into and out of the enclave. At EENTER, RAX is CSSA, RCX the address for EEXIT,
 * RDI the reason (SDK_ENTER_*) and RSI the address of the call. All other registers hold values
 * of the host that must not be trusted. Nothing is pushed before RSP is the enclave's. EEXIT
 * restores RSP and RBP of the host and clears every other register, vector registers included.
 */
#include "sdk/thread.h"

#define EEXIT 4
#define CLEAN_FLAGS 2
#define CLEAN_MXCSR 0x1f80
#define AVX_BIT     4 /* of XFRM */

        .text
        .globl  coffer_enclave_entry
        .type   coffer_enclave_entry, @function
coffer_enclave_entry:
        cld
        testq   %rax, %rax
        jne     .Lexception
        cmpq    $SDK_ENTER_RETURN, %rdi
        je      .Lreturn
        cmpq    $SDK_ENTER_EXCEPTION, %rdi
        je      .Lrefuse
        cmpq    $0, %gs:SDK_THREAD_OCALL_RSP    /* the stack is in use */
        jne     .Lrefuse

        movq    %rsp, %gs:SDK_THREAD_HOST_RSP
        movq    %rbp, %gs:SDK_THREAD_HOST_RBP
        movq    %rcx, %gs:SDK_THREAD_HOST_RETURN
        leaq    __ehdr_start(%rip), %rdx
        movq    %gs:SDK_THREAD_STACK_TOP, %rsp
        addq    %rdx, %rsp
        call    .Lclean
        movq    %gs:SDK_THREAD_SELF_OFFSET, %rax
        addq    %rdx, %rax
        movq    %rax, %fs:SDK_THREAD_SELF
        cmpq    $0, %fs:SDK_THREAD_CANARY
        jne     2f
1:      rdrand  %rax
        jnc     1b
        xorb    %al, %al                        /* a zero byte stops a string that overruns */
        movq    %rax, %fs:SDK_THREAD_CANARY
2:      xorl    %ebp, %ebp
        call    sdk_enter

.Lexit:
        movq    %gs:SDK_THREAD_HOST_RETURN, %rbx
        movq    %gs:SDK_THREAD_HOST_RBP, %rbp
        movq    %gs:SDK_THREAD_HOST_RSP, %rsp
.Lleave:
        fninit
        testb   $AVX_BIT, %gs:SDK_THREAD_XFRM
        je      3f
        vzeroall
        jmp     4f
3:      pxor    %xmm0, %xmm0
        pxor    %xmm1, %xmm1
        pxor    %xmm2, %xmm2
        pxor    %xmm3, %xmm3
        pxor    %xmm4, %xmm4
        pxor    %xmm5, %xmm5
        pxor    %xmm6, %xmm6
        pxor    %xmm7, %xmm7
        pxor    %xmm8, %xmm8
        pxor    %xmm9, %xmm9
        pxor    %xmm10, %xmm10
        pxor    %xmm11, %xmm11
        pxor    %xmm12, %xmm12
        pxor    %xmm13, %xmm13
        pxor    %xmm14, %xmm14
        pxor    %xmm15, %xmm15
4:      xorl    %edx, %edx
        xorl    %esi, %esi
        xorl    %edi, %edi
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        xorl    %r12d, %r12d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        movl    $EEXIT, %eax
        enclu

/* an invalid entry: exit at once; no register holds a value of the enclave */
.Lrefuse:
        movq    %rcx, %rbx
        movl    $EEXIT, %eax
        enclu

/* .Lclean - set defined flags and rounding modes; preserves RCX, RDX, RSI and RDI */
.Lclean:
        pushq   $CLEAN_FLAGS
        popfq
        pushq   $CLEAN_MXCSR
        ldmxcsr (%rsp)
        fninit
        leaq    8(%rsp), %rsp
        ret

/* void sdk_entry_leave_for_ocall(void): returns when the host enters with SDK_ENTER_RETURN */
        .globl  sdk_entry_leave_for_ocall
        .hidden sdk_entry_leave_for_ocall
        .type   sdk_entry_leave_for_ocall, @function
sdk_entry_leave_for_ocall:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movq    %rsp, %gs:SDK_THREAD_OCALL_RSP
        jmp     .Lexit

.Lreturn:
        movq    %gs:SDK_THREAD_OCALL_RSP, %rax
        testq   %rax, %rax
        je      .Lrefuse
        movq    $0, %gs:SDK_THREAD_OCALL_RSP
        movq    %rsp, %gs:SDK_THREAD_HOST_RSP
        movq    %rbp, %gs:SDK_THREAD_HOST_RBP
        movq    %rcx, %gs:SDK_THREAD_HOST_RETURN
        movq    %rax, %rsp
        call    .Lclean
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret

/* A frame of the SSA is in use, because the thread was interrupted. The saved host registers of the
 * thread stay unchanged until it is resumed. */
.Lexception:
        cmpq    $1, %rax
        jne     .Lrefuse
        cmpq    $SDK_ENTER_EXCEPTION, %rdi
        jne     .Lrefuse
        movq    %rsp, %gs:SDK_THREAD_EXCEPTION_RSP
        movq    %rbp, %gs:SDK_THREAD_EXCEPTION_RBP
        movq    %rcx, %gs:SDK_THREAD_EXCEPTION_RETURN
        leaq    __ehdr_start(%rip), %rdx
        movq    %gs:SDK_THREAD_EXCEPTION_TOP, %rsp
        addq    %rdx, %rsp
        call    .Lclean
        xorl    %ebp, %ebp
        movq    %rsi, %rdi
        call    sdk_enter_exception
.Lexit_exception:
        movq    %gs:SDK_THREAD_EXCEPTION_RETURN, %rbx
        movq    %gs:SDK_THREAD_EXCEPTION_RBP, %rbp
        movq    %gs:SDK_THREAD_EXCEPTION_RSP, %rsp
        jmp     .Lleave

/* _Noreturn void sdk_entry_leave_dead(void): exit for ever, with SDK_EXIT_NONE in the call */
        .globl  sdk_entry_leave_dead
        .hidden sdk_entry_leave_dead
        .type   sdk_entry_leave_dead, @function
sdk_entry_leave_dead:
        cmpq    $0, %gs:SDK_THREAD_IN_EXCEPTION
        jne     .Lexit_exception
        jmp     .Lexit

        .section .note.GNU-stack, "", @progbits
