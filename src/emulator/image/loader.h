/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/image/loader.h: the objects that the dynamic linker has loaded. Both C libraries keep
 * the same list of them for debuggers: struct r_debug, which the program's DT_DEBUG points to.
 */
#ifndef COFFER_EMULATOR_IMAGE_LOADER_H
#define COFFER_EMULATOR_IMAGE_LOADER_H

#include "emulator/signal/kernel_abi.h"
#include "emulator/image/object.h"

/** loader_find() - find the list. Return: false when the program has none, as a static one. */
bool loader_find(void);

/** loader_setup() - loader_find(), and a breakpoint where the linker tells of changes */
bool loader_setup(void);

/** struct loaded - the beginning of struct link_map, which is the same in both C libraries */
struct loaded {
    uint64_t bias;
    const char *path; /* empty for the program */
    const void *dynamic;
    const struct loaded *next, *previous;
};

/** loader_first() - the program, which the libraries follow. The list may be read while nothing
 *  is loaded or unloaded: in the thread of loader_find(), and after a consistent
 *  loader_stop_take(). */
const struct loaded *loader_first(void);

/** loader_object() - the object of an entry. Return: false when its ELF header is not in memory. */
bool loader_object(const struct loaded *l, struct object *ret);

/**
 * loader_stop_take() - take the signal if the linker's breakpoint has raised it: the list has
 * changed or is about to change. @uc continues after the breakpoint.
 * @ret_consistent: the list may be read
 * Return: false, with nothing changed, for any other signal.
 */
bool loader_stop_take(const struct kernel_siginfo *info, struct kernel_context *uc,
                      bool *ret_consistent);

#endif
