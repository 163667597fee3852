/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Breakpoints that the emulator puts into code.
 *
 * A site is written once and never restored. Its first byte becomes INT3 with one store, so a
 * thread that runs there executes the old instruction or the new one. A table with open hashing
 * tells what a breakpoint stands for; it is read in signal handlers, so its words are atomic and
 * there is no lock.
 *
 * Code of an enclave is written through the backing, which the emulator can always write. Code of
 * the host is written through /proc/self/mem, which ignores the protection of pages; where that is
 * refused, the page is made writable for a moment and stays executable, because other threads run
 * in it.
 */
#include "emulator/cpu/patch.h"

#include <stdatomic.h>

#include "emulator/enclave/enclave.h"
#include "emulator/cpu/exit_jump.h"
#include "emulator/cpu/fast.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"

enum {
    SITES_MAX = 4096, /* a site without room in the table is not patched */
    PROBES_MAX = 16,
    KIND_SHIFT = 56,   /* a word of the table is kind, detail and address */
    DETAIL_SHIFT = 48, /* eight bits of detail; user addresses have 47 bits */
    BYTE_INT3 = 0xcc,
    BYTE_NOP = 0x90,
};
#define ADDRESS_MASK ((UINT64_C(1) << DETAIL_SHIFT) - 1)

enum patch_tier patch_tier = PATCH_TRAP;

static _Atomic uint64_t sites[SITES_MAX];

static size_t site_hash(uint64_t rip)
{
    return (size_t)((rip * UINT64_C(0x9e3779b97f4a7c15)) >> 52);
}

static bool site_insert(enum patch_kind kind, uint64_t rip, uint8_t detail)
{
    uint64_t word = (uint64_t)kind << KIND_SHIFT | (uint64_t)detail << DETAIL_SHIFT | rip;

    for (size_t i = 0; i < PROBES_MAX; i++) {
        _Atomic uint64_t *slot = &sites[(site_hash(rip) + i) % SITES_MAX];
        uint64_t found = 0;

        if (atomic_compare_exchange_strong(slot, &found, word) || found == word)
            return true;
    }
    return false;
}

static uint64_t site_find(uint64_t rip)
{
    for (size_t i = 0; i < PROBES_MAX; i++) {
        uint64_t word = atomic_load(&sites[(site_hash(rip) + i) % SITES_MAX]);

        if (word && (word & ADDRESS_MASK) == rip)
            return word;
    }
    return 0;
}

enum patch_kind patch_at(uint64_t rip)
{
    return (enum patch_kind)(site_find(rip) >> KIND_SHIFT);
}

uint8_t patch_detail_at(uint64_t rip)
{
    return (uint8_t)(site_find(rip) >> DETAIL_SHIFT);
}

bool patch_has_trapped(enum patch_kind kind, const struct kernel_siginfo *info,
                       const struct kernel_context *uc)
{
    return info->signo == SIGNAL_TRAP && uc->regs.trap == TRAP_BP &&
           patch_at(uc->regs.rip - 1) == kind;
}

void patch_forget(uint64_t address, uint64_t size)
{
    for (size_t i = 0; i < SITES_MAX; i++)
        if ((atomic_load(&sites[i]) & ADDRESS_MASK) - address < size)
            atomic_store(&sites[i], 0);
}

/* For systems that refuse /proc/self/mem. */
static int page_write(uint64_t address, const void *bytes, uint64_t size)
{
    uint64_t start = address & ~(uint64_t)(SGX_PAGE_SIZE - 1), length = address + size - start;
    long r = sys_mprotect(start, length, PROT_READ | PROT_WRITE | PROT_EXEC);

    if (r < 0)
        return (int)r;
    memcpy((void *)address, bytes, size);
    return (int)sys_mprotect(start, length, PROT_READ | PROT_EXEC);
}

/* Write host code, regardless of its protection. Return: 0 or a negative errno. */
static int code_write(uint64_t address, const void *bytes, uint64_t size)
{
    long fd = sys_openat("/proc/self/mem", O_WRONLY | O_CLOEXEC), r;

    r = fd >= 0 ? sys_pwrite((int)fd, bytes, size, address) : fd;
    if (fd >= 0)
        (void)sys_close((int)fd);
    return r == (long)size ? 0 : page_write(address, bytes, size);
}

void patch_place(enum patch_kind kind, uint64_t rip)
{
    static const uint8_t trap[] = {BYTE_INT3, BYTE_NOP};

    if (site_insert(kind, rip, 0) && code_write(rip, trap, kind == PATCH_CPUID ? 2 : 1) < 0)
        patch_forget(rip, 1);
}

/* A call overwrites the bytes below RSP, which only EEXIT may lose. MOV $4, %EAX right before the
 * site proves that it is an EEXIT. */
static void enclave_site_write(struct enclave *e, uint64_t rip)
{
    static const uint8_t loads_eexit[] = {0xb8, 4, 0, 0, 0};
    volatile uint8_t *bytes = enclave_byte(e, rip);

    bytes[0] = BYTE_INT3;
    if (patch_tier == PATCH_CALL && rip - e->base >= sizeof(loads_eexit) &&
        memcmp(enclave_byte(e, rip) - sizeof(loads_eexit), loads_eexit, sizeof(loads_eexit)) == 0 &&
        fast_patch(bytes))
        return;
    exit_jump_place(e, rip);
}

void patch_site(struct enclave *e, uint64_t rip)
{
    if (patch_tier == PATCH_SIGILL)
        return;
    if (!e)
        patch_place(PATCH_ENCLU, rip);
    else if (site_insert(PATCH_ENCLU, rip, 0) && rip - e->base < e->size)
        enclave_site_write(e, rip);
}

void patch_enclave(enum patch_kind kind, struct enclave *e, uint64_t rip, uint8_t detail)
{
    if (site_insert(kind, rip, detail))
        *enclave_byte(e, rip) = BYTE_INT3;
}

bool patch_note(enum patch_kind kind, uint64_t rip, uint8_t detail)
{
    return site_insert(kind, rip, detail);
}

void patch_each(enum patch_kind kind, void (*visit)(uint64_t rip, uint8_t detail))
{
    for (size_t i = 0; i < SITES_MAX; i++) {
        uint64_t word = atomic_load(&sites[i]);

        if (word && word >> KIND_SHIFT == kind)
            visit(word & ADDRESS_MASK, (uint8_t)(word >> DETAIL_SHIFT));
    }
}
