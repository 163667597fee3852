/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/patch.h: code that has been rewritten to trap. An ENCLU is when it has really
 * trapped: under KVM on AMD a #UD costs 3.5 times another signal, so the first byte of a known site
 * becomes INT3: one byte, stored at once, harmless to a thread that runs there. The emulator skips
 * the rest of the instruction. Other kinds never trap by themselves and are placed before they run.
 */
#ifndef COFFER_EMULATOR_CPU_PATCH_H
#define COFFER_EMULATOR_CPU_PATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/signal/kernel_abi.h"

enum patch_tier {
    PATCH_SIGILL, /* leave every site alone */
    PATCH_TRAP,   /* INT3 */
    PATCH_CALL,   /* calls through address zero where that is possible, else INT3: see fast.h */
};

extern enum patch_tier patch_tier;

struct enclave;

/** patch_site() - rewrite the ENCLU at @rip when the tier says so; @e NULL: host code */
void patch_site(struct enclave *e, uint64_t rip);

enum patch_kind {
    PATCH_NONE,
    PATCH_ENCLU,
    PATCH_CPUID,  /* INT3 and NOP */
    PATCH_LOADER, /* INT3 where the dynamic linker tells debuggers of a change */
};

/** patch_place() - put a breakpoint of @kind into host code; without room or the right to write,
 *  nothing happens */
void patch_place(enum patch_kind kind, uint64_t rip);

/** patch_at() - what became INT3 at @rip */
enum patch_kind patch_at(uint64_t rip);

/** patch_has_trapped() - was this signal raised by an INT3 of @kind, which RIP is behind */
bool patch_has_trapped(enum patch_kind kind, const struct kernel_siginfo *info,
                       const struct kernel_context *uc);

/** patch_forget() - the sites of a range that goes away */
void patch_forget(uint64_t address, uint64_t size);

/** patch_write() - write host code, whatever its protection. Return: 0 or a negative errno. */
int patch_write(uint64_t address, const void *bytes, uint64_t size);

#endif
