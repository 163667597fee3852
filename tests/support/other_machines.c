/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaces src/emulator/cpu/machine.c by a machine that COFFER_TEST_MACHINE describes, in words
 * separated by commas. A property that is not named is the one of the real machine.
 *
 *   ud            ENCLU raises #UD, as where SGX is absent
 *   gp            ENCLU raises #GP with any leaf
 *   pf, pf-sgx    SGX is hidden: EENTER and ERESUME raise #PF, without or with the SGX bit, other
 *                 leaves #GP
 *   no-faulting   CPUID cannot be made to fault
 *   no-avx512, no-pku, amx, no-compaction   state components, and XSAVEC
 *   no-fsgsbase
 */
#include "emulator/cpu/machine.h"

#include <cpuid.h>

#include "crypto_bare/mem.h"
#include "emulator/process/auxv.h"
#include "emulator/signal/dispositions.h"
#include "emulator/sys.h"
#include "sgx/arch.h"

enum {
    SET_CPUID = 0x1012, /* arch_prctl: ARCH_SET_CPUID */
    LEAF_FEATURES = 1,
    LEAF_EXTENDED = 7,
    LEAF_XSAVE = 0xd,
    HWCAP2_FSGSBASE = 1 << 1,
    TILE_CONFIG = 17,
    TILE_DATA = 18,
    PKU_BITS = 0x18, /* leaf 7, ECX */
};
#define XCR0_AVX512  UINT64_C(0xe0)
#define XCR0_PKRU    UINT64_C(0x200)
#define XCR0_AMX     UINT64_C(0x60000)
#define AVX512_7_EBX UINT32_C(0xdc230000)
#define AVX512_7_ECX UINT32_C(0x5842)
#define AVX512_7_EDX UINT32_C(0x80010c)

static bool has_word(const char *word)
{
    const char *text = auxv_environment("COFFER_TEST_MACHINE");
    size_t size = strlen(word);

    while (text && *text) {
        size_t length = 0;

        while (text[length] && text[length] != ',')
            length++;
        if (length == size && memcmp(text, word, size) == 0)
            return true;
        text += length + (text[length] == ',');
    }
    return false;
}

static struct cpuid_regs state_leaf(uint32_t subleaf, struct cpuid_regs r)
{
    if (subleaf == 1 && has_word("no-compaction"))
        r.eax &= ~UINT32_C(6);
    if (subleaf == TILE_CONFIG && has_word("amx"))
        return (struct cpuid_regs){.eax = 64, .ebx = 2752};
    if (subleaf == TILE_DATA && has_word("amx"))
        return (struct cpuid_regs){.eax = 8192, .ebx = 2816, .ecx = 6};
    return r;
}

struct cpuid_regs machine_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;

    __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
    if (leaf == LEAF_EXTENDED && subleaf == 0 && has_word("no-avx512")) {
        r.ebx &= ~AVX512_7_EBX;
        r.ecx &= ~AVX512_7_ECX;
        r.edx &= ~AVX512_7_EDX;
    }
    if (leaf == LEAF_EXTENDED && subleaf == 0 && has_word("no-pku"))
        r.ecx &= ~(uint32_t)PKU_BITS;
    return leaf == LEAF_XSAVE ? state_leaf(subleaf, r) : r;
}

uint64_t machine_xcr0(void)
{
    uint64_t value = 0;
    uint32_t low, high;

    if (machine_cpuid(LEAF_FEATURES, 0).ecx & bit_OSXSAVE) {
        __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        value = (uint64_t)high << 32 | low;
    }
    if (has_word("no-avx512"))
        value &= ~XCR0_AVX512;
    if (has_word("no-pku"))
        value &= ~XCR0_PKRU;
    return has_word("amx") ? value | XCR0_AMX : value & ~XCR0_AMX;
}

int machine_fault_cpuid(bool faults)
{
    if (has_word("no-faulting"))
        return -ENODEV;
    return (int)sys_call3(__NR_arch_prctl, SET_CPUID, !faults, 0);
}

bool machine_has_fsgsbase(uint64_t hwcap2)
{
    return hwcap2 & HWCAP2_FSGSBASE && !has_word("no-fsgsbase");
}

static bool is_at_enclu(const struct kernel_context *uc)
{
    static const uint8_t enclu[] = {SGX_ENCLU_BYTES};
    uint8_t bytes[sizeof(enclu)];

    return signals_copy_user(bytes, (const void *)uc->regs.rip, sizeof(bytes)) == 0 &&
           memcmp(bytes, enclu, sizeof(bytes)) == 0;
}

static void fault_make(struct kernel_siginfo *info, struct kernel_regs *r, uint64_t trap,
                       uint64_t error)
{
    info->signo = trap == TRAP_UD ? SIGNAL_ILL : SIGNAL_SEGV;
    info->code = trap == TRAP_UD   ? SIGNAL_CODE_ILL_ILLOPN
                 : trap == TRAP_PF ? SIGNAL_CODE_SEGV_ACCERR
                                   : SIGNAL_CODE_KERNEL;
    info->address = trap == TRAP_PF ? r->rbx | 0xfff : trap == TRAP_UD ? r->rip : 0;
    r->trap = trap;
    r->error = error;
    r->cr2 = info->address;
}

const struct kernel_siginfo *machine_signal(const struct kernel_siginfo *info,
                                            struct kernel_context *uc)
{
    struct kernel_siginfo *seen = (struct kernel_siginfo *)(uint64_t)info;
    struct kernel_regs *r = &uc->regs;
    bool is_entry = (uint32_t)r->rax == SGX_EENTER || (uint32_t)r->rax == SGX_ERESUME;

    if (info->signo != SIGNAL_ILL && info->signo != SIGNAL_SEGV)
        return info;
    if ((info->signo == SIGNAL_SEGV && r->trap == TRAP_PF && r->error & FAULT_FETCH) ||
        !is_at_enclu(uc))
        return info;
    if (has_word("ud"))
        fault_make(seen, r, TRAP_UD, 0);
    else if (has_word("gp") || (!is_entry && (has_word("pf") || has_word("pf-sgx"))))
        fault_make(seen, r, TRAP_GP, 0);
    else if (has_word("pf"))
        fault_make(seen, r, TRAP_PF, FAULT_USER | FAULT_WRITE);
    else if (has_word("pf-sgx"))
        fault_make(seen, r, TRAP_PF, FAULT_SGX | FAULT_USER | FAULT_WRITE | FAULT_PRESENT);
    return info;
}
