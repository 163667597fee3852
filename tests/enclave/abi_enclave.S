/*
 * A hand-made enclave without a runtime: RDI is what to do, RSI, RDX, R8, R9 its operands. It uses
 * no stack; R10 keeps where to return to. The answer is in RDI. Entered with CSSA > 0 it is an
 * exception handler: it moves the saved RIP by RSI and answers with EXITINFO.
 */
#include "abi.h"

        .section .rodata
        .globl  abi_code_begin, abi_code_end
        .balign 64
abi_code_begin:
        mov     %rcx, %r10
        test    %eax, %eax
        jnz     .Lhandler
        cmp     $ABI_NOTHING, %rdi
        je      .Lleave
        cmp     $ABI_UD, %rdi
        je      .Lud
        cmp     $ABI_LOAD, %rdi
        je      .Lload
        cmp     $ABI_STORE, %rdi
        je      .Lstore
        cmp     $ABI_SYSCALL, %rdi
        je      .Lsyscall
        cmp     $ABI_HLT, %rdi
        je      .Lhlt
        cmp     $ABI_LEAF, %rdi
        je      .Lleaf
        cmp     $ABI_SPIN, %rdi
        je      .Lspin
        cmp     $ABI_BREAKPOINT, %rdi
        je      .Lbreakpoint
        cmp     $ABI_BASES, %rdi
        je      .Lbases
        cmp     $ABI_JUMP, %rdi
        je      .Ljump
.Lleave:
        mov     %r10, %rbx
        mov     $4, %eax
        enclu
.Lud:
        ud2
        mov     $1, %edi
        jmp     .Lleave
.Lload:
        mov     (%rsi), %rdi
        jmp     .Lleave
.Lstore:
        mov     %rdx, (%rsi)
        mov     $1, %edi
        jmp     .Lleave
.Lsyscall:
        mov     %r10, %r12
        mov     $39, %eax               /* getpid, which must not run */
        syscall
        mov     %rax, %rdi
        mov     %r12, %r10
        jmp     .Lleave
.Lhlt:
        hlt
        mov     $1, %edi
        jmp     .Lleave
.Lbreakpoint:
        int3
        mov     $1, %edi
        jmp     .Lleave
.Lbases:
        rdfsbase %rdi
        rdgsbase %rsi
        jmp     .Lleave
.Ljump:
        mov     $1, %edi
        jmp     *%rsi
        /* RSI, RDX and R8 are RBX, RCX and RDX of leaf R9; the answer is RAX, and RSI the flags */
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
        jmp     .Lleave
        /* RSI rounds: every register and a vector register hold what they did, or the answer is 0 */
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
        jmp     .Lleave
.Lspoiled:
        xor     %edi, %edi
        mov     %r9, %rbp
        jmp     .Lleave
.Lhandler:
        mov     ABI_GPRS_RIP(%rbx), %rax
        add     %rsi, %rax
        mov     %rax, ABI_GPRS_RIP(%rbx)
        mov     ABI_GPRS_EXITINFO(%rbx), %edi
        jmp     .Lleave
abi_code_end:

/* int abi_enter(uint64_t operands[6], unsigned leaf, void *run, function): the vDSO function with
 * everything that the C ABI wants kept; operands RDI, RSI, RDX, R8, R9 go in and come back */
        .text
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
        mov     %rcx, %rax
        mov     %esi, %ecx
        push    %rdx
        push    %rdx
        mov     32(%rdi), %r9
        mov     24(%rdi), %r8
        mov     16(%rdi), %rdx
        mov     8(%rdi), %rsi
        mov     (%rdi), %rdi
        call    *%rax
        add     $16, %rsp
        pop     %rcx
        mov     %rdi, (%rcx)
        mov     %rsi, 8(%rcx)
        mov     %rdx, 16(%rcx)
        lea     -40(%rbp), %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        ret

        .section .note.GNU-stack, "", @progbits
