/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/support/machine.h: recorded machines. A text file describes what a machine shows; this
 * makes it come true in a temporary directory. One item a line:
 *
 *     file PATH TEXT              a file with TEXT and a line end; "\n" in TEXT is a line end
 *     char PATH MODE              a character device (1:3), octal mode; needs CAP_MKNOD
 *     link PATH TARGET            a symbolic link
 *     dir PATH                    a directory
 *     cpuid LEAF SUB A B C D      registers of one leaf, all numbers hexadecimal
 *     hwcap2 BITS                 hexadecimal
 *     # ...                       a remark
 *
 * PATH begins with sys/, dev/ or proc/.
 */
#ifndef COFFER_TESTS_MACHINE_H
#define COFFER_TESTS_MACHINE_H

#include "platform/platform.h"

struct machine; /* opaque */

/**
 * machine_new() - build the machine of tests/data/machines/NAME.machine
 * Return: NULL, with a message printed, when this process may not make device nodes: skip() then.
 * Anything else that goes wrong ends the program.
 */
struct machine *machine_new(const char *name);

/** machine_free() - remove the directory too */
void machine_free(struct machine *m);

/** machine_apply() - add one more line, as in the file; "remove PATH" takes something away */
void machine_apply(struct machine *m, const char *line);

/** machine_sources() - what to give to platform_new(); dev_host is "/dev" */
struct platform_sources machine_sources(const struct machine *m);

/** machine_path() - a path inside the machine's directory; overwritten by the next call */
const char *machine_path(const struct machine *m, const char *path);

#endif
