/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/auxv.h: the arguments, the environment and the auxiliary vector that the kernel
 * put on the stack at the start. AT_SYSINFO_EHDR is replaced there, where getauxval() of every C
 * library reads it.
 */
#ifndef COFFER_EMULATOR_PROCESS_AUXV_H
#define COFFER_EMULATOR_PROCESS_AUXV_H

#include <stdbool.h>
#include <stdint.h>

/** auxv_setup() - find the vector. Return: false when the start of the stack cannot be found. */
bool auxv_setup(void);

/** auxv_find() - Return: false when there is no entry of @type. The value of an entry may be 0. */
bool auxv_find(uint64_t type, uint64_t *ret_value);

/** auxv_get() - the value of an entry, 0 when there is none */
uint64_t auxv_get(uint64_t type);

/** auxv_set() - replace the value of an existing entry in memory, and in /proc/self/auxv where the
 *  kernel allows it */
void auxv_set(uint64_t type, uint64_t value);

/** auxv_open() - open a file with the current vector. Return: its descriptor or a negative
 *  errno. */
long auxv_open(void);

/** auxv_environment() - a variable of the environment that the program started with, or NULL */
const char *auxv_environment(const char *name);

#endif
