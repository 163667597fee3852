/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/exit_jump.h: EEXIT sites of an enclave that leave by a jump to fast_exit_jump
 * instead of a signal.
 */
#ifndef COFFER_EMULATOR_CPU_EXIT_JUMP_H
#define COFFER_EMULATOR_CPU_EXIT_JUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/signal/kernel_abi.h"

struct enclave;

/** exit_jump_place() - the ENCLU at @rip of @e, which is INT3 already: make it a jump when it is an
 *  EEXIT and the page that the jump needs can be had */
void exit_jump_place(struct enclave *e, uint64_t rip);

/** exit_jump_take() - a thread came to a site while it was being rewritten: move on to the INT3 of
 *  the ENCLU. Return: false, with nothing changed, for any other signal. */
bool exit_jump_take(const struct kernel_siginfo *info, struct kernel_context *uc);

/** exit_jump_yield() - the program is about to map or unmap a range. When the page of the jumps
 * lies in it, all sites are as they were first. */
void exit_jump_yield(uint64_t address, uint64_t size);

#endif
