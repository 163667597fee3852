/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/patch.h: code that is rewritten to trap. An ENCLU is rewritten after it has trapped
 * by itself for the first time: under KVM on AMD, #UD costs 3.5 times as much as INT3, so the first
 * byte of the site becomes INT3, and the emulator skips the rest of the instruction. Sites of the
 * other kinds do not trap by themselves and are rewritten before they run.
 */
#ifndef COFFER_EMULATOR_CPU_PATCH_H
#define COFFER_EMULATOR_CPU_PATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/signal/kernel_abi.h"

enum patch_tier {
    PATCH_SIGILL, /* leave every site alone */
    PATCH_TRAP,   /* INT3 */
    PATCH_CALL,   /* calls through address zero where that is possible, else INT3; see fast.h */
};

extern enum patch_tier patch_tier;

struct enclave;

/** patch_site() - rewrite the ENCLU at @rip if the tier allows it. @e: its enclave; NULL: host
 *  code */
void patch_site(struct enclave *e, uint64_t rip);

enum patch_kind {
    PATCH_NONE,
    PATCH_ENCLU,
    PATCH_CPUID,  /* INT3 and NOP */
    PATCH_LOADER, /* INT3 in the function that the dynamic linker calls for debuggers */
    PATCH_EXIT,   /* a jump that replaces the MOV before an EEXIT (exit_jump.h) */
    PATCH_XCR0,   /* INT3 in an instruction of an enclave that depends on XCR0 (xcr0.h) */
};

/** patch_place() - put a breakpoint of @kind into host code. Nothing happens when the table is full
 * or the code cannot be written. */
void patch_place(enum patch_kind kind, uint64_t rip);

/** patch_enclave() - put a breakpoint of @kind into code of @e. @detail: a number below 256 for
 *  patch_detail_at() */
void patch_enclave(enum patch_kind kind, struct enclave *e, uint64_t rip, uint8_t detail);

/** patch_note() - note a site that the caller writes. Return: false when the table is full. */
bool patch_note(enum patch_kind kind, uint64_t rip, uint8_t detail);

/** patch_each() - call @visit for every site of @kind */
void patch_each(enum patch_kind kind, void (*visit)(uint64_t rip, uint8_t detail));

/** patch_detail_at() - the @detail of the site at @rip, which must be one */
uint8_t patch_detail_at(uint64_t rip);

/** patch_at() - the kind of the site at @rip, PATCH_NONE when it is not one */
enum patch_kind patch_at(uint64_t rip);

/** patch_has_trapped() - has an INT3 of @kind raised this signal; RIP is after it then */
bool patch_has_trapped(enum patch_kind kind, const struct kernel_siginfo *info,
                       const struct kernel_context *uc);

/** patch_forget() - forget the sites of a range that is unmapped */
void patch_forget(uint64_t address, uint64_t size);

#endif
