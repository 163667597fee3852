/* SPDX-License-Identifier: Apache-2.0 */
/* cmd/program.h: what kind of program a command is. */
#ifndef COFFER_CMD_PROGRAM_H
#define COFFER_CMD_PROGRAM_H

#include <stdbool.h>

/**
 * program_is_static() - will the kernel start @name, found as execvp() finds it, without a dynamic
 * linker, which alone loads LD_PRELOAD's libraries
 * Return: false too for scripts and for what cannot be read.
 */
bool program_is_static(const char *name);

#endif
