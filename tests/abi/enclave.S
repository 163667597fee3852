/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hand-made enclave without a runtime. RDI selects an operation, and RSI, RDX, R8, R9 are its
 * operands; the answer is in RDI. It uses no stack. R10 keeps the return address. R14 keeps the
 * address of GPRSGX in the SSA frame, which has the host's RSP and RBP after ERESUME too. It does
 * the same when it is entered with CSSA > 0, so every operation can be part of an exception
 * handler; ABI_STEP is the end of such a handler.
 */
#include "abi.h"

        .macro  each_vector operation
        .irp    i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        \operation \i
        .endr
        .endm

        .macro  load_vector i
        vmovdqu %fs:STATE_IN + STATE_YMM + 32 * \i, %ymm\i
        .endm

        .macro  keep_vector i
        vmovdqu %ymm\i, %fs:STATE_OUT + STATE_YMM + 32 * \i
        .endm

        .section .rodata
        .globl  abi_code_begin, abi_code_end, abi_leave, abi_enclu, abi_xgetbv
        .globl  abi_state_loop, abi_state_ud
        .balign 64
abi_code_begin:
        mov     %r10, %r13              /* R10 and R11 at the entry, for the host */
        mov     %r11, %r15
        mov     %rcx, %r10
        mov     %rax, %r14
        shl     $12, %r14
        lea     ABI_GPRS(%rbx,%r14), %r14
        cmp     $ABI_OPERATIONS, %rdi
        jae     abi_leave
        lea     .Ltable(%rip), %rcx
        movslq  (%rcx,%rdi,4), %r11
        add     %rcx, %r11
        jmp     *%r11
        .balign 4
.Ltable:
        .long   .Lleave_as_is - .Ltable
        .long   .Lud - .Ltable
        .long   .Lload - .Ltable
        .long   .Lstore - .Ltable
        .long   .Lsyscall - .Ltable
        .long   .Lhlt - .Ltable
        .long   .Lleaf - .Ltable
        .long   .Lspin - .Ltable
        .long   .Lbreakpoint - .Ltable
        .long   .Lbases - .Ltable
        .long   .Ljump - .Ltable
        .long   .Lstep - .Ltable
        .long   .Lecho - .Ltable
        .long   .Lstate - .Ltable
        .long   .Ldivide - .Ltable
        .long   .Lx87 - .Ltable
        .long   .Lsse - .Ltable
        .long   .Lunaligned - .Ltable
        .long   .Lstack - .Ltable
        .long   .Lflags - .Ltable
        .long   .Lpop - .Ltable
        .long   .Lin - .Ltable
        .long   .Lint - .Ltable
        .long   .Lint80 - .Ltable
        .long   .Lwide - .Ltable
        .long   .Lxgetbv - .Ltable
        .long   .Lxstate - .Ltable
        .long   .Loutside - .Ltable
abi_leave:
        mov     144(%r14), %rsp
        mov     152(%r14), %rbp
.Lleave_as_is:
        mov     %r10, %rbx
        mov     $4, %eax
abi_enclu:
        enclu
.Lud:
        ud2
        mov     $1, %edi
        jmp     abi_leave
.Lload:
        mov     (%rsi), %rdi
        jmp     abi_leave
.Lstore:
        mov     %rdx, (%rsi)
        mov     $1, %edi
        jmp     abi_leave
.Lsyscall:
        mov     %r10, %r12
        mov     $39, %eax               /* getpid, which must not run */
        syscall
        xor     %edi, %edi
        cmp     $39, %rax
        sete    %dil
        mov     %r12, %r10
        jmp     abi_leave
.Lhlt:
        hlt
        mov     $1, %edi
        jmp     abi_leave
.Lbreakpoint:
        int3
        mov     $1, %edi
        jmp     abi_leave
        /* the first two are forbidden in every program, the last in an enclave: 32-bit getpid */
.Lin:
        in      (%dx), %al
        mov     $1, %edi
        jmp     abi_leave
.Lint:
        int     $0x21
        mov     $1, %edi
        jmp     abi_leave
.Lint80:
        mov     $20, %eax
        int     $0x80
        xor     %edi, %edi
        cmp     $20, %rax
        sete    %dil
        jmp     abi_leave
        /* RAX is still CSSA from the entry */
.Lbases:
        rdfsbase %rdi
        rdgsbase %rsi
        mov     %rax, %rdx
        jmp     abi_leave
.Ljump:
        mov     $1, %edi
        jmp     *%rsi
        /* RSI, RDX and R8 become RBX, RCX and RDX of leaf R9; the answer is RAX, RSI the flags */
.Lleaf:
        mov     %rsi, %rbx
        mov     %rdx, %rcx
        mov     %r8, %rdx
        mov     %r9, %rax
        stc
        enclu
        mov     %rax, %rdi
        lahf
        movzbl  %ah, %esi
        jmp     abi_leave
        /* RSI rounds: the answer is 0 when a register or a vector register has lost its value */
