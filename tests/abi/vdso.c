/* SPDX-License-Identifier: Apache-2.0 */
/* The vDSO function, without a user handler and with one. */
#include "tests.h"

#include <elf.h>
#include <setjmp.h>
#include <string.h>
#include <sys/auxv.h>

static struct sgx_enclave_run run_for(const struct abi *a)
{
    return (struct sgx_enclave_run){
        .tcs = (uint64_t)a->base, .user_handler = (uint64_t)abi_exit_handler, .user_data = 0x1234};
}

void vdso_checks_its_arguments(struct abi *a)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base, .function = 99};
    uint64_t none[6] = {0};
    struct abi_seen seen;

    for (unsigned leaf = 0; leaf < 16; leaf++)
        if (leaf != SGX_EENTER && leaf != SGX_ERESUME)
            expect_equal(run_with(&run, leaf, none, &seen), -EINVAL);
    expect_equal(run_with(&run, 0x80000002, none, &seen), -EINVAL);
    for (size_t i = 0; i < sizeof(run.reserved); i++) {
        run.reserved[i] = 1;
        expect_equal(run_with(&run, SGX_EENTER, none, &seen), -EINVAL);
        run.reserved[i] = 0;
    }
    expect_equal(run.function, 99); /* no entry, so no report */
    expect_equal(run_with(&run, SGX_EENTER, none, &seen), 0);
}

static void check_kept(const struct abi_seen *seen)
{
    expect_equal(seen->rbx, ABI_RBX_KEPT);
    expect_equal(seen->rbp, seen->rsp); /* the frame of the caller */
}

void vdso_keeps_registers(struct abi *a)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base};
    struct abi_seen seen;

    for (int i = 0; i < 3; i++) { /* by a signal and by the fast path */
        expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_NOTHING}, &seen), 0);
        check_kept(&seen);
        expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_STACK, 0x1008}, &seen), 0);
        check_kept(&seen); /* although the enclave has changed RSP */
    }
    expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_UD}, &seen), 0);
    check_kept(&seen);
    run.reserved[0] = 1;
    expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_NOTHING}, &seen), -EINVAL);
    check_kept(&seen);
}

void vdso_passes_operands(struct abi *a)
{
    for (int i = 0; i < 3; i++) {
        uint64_t operands[6] = {ABI_ECHO, 1, 2, 3, 4};

        expect_exit(enter_as(a, 0, SGX_EENTER, operands));
        expect_equal(operands[0], 0x500);
        expect_equal(operands[1], 0x101);
        expect_equal(operands[2], 0x202);
        expect_equal(operands[3], 0x303);
        expect_equal(operands[4], 0x404);
    }
}

/* Only the code of Linux defines this: it uses RAX, RBX and RCX itself. */
void vdso_passes_registers(struct abi *a)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base};
    struct abi_seen seen;

    for (int i = 0; i < 3; i++) {
        expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_NOTHING}, &seen), 0);
        expect_equal(seen.r[13 - 8], ABI_R10_IN);
        expect_equal(seen.r[15 - 8], ABI_R10_IN + 1);
        expect_equal(seen.r[12 - 8], ABI_R10_IN + 2);
    }
}

/* -- with a handler -- */

static int decided;
static unsigned asked;

static int decide_once(struct sgx_enclave_run *run)
{
    (void)run;
    asked++;
    return decided;
}

__attribute__((noinline)) static int run_handled(struct sgx_enclave_run *run, uint64_t operands[6])
{
    struct abi_seen seen;
    int r;

    abi_decide = abi_decide ? abi_decide : decide_once;
    asked = 0;
    r = run_with(run, SGX_EENTER, operands, &seen);
    check_kept(&seen);
    return r;
}

void handler_gets_operands(struct abi *a)
{
    for (int i = 0; i < 3; i++) {
        struct sgx_enclave_run run = run_for(a);
        uint64_t operands[6] = {ABI_ECHO, 1, 2, 3, 4};

        expect_equal(run_handled(&run, operands), 0);
        expect_equal(asked, 1);
        expect_equal(run.function, SGX_EEXIT);
        expect_equal(run.user_data, 0x1234);
        expect_equal(abi_saw.rdi, 0x500);
        expect_equal(abi_saw.rsi, 0x101);
        expect_equal(abi_saw.rdx, 0x202);
        expect_equal(abi_saw.r8, 0x303);
        expect_equal(abi_saw.r9, 0x404);
        expect_equal(abi_saw.run, &run);
    }
}

void handler_gets_faults(struct abi *a)
{
    struct sgx_enclave_run run = run_for(a);
    uint64_t code = (uint64_t)a->base + ABI_CODE;

    expect_equal(run_handled(&run, (uint64_t[6]){ABI_STORE, code + 8, 1}), 0);
    expect_fault(run, SGX_ERESUME, 14, 7, code);
    expect_equal(asked, 1);
    expect_equal(handle(a, 3), 0x8000030e);
    expect_exit(RESUME(a, 0));
    run.tcs++;
    expect_equal(run_handled(&run, (uint64_t[6]){ABI_NOTHING}), 0);
    expect_fault(run, SGX_EENTER, 13, 0, 0);
    expect_equal(asked, 1);
}

