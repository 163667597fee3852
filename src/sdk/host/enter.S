/* SPDX-License-Identifier: Apache-2.0 */
/*
 * int sdk_host_enter(why, call, leaf, run, vdso): enters with the vDSO function when there is one,
 * else with ENCLU. The enclave clears every register but RSP and RBP and sets the default rounding
 * modes. So this function saves and restores all that the C ABI preserves.
 */
#define RUN_TCS      0
#define RUN_FUNCTION 8
#define EEXIT        4

        .text
        .globl  sdk_host_enter
        .hidden sdk_host_enter
        .type   sdk_host_enter, @function
sdk_host_enter:
        .cfi_startproc
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        subq    $16, %rsp
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        pushq   %rcx                            /* run: the seventh argument, used again below */
        testq   %r8, %r8
        je      .Lraw
        movq    %r8, %rax
        movl    %edx, %ecx
        xorl    %edx, %edx
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        call    *%rax
        jmp     .Lout

.Lraw:
        movl    %edx, %eax
        movq    RUN_TCS(%rcx), %rbx
        leaq    .Lenclu(%rip), %rcx
.Lenclu:                                        /* also the AEP: RAX is ERESUME then */
        enclu
        movq    (%rsp), %rcx
        movl    $EEXIT, RUN_FUNCTION(%rcx)
        xorl    %eax, %eax

.Lout:
        addq    $8, %rsp
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $16, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc

        .section .note.GNU-stack, "", @progbits
