/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/entry.S: code that cannot be C. In this order: the entry and the exit of
 * signals, the restorer of the application's handlers, the copy that may fault, the vDSO function,
 * and the fast ways into and out of an enclave. entry.h declares the labels that C knows.
 */
#include "emulator/layout.h"
#include "sgx/arch.h"

        .text

/*
 * signal_entry: every signal that this library handles arrives here, on the thread's own signal
 * stack. Rule: no C runs until FS and GS are the host's again, because FS may be an enclave's and
 * compiled code may use it. The thread's block is found from RSP alone: its signal stack lies in
 * the arena, in a slot that is aligned to its size. A thread that the emulator has not seen yet is
 * on another stack, and it cannot be inside an enclave.
 *
 * The kernel clears DF and TF for a handler but keeps AC, and compiled code with AC set faults at
 * its first unaligned access. The flags of the interrupted code are in the frame.
 *
 * In: RDI signal, RSI siginfo, RDX context, RSP the frame. Registers need not be saved: the frame
 * has them. The C functions take siginfo (RDI) and context (RSI) first. R12 keeps the context,
 * which is also where rt_sigreturn wants RSP.
 */
        .globl  signal_entry
        .hidden signal_entry
        .type   signal_entry, @function
signal_entry:
        endbr64
        pushq   $FLAGS_OF_C
        popfq
        mov     %rdx, %r12
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rsp, %rbx
        sub     thread_arena(%rip), %rbx
        cmp     thread_arena_size(%rip), %rbx
        jae     .Lunarmed
        mov     %rsp, %rbx
        and     $-THREAD_SLOT_SIZE, %rbx
        mov     CONTEXT_RSP(%rsi), %rax
        xor     %rbx, %rax
        cmp     $THREAD_SLOT_SIZE, %rax
        jb      .Lnested
        movb    $SELECTOR_ALLOW, THREAD_SELECTOR(%rbx)
        xor     %ecx, %ecx
        cmpb    $0, THREAD_INSIDE(%rbx)
        je      .Ldispatch
        /* "Inside" ends before C runs: a fault from here on is a fault of the host. */
        movb    $0, THREAD_INSIDE(%rbx)
        rdfsbase %rax
        mov     %rax, THREAD_ENCLAVE_FS(%rbx)
        rdgsbase %rax
        mov     %rax, THREAD_ENCLAVE_GS(%rbx)
        mov     THREAD_HOST_FS(%rbx), %rax
        wrfsbase %rax
        mov     THREAD_HOST_GS(%rbx), %rax
        wrgsbase %rax
        inc     %ecx
.Ldispatch:
        mov     %rbx, %rdx
        and     $-16, %rsp
        call    dispatch_signal
.Lleave:
        cmpb    $0, THREAD_INSIDE(%rbx)
        je      .Lreturn
        mov     THREAD_ENCLAVE_FS(%rbx), %rax
        wrfsbase %rax
        mov     THREAD_ENCLAVE_GS(%rbx), %rax
        wrgsbase %rax
        movb    $SELECTOR_BLOCK, THREAD_SELECTOR(%rbx)
.Lreturn:
        mov     %r12, %rsp
        mov     $15, %eax               /* rt_sigreturn */
        .globl  signal_return_begin
        .hidden signal_return_begin
signal_return_begin:
        syscall                         /* the only system call allowed while "inside" */
        ud2
        .globl  signal_return_end
        .hidden signal_return_end
signal_return_end:

/* The signal interrupted the emulator on this stack, perhaps on its way back into an enclave, when
 * FS is the enclave's already. The C function uses no FS and edits the context only. */
.Lnested:
        mov     %rbx, %rdx
        and     $-16, %rsp
        call    dispatch_nested
        jmp     .Lreturn

.Lunarmed:
        and     $-16, %rsp
        call    dispatch_unarmed        /* the signal's frame in the thread's new slot, or NULL */
        test    %rax, %rax
        jz      .Lreturn
        mov     %rax, %rsp
        lea     FRAME_INFO(%rax), %rdi
        lea     FRAME_CONTEXT(%rax), %rsi
        mov     %rsi, %r12
        mov     %rax, %rbx
        and     $-THREAD_SLOT_SIZE, %rbx
        xor     %ecx, %ecx
        jmp     .Ldispatch
        .size   signal_entry, .-signal_entry