void handler_result_is_returned(struct abi *a)
{
    struct sgx_enclave_run run = run_for(a);
    uint64_t operands[6] = {ABI_NOTHING};

    for (decided = -5; decided <= 0; decided++)
        expect_equal(run_handled(&run, operands), decided);
    decided = INT32_MIN;
    expect_equal(run_handled(&run, operands), INT32_MIN);
    for (decided = 1; decided < 16; decided++) { /* the result is a leaf, with the same rules */
        if (decided == SGX_EENTER || decided == SGX_ERESUME)
            continue;
        expect_equal(run_handled(&run, operands), -EINVAL);
        expect_equal(asked, 1);
    }
}

/* One call does EENTER with other operands, a fault, the exception handler and ERESUME. */
static int decide_script(struct sgx_enclave_run *run)
{
    (void)run;
    switch (asked++) {
    case 0:
        abi_gives[0] = ABI_UD;
        return SGX_EENTER;
    case 1:
        expect_fault(*run, SGX_ERESUME, 6, 0, 0);
        abi_gives[0] = ABI_STEP, abi_gives[1] = 2;
        return SGX_EENTER;
    case 2:
        expect_equal(abi_saw.rdi, 0x80000306);
        return SGX_ERESUME;
    case 3:
        expect_equal(abi_saw.rdi, 1);
        abi_gives[0] = ABI_ECHO, abi_gives[1] = 5, abi_gives[2] = 6;
        abi_gives[3] = 7, abi_gives[4] = 8;
        return SGX_EENTER;
    default:
        run->reserved[7] = abi_saw.rdi == 0x500;
        return SGX_EENTER; /* refused: reserved is checked each time */
    }
}

void handler_enters_again(struct abi *a)
{
    struct sgx_enclave_run run = run_for(a);

    abi_decide = decide_script;
    expect_equal(run_handled(&run, (uint64_t[6]){ABI_NOTHING}), -EINVAL);
    expect_equal(asked, 5);
    expect_equal(abi_saw.rsi, 0x105);
    expect_equal(abi_saw.rdx, 0x206);
    expect_equal(abi_saw.r8, 0x307);
    expect_equal(abi_saw.r9, 0x408);
}

static int decide_thread(struct sgx_enclave_run *run)
{
    if (asked++ == 3)
        return 0;
    run->tcs += ABI_THREAD_SIZE;
    abi_gives[0] = ABI_BASES;
    return SGX_EENTER;
}

void handler_chooses_the_thread(struct abi *a)
{
    struct sgx_enclave_run run = run_for(a);

    abi_decide = decide_thread;
    expect_equal(run_handled(&run, (uint64_t[6]){ABI_BASES}), 0);
    expect_equal(abi_saw.rsi, (uint64_t)a->base + 3 * ABI_THREAD_SIZE + ABI_SSA);
}

void handler_stack_is_aligned(struct abi *a)
{
    struct sgx_enclave_run run = run_for(a);
    uint64_t first = 0;

    for (uint64_t lower = 0; lower < 0x2000; lower += 0x1f9) {
        expect_equal(run_handled(&run, (uint64_t[6]){ABI_STACK, lower}), 0);
        first = first ? first : abi_saw.ursp;
        expect_equal(abi_saw.ursp, first - lower); /* RSP at EEXIT */
        expect_equal(abi_saw.rsp % 16, 8);
        expect(abi_saw.rsp < abi_saw.ursp && abi_saw.ursp - abi_saw.rsp < 64);
    }
}

static jmp_buf away;

static int decide_jump(struct sgx_enclave_run *run)
{
    (void)run;
    longjmp(away, 1);
}

void handler_may_jump_away(struct abi *a)
{
    abi_decide = decide_jump;
    for (volatile int i = 0; i < 10; i++) {
        struct sgx_enclave_run run = run_for(a);

        if (setjmp(away) == 0) {
            (void)run_handled(&run, (uint64_t[6]){i % 2 ? ABI_UD : ABI_NOTHING});
            expect(false);
        }
        if (i % 2)
            expect_equal(handle(a, 2), 0x80000306);
        if (i % 2)
            expect_exit(RESUME(a, 0));
    }
}

/* An outside call that enters again on the same thread, with one handler inside another. */
static const struct abi *nested;

static int decide_nested(struct sgx_enclave_run *run)
{
    (void)run;
    expect_exit(ENTER(nested, ABI_NOTHING));
    expect_fault(enter_as(nested, 1, SGX_EENTER, (uint64_t[6]){ABI_UD}), SGX_ERESUME, 6, 0, 0);
    return -7;
}

void handler_enters_itself(struct abi *a)
{
    struct sgx_enclave_run run = run_for(a);

    nested = a;
    abi_decide = decide_nested;
    expect_equal(run_handled(&run, (uint64_t[6]){ABI_NOTHING}), -7);
    expect_equal(run.function, SGX_EEXIT);
}

/* Open Enclave takes the end of the section headers for the end of the image. */
void vdso_sections_end_with_headers(struct abi *a)
{
    const uint8_t *image = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(image + header->e_shoff);
    uint64_t end = header->e_shoff + (uint64_t)header->e_shnum * header->e_shentsize;

    (void)a;
    expect(header->e_shnum > 0);
    for (unsigned i = 0; i < header->e_shnum; i++)
        if (sections[i].sh_type != SHT_NULL && sections[i].sh_type != SHT_NOBITS)
            expect(sections[i].sh_offset + sections[i].sh_size <= end);
}
