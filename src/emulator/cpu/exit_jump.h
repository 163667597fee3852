/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/exit_jump.h: makes the EEXIT sites of an enclave jump to fast_exit_jump, so that
 * they need no signal.
 */
#ifndef COFFER_EMULATOR_CPU_EXIT_JUMP_H
#define COFFER_EMULATOR_CPU_EXIT_JUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/signal/kernel_abi.h"

struct enclave;

/** exit_jump_place() - if the ENCLU at @rip of @e, which is INT3 already, is an EEXIT, and the page
 * of the jumps can be mapped, make the site a jump */
void exit_jump_place(struct enclave *e, uint64_t rip);

/** exit_jump_take() - take the signal if a thread has run a site while it was written: move RIP on
 * to the INT3 of the ENCLU. Return: false, with nothing changed, for any other signal. */
bool exit_jump_take(const struct kernel_siginfo *info, struct kernel_context *uc);

/** exit_jump_yield() - the program is about to map or unmap a range. If the page of the jumps is in
 * it, restore all sites, and make no jumps any more. */
void exit_jump_yield(uint64_t address, uint64_t size);

#endif
