/*
 * emulator/patch.h: ENCLU sites, rewritten when they have really trapped. Under KVM on AMD a #UD
 * costs 3.5 times another signal, so the first byte of a known site becomes INT3: one byte, stored
 * at once, harmless to a thread that runs there. The emulator skips the rest of the instruction.
 */
#ifndef COFFER_EMULATOR_PATCH_H
#define COFFER_EMULATOR_PATCH_H

#include <stdbool.h>
#include <stdint.h>

enum patch_tier {
    PATCH_SIGILL, /* leave every site alone */
    PATCH_TRAP,   /* INT3 */
    PATCH_CALL,   /* calls through address zero where that is possible, else INT3: see fast.h */
};

extern enum patch_tier patch_tier;

struct enclave;

/** patch_site() - rewrite the ENCLU at @rip when the tier says so; @e NULL: host code */
void patch_site(struct enclave *e, uint64_t rip);

/** patch_is_site() - was there an ENCLU at @rip that is INT3 now */
bool patch_is_site(uint64_t rip);

/** patch_forget() - the sites of a range that goes away */
void patch_forget(uint64_t address, uint64_t size);

/** patch_write() - write host code, whatever its protection. Return: 0 or a negative errno. */
int patch_write(uint64_t address, const void *bytes, uint64_t size);

#endif
