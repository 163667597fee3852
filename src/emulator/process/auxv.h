/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/auxv.h: what the kernel put on the stack at the start (arguments, environment,
 * auxiliary vector), and the replacement of AT_SYSINFO_EHDR there, which getauxval() of every libc
 * reads.
 */
#ifndef COFFER_EMULATOR_PROCESS_AUXV_H
#define COFFER_EMULATOR_PROCESS_AUXV_H

#include <stdbool.h>
#include <stdint.h>

/** auxv_setup() - find the vector. Return: false when nothing tells where the stack began. */
bool auxv_setup(void);

/** auxv_find() - Return: false when there is no such entry; its value may be 0 */
bool auxv_find(uint64_t type, uint64_t *ret_value);

/** auxv_get() - a value, 0 when absent */
uint64_t auxv_get(uint64_t type);

/** auxv_set() - replace the value of a present entry in memory, and in /proc/self/auxv where the
 *  kernel allows it */
void auxv_set(uint64_t type, uint64_t value);

/** auxv_open() - a file with the vector as it is now. Return: descriptor or negative errno. */
long auxv_open(void);

/** auxv_environment() - a variable of the environment the program started with, or NULL */
const char *auxv_environment(const char *name);

#endif