/*
 * signal_restorer: the address to which the application's handler returns. Unwinders and debuggers
 * recognise a signal frame by the exact bytes of these two instructions.
 */
        .globl  signal_restorer
        .hidden signal_restorer
        .type   signal_restorer, @function
        nop
signal_restorer:
        mov     $15, %rax
        syscall
        ud2
        .size   signal_restorer, .-signal_restorer

/* loader_return: stands for the dynamic linker's empty function after its breakpoint was handled */
        .globl  loader_return
        .hidden loader_return
        .type   loader_return, @function
loader_return:
        ret
        .size   loader_return, .-loader_return

/* int copy_user(void *to, const void *from, size_t size): 0, or -EFAULT when either side faults.
 * dispatch_signal() moves RIP from the one instruction that can fault to copy_user_failed. */
        .globl  copy_user, copy_user_fault, copy_user_failed
        .hidden copy_user, copy_user_fault, copy_user_failed
        .type   copy_user, @function
copy_user:
        endbr64
        mov     %rdx, %rcx
        xor     %eax, %eax
copy_user_fault:
        rep movsb
        ret
copy_user_failed:
        mov     $-14, %eax
        ret
        .size   copy_user, .-copy_user

/*
 * int __vdso_sgx_enter_enclave(rdi, rsi, rdx, function, r8, r9, run): the contract is Linux' (uapi
 * asm/sgx.h). One ENCLU is the entry point and the AEP. After EEXIT, RDI, RSI, RDX, R8, R9 and RSP
 * are the enclave's, and the user handler receives them unchanged; the values that the handler
 * leaves in them reach the enclave at the next entry. dispatch.c continues at vdso_fault after an
 * exception, with RAX = leaf, DI = vector, SI = error code, RDX = address.
 */
        .globl  __vdso_sgx_enter_enclave
        .protected __vdso_sgx_enter_enclave
        .type   __vdso_sgx_enter_enclave, @function
__vdso_sgx_enter_enclave:
        .cfi_startproc
        endbr64
        push    %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        mov     %rsp, %rbp
        .cfi_def_cfa_register %rbp
        push    %rbx
        .cfi_rel_offset %rbx, -8
        mov     %ecx, %eax
.Lenter:
        lea     -2(%rax), %ecx          /* EENTER or ERESUME, nothing else */
        cmp     $1, %ecx
        ja      .Linvalid
        mov     16(%rbp), %rbx
        mov     $RUN_RESERVED, %ecx
.Lreserved:
        cmpq    $0, (%rbx,%rcx)
        jne     .Linvalid
        add     $8, %ecx
        cmp     $RUN_SIZE, %ecx
        jb      .Lreserved
        mov     RUN_TCS(%rbx), %rbx
        lea     vdso_enclu(%rip), %rcx
        cmp     $2, %eax
        je      .Lfast_enter
        .globl  vdso_enclu
        .hidden vdso_enclu
vdso_enclu:
        .byte   SGX_ENCLU_BYTES
        .globl  vdso_return
        .hidden vdso_return
vdso_return:
        mov     16(%rbp), %rbx
        movl    $4, RUN_FUNCTION(%rbx)  /* EEXIT */
.Lexited:
        cmpq    $0, RUN_USER_HANDLER(%rbx)
        jne     .Lhandler
        xor     %eax, %eax
.Lout:
        mov     -8(%rbp), %rbx
        leave
        .cfi_remember_state
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_restore_state
.Linvalid:
        mov     $-22, %eax              /* EINVAL */
        jmp     .Lout

        .globl  vdso_fault
        .hidden vdso_fault
vdso_fault:
        mov     16(%rbp), %rbx
        mov     %eax, RUN_FUNCTION(%rbx)
        mov     %di, RUN_VECTOR(%rbx)
        mov     %si, RUN_ERROR(%rbx)
        mov     %rdx, RUN_ADDRESS(%rbx)
        jmp     .Lexited