.Lspin:
        mov     %rbp, %r9
        mov     $0x1122334455667788, %r11
        mov     %r11, %r12
        mov     %r11, %r13
        mov     %r11, %r14
        mov     %r11, %r15
        movq    %r11, %xmm15
        mov     %r11, %rbp
1:      cmp     %r11, %r12
        jne     .Lspoiled
        cmp     %r11, %r13
        jne     .Lspoiled
        cmp     %r11, %r14
        jne     .Lspoiled
        cmp     %r11, %r15
        jne     .Lspoiled
        cmp     %r11, %rbp
        jne     .Lspoiled
        movq    %xmm15, %rdx
        cmp     %r11, %rdx
        jne     .Lspoiled
        rdgsbase %rdx
        cmp     %r8, %rdx
        jne     .Lspoiled
        dec     %rsi
        jnz     1b
        mov     $1, %edi
        mov     %r9, %rbp
        jmp     .Lleave_as_is
.Lspoiled:
        xor     %edi, %edi
        mov     %r9, %rbp
        jmp     .Lleave_as_is
        /* the interrupted frame is CSSA - 1: advance its RIP by RSI; the answer is EXITINFO */
.Lstep:
        dec     %eax
        shl     $12, %rax
        add     %rbx, %rax
        add     %rsi, ABI_GPRS_RIP(%rax)
        mov     ABI_GPRS_EXITINFO(%rax), %edi
        jmp     abi_leave
.Lecho:
        add     $0x100, %rsi
        add     $0x200, %rdx
        add     $0x300, %r8
        add     $0x400, %r9
        mov     $0x500, %edi
        jmp     abi_leave
.Ldivide:
        xor     %edx, %edx
        mov     $1, %eax
        xor     %ecx, %ecx
        div     %ecx
        mov     $1, %edi
        jmp     abi_leave
        /* the next waiting instruction raises the exception of the division */
.Lx87:
        movl    $0x37b, %fs:STATE_KEPT  /* all exceptions masked but zero divide */
        fldcw   %fs:STATE_KEPT
        fld1
        fldz
        fdivrp
        fwait
        fninit
        mov     $1, %edi
        jmp     abi_leave
.Lsse:
        movl    $0x1d80, %fs:STATE_KEPT /* likewise */
        ldmxcsr %fs:STATE_KEPT
        mov     $0x3f800000, %eax
        movd    %eax, %xmm0
        pxor    %xmm1, %xmm1
        divss   %xmm1, %xmm0
        movl    $0x1f80, %fs:STATE_KEPT
        ldmxcsr %fs:STATE_KEPT
        mov     $1, %edi
        jmp     abi_leave
        /* an unaligned access with AC set */
.Lunaligned:
        rdfsbase %rsp
        lea     STATE_STACK(%rsp), %rsp
        push    $0x40202
        popfq
        mov     %fs:STATE_KEPT + 1, %eax
        push    $0x202
        popfq
        mov     $1, %edi
        jmp     abi_leave
        /* exit with the host's stack RSI bytes lower */
.Lstack:
        sub     %rsi, %rsp
        jmp     .Lleave_as_is
        /* exit with the RFLAGS in RSI */
.Lflags:
        rdfsbase %rsp
        lea     STATE_STACK(%rsp), %rsp
        push    %rsi
        popfq
        jmp     abi_leave
        /* AVX-512: the answer is 0 unless a vector of RSI and a mask survive an exception */
.Lwide:
        vpbroadcastq %rsi, %zmm31
        kmovw   %esi, %k1
        ud2
        vpbroadcastq %rsi, %zmm30
        xor     %edi, %edi
        vpcmpeqq %zmm30, %zmm31, %k2
        kmovw   %k2, %eax
        cmp     $0xff, %eax
        jne     abi_leave
        kmovw   %k1, %eax
        cmp     %esi, %eax
        sete    %dil
        jmp     abi_leave
        /* XCR RSI */
.Lxgetbv:
        mov     %esi, %ecx
        xgetbv
        shl     $32, %rdx
        lea     (%rdx,%rax), %rdi
        jmp     abi_leave
        /* code of 16 bytes at most that the host may put anywhere; R8 is abi_leave */
abi_xgetbv:
        xor     %ecx, %ecx
        xgetbv
        mov     %rax, %rdi
        jmp     *%r8
        .skip   8, 0x90
        /* instruction R8 with the area at RSI and the mask RDX */
.Lxstate:
        mov     $1, %edi
        mov     %edx, %eax
        shr     $32, %rdx
        cmp     $XSTATE_XSAVEC, %r8d
        je      1f
        cmp     $XSTATE_XSAVEOPT, %r8d
        je      2f
        cmp     $XSTATE_XRSTOR, %r8d
        je      3f
        xsave   (%rsi)
        jmp     abi_leave
1:      mov     %r10, %r12
        mov     %rsi, %r10
        xsavec64 (%r10)
        mov     %r12, %r10
        jmp     abi_leave
