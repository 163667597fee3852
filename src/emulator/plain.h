/*
 * emulator/plain.h: the signal calls of a process whose memory is borrowed (process.h). The kernel
 * gets what the program asks for, nothing is kept, and what was inherited is read as the parent's.
 */
#ifndef COFFER_EMULATOR_PLAIN_H
#define COFFER_EMULATOR_PLAIN_H

#include "emulator/kernel.h"

/** plain_action(), plain_mask(), plain_stack() - as signal_set_action() and its like */
int plain_action(int signo, const struct kernel_action *action, struct kernel_action *ret_old);
int plain_mask(int how, const uint64_t *set, uint64_t *ret_old);
int plain_stack(const struct kernel_stack *stack, struct kernel_stack *ret_old);

#endif