.Lhandler:
        mov     %rsp, %rcx              /* fourth argument: RSP as the enclave left it */
        and     $-16, %rsp
        push    %rcx
        push    %rbx                    /* seventh argument, and alignment */
        cld
        call    *RUN_USER_HANDLER(%rbx)
        mov     8(%rsp), %rsp
        test    %eax, %eax
        jg      .Lenter
        jmp     .Lout

/*
 * EENTER without a signal, to the TCS that the thread entered last. Only RAX, RBX and RCX are free:
 * the enclave receives R10 to R15 from the host, and Fortanix's hosts pass an operand in R10. A
 * signal between "begin" and "commit" undoes everything, because its handler may enter another TCS;
 * the busy TCS is the only effect that other threads can see. Rule: THREAD_INSIDE is set last,
 * because a signal is an asynchronous exit from then on. The word below RSP belongs to the stack on
 * which the host called this function.
 *
 * Between "state" and "stated" RDX lies in the thread's block and RBX points to that block. The
 * host's state outside XFRM, when there is any, goes to the area in the block. It counts as being
 * there before it becomes initial in the registers.
 */
        .globl  fast_enter_begin, fast_enter_taken, fast_enter_decide, fast_enter_claimed
        .globl  fast_enter_state, fast_enter_stated, fast_enter_commit, fast_enter_end
        .hidden fast_enter_begin, fast_enter_taken, fast_enter_decide, fast_enter_claimed
        .hidden fast_enter_state, fast_enter_stated, fast_enter_commit, fast_enter_end
fast_enter_begin:
.Lslow:
        mov     $2, %eax
        lea     vdso_enclu(%rip), %rcx
        jmp     vdso_enclu
.Lfast_enter:
        mov     %es, %eax
        and     $-8, %eax
        jz      .Lslow
        shl     $13, %rax               /* slot number, times THREAD_SLOT_SIZE */
        add     thread_arena(%rip), %rax
        sub     $THREAD_SLOT_SIZE, %rax /* selectors count from one */
        mov     process_fork_word(%rip), %rcx
        cmpl    $0, (%rcx)
        je      .Lslow
        rdfsbase %rcx
        cmp     %rcx, THREAD_HOST_FS(%rax)
        jne     .Lslow
        cmp     %rbx, THREAD_FAST_TCS(%rax)
        jne     .Lslow
        mov     fast_generation(%rip), %rcx
        cmp     %rcx, THREAD_FAST_GENERATION(%rax)
        jne     .Lslow
        mov     THREAD_FAST_PAGE(%rax), %rbx
fast_enter_taken:                       /* RBX is the TCS before, its page in our memory after */
        cmpl    $0, TCS_CSSA(%rbx)
        je      1f
.Lbusy:
        mov     THREAD_FAST_TCS(%rax), %rbx
        jmp     .Lslow
1:      rdgsbase %rcx
        mov     %rcx, THREAD_HOST_GS(%rax)
        mov     THREAD_FAST_ENTRY(%rax), %rcx
        mov     %rcx, -8(%rsp)
        lock btsq $0, TCS_STATE(%rbx)   /* carry: it was busy */
fast_enter_decide:
        jc      .Lbusy
fast_enter_claimed:
        mov     %rbx, THREAD_PAGE(%rax)
        lea     vdso_enclu(%rip), %rcx
        mov     %rcx, TCS_AEP(%rbx)
        mov     THREAD_FAST_GPRS(%rax), %rbx
        mov     %rsp, GPRS_URSP(%rbx)
        mov     %rbp, GPRS_URBP(%rbx)
        cmpl    $0, THREAD_FAST_OUTSIDE(%rax)
        je      fast_enter_stated
        mov     %rdx, THREAD_RDX(%rax)
fast_enter_state:
        mov     %rax, %rbx
        mov     $1, %ecx
        xgetbv                          /* what is in use */
        xor     %edx, %edx
        and     THREAD_FAST_OUTSIDE(%rbx), %eax
        jz      1f
        xsavec  THREAD_STATE_AREA(%rbx)
        mov     %rax, THREAD_OUTSIDE(%rbx)
        xrstor  initial_state(%rip)
1:      mov     %rbx, %rax
        mov     THREAD_RDX(%rax), %rdx