2:      mov     $8, %ecx
        xsaveopt64 -64(%rsi,%rcx,8)
        jmp     abi_leave
3:      xrstor64 (%rsi)
        jmp     abi_leave
        /* AVX-512 that XFRM does not have, as no processor lets an enclave: the answer is what was
         * there, and then all ones. With RSI, an exception follows. */
.Loutside:
        vextracti64x4 $1, %zmm31, %ymm30
        vporq   %ymm30, %ymm31, %ymm30
        vextracti32x4 $1, %ymm30, %xmm29
        vporq   %xmm29, %xmm30, %xmm30
        vpextrq $1, %xmm30, %rcx
        vmovq   %xmm30, %rdi
        or      %rcx, %rdi
        kmovw   %k1, %ecx
        or      %rcx, %rdi
        vpternlogq $0xff, %zmm31, %zmm31, %zmm31
        kxnorw  %k1, %k1, %k1
        test    %rsi, %rsi
        jz      abi_leave
        ud2
        jmp     abi_leave
        /* EDECCSSA: this is not a handler any more; if RSI is set, an exception follows */
.Lpop:
        mov     $9, %eax
        enclu
        mov     $1, %edi
        test    %rsi, %rsi
        jz      abi_leave
        sub     $0x1000, %r14
        jmp     .Lud

        /* Load the values of STATE_IN into every register of the processor, and store their values
         * after an exit and ERESUME to STATE_OUT. RSI is the site of the exit. */
.Lstate:
        mov     %r10, %fs:STATE_KEPT
        mov     %r14, %fs:STATE_KEPT + 8
        lea     .Lsites(%rip), %rcx
        movslq  (%rcx,%rsi,4), %rax
        add     %rcx, %rax
        mov     %rax, %fs:STATE_IN + STATE_SITE
        fninit
        fldcw   %fs:STATE_IN + STATE_FCW
        fldpi
        ldmxcsr %fs:STATE_IN + STATE_MXCSR
        each_vector load_vector
        rdfsbase %rsp
        lea     STATE_STACK(%rsp), %rsp
        pushq   %fs:STATE_IN + STATE_RFLAGS
        popfq
        mov     %fs:STATE_IN, %rax
        mov     %fs:STATE_IN + 8, %rcx
        mov     %fs:STATE_IN + 16, %rdx
        mov     %fs:STATE_IN + 24, %rbx
        mov     %fs:STATE_IN + 32, %rsp
        mov     %fs:STATE_IN + 40, %rbp
        mov     %fs:STATE_IN + 48, %rsi
        mov     %fs:STATE_IN + 56, %rdi
        mov     %fs:STATE_IN + 64, %r8
        mov     %fs:STATE_IN + 72, %r9
        mov     %fs:STATE_IN + 80, %r10
        mov     %fs:STATE_IN + 88, %r11
        mov     %fs:STATE_IN + 96, %r12
        mov     %fs:STATE_IN + 104, %r13
        mov     %fs:STATE_IN + 112, %r14
        mov     %fs:STATE_IN + 120, %r15
        jmp     *%fs:STATE_IN + STATE_SITE
        .balign 4
.Lsites:
        .long   abi_state_ud - .Lsites
        .long   abi_state_loop - .Lsites
abi_state_ud:
        ud2
        jmp     1f
abi_state_loop:
        jmp     abi_state_loop
1:      mov     %rax, %fs:STATE_OUT
        mov     %rcx, %fs:STATE_OUT + 8
        mov     %rdx, %fs:STATE_OUT + 16
        mov     %rbx, %fs:STATE_OUT + 24
        mov     %rsp, %fs:STATE_OUT + 32
        mov     %rbp, %fs:STATE_OUT + 40
        mov     %rsi, %fs:STATE_OUT + 48
        mov     %rdi, %fs:STATE_OUT + 56
        mov     %r8, %fs:STATE_OUT + 64
        mov     %r9, %fs:STATE_OUT + 72
        mov     %r10, %fs:STATE_OUT + 80
        mov     %r11, %fs:STATE_OUT + 88
        mov     %r12, %fs:STATE_OUT + 96
        mov     %r13, %fs:STATE_OUT + 104
        mov     %r14, %fs:STATE_OUT + 112
        mov     %r15, %fs:STATE_OUT + 120
        rdfsbase %rsp
        lea     STATE_STACK(%rsp), %rsp
        pushfq
        popq    %fs:STATE_OUT + STATE_RFLAGS
        push    $0x202
        popfq
        fnstcw  %fs:STATE_OUT + STATE_FCW
        fstpl   %fs:STATE_OUT + STATE_ST0
        stmxcsr %fs:STATE_OUT + STATE_MXCSR
        each_vector keep_vector
        mov     %fs:STATE_KEPT, %r10
        mov     %fs:STATE_KEPT + 8, %r14
        mov     $1, %edi
        jmp     abi_leave
abi_code_end:

        .section .note.GNU-stack, "", @progbits