fast_enter_stated:
        mov     THREAD_FAST_FS(%rax), %rcx
        wrfsbase %rcx
        mov     THREAD_FAST_GS(%rax), %rcx
        wrgsbase %rcx
        mov     THREAD_FAST_TCS(%rax), %rbx
        movb    $SELECTOR_BLOCK, THREAD_SELECTOR(%rax)
        movb    $1, THREAD_INSIDE(%rax)
fast_enter_commit:
        xor     %eax, %eax
        lea     vdso_return(%rip), %rcx
        jmp     *-8(%rsp)
fast_enter_end:
        .cfi_endproc
        .size   __vdso_sgx_enter_enclave, .-__vdso_sgx_enter_enclave

/*
 * EEXIT by a call from an enclave through the page at address zero. RAX is 4 and RCX becomes the
 * AEP, so these two are free. The return address of the call is dropped first. Once FS is the
 * host's, the exit can only be finished. THREAD_INSIDE is cleared before the TCS is released, and
 * the store that releases the TCS is the last.
 */
        .globl  fast_exit, fast_exit_begin, fast_exit_state, fast_exit_stated
        .globl  fast_exit_released, fast_exit_end, fast_exit_slow
        .hidden fast_exit, fast_exit_begin, fast_exit_state, fast_exit_stated
        .hidden fast_exit_released, fast_exit_end, fast_exit_slow
        .type   fast_exit, @function
fast_exit:
        mov     %es, %ecx
        and     $-8, %rcx
        jz      fast_exit_slow
        cmp     $4, %eax
        jne     fast_exit_slow
        shl     $13, %rcx
        add     thread_arena(%rip), %rcx
        sub     $THREAD_SLOT_SIZE, %rcx
        cmpb    $1, THREAD_INSIDE(%rcx)
        jne     fast_exit_slow
        add     $8, %rsp
fast_exit_begin:
        mov     THREAD_HOST_FS(%rcx), %rax
        wrfsbase %rax
        mov     THREAD_HOST_GS(%rcx), %rax
        wrgsbase %rax
        mov     THREAD_OUTSIDE(%rcx), %rax
        test    %rax, %rax
        jz      fast_exit_stated
        mov     %rdx, THREAD_RDX(%rcx)
fast_exit_state:
        xor     %edx, %edx
        xrstor  THREAD_STATE_AREA(%rcx)
        movq    $0, THREAD_OUTSIDE(%rcx)
        mov     THREAD_RDX(%rcx), %rdx
fast_exit_stated:
        movb    $SELECTOR_ALLOW, THREAD_SELECTOR(%rcx)
        mov     THREAD_PAGE(%rcx), %rax
        movb    $0, THREAD_INSIDE(%rcx)
        mov     TCS_AEP(%rax), %rcx
        movq    $0, TCS_STATE(%rax)
fast_exit_released:
        mov     $4, %eax
        jmp     *%rbx
fast_exit_end:
fast_exit_slow:
        int3                            /* any other leaf: dispatch_signal() knows this place */
        ud2
        .size   fast_exit, .-fast_exit

/* an XSAVE area in compacted format in which every component is initial */
/* EEXIT by a jump from an enclave (cpu/exit_jump.c): RBX is the target, RAX may have any value. */
        .globl  fast_exit_jump, fast_exit_jump_end
        .hidden fast_exit_jump, fast_exit_jump_end
        .type   fast_exit_jump, @function
fast_exit_jump:
        endbr64
        mov     $4, %eax
        mov     %es, %ecx
        and     $-8, %rcx
        jz      fast_exit_jump_end
        shl     $13, %rcx
        add     thread_arena(%rip), %rcx
        sub     $THREAD_SLOT_SIZE, %rcx
        cmpb    $1, THREAD_INSIDE(%rcx)
        je      fast_exit_begin
fast_exit_jump_end:
        int3
        ud2
        .size   fast_exit_jump, .-fast_exit_jump

        .section .rodata
        .balign 64
initial_state:
        .skip   512 + 8
        .quad   0x8000000000000000      /* XCOMP_BV */
        .skip   48

        .section .note.GNU-stack, "", @progbits
