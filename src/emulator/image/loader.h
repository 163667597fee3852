/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/image/loader.h: the objects that the dynamic linker has loaded, by the list that it
 * keeps for debuggers (struct r_debug, reached through the program's DT_DEBUG). glibc and musl keep
 * it alike.
 */
#ifndef COFFER_EMULATOR_IMAGE_LOADER_H
#define COFFER_EMULATOR_IMAGE_LOADER_H

#include "emulator/signal/kernel_abi.h"
#include "emulator/image/object.h"

/** loader_find() - find the list. Return: false when the program has none. */
bool loader_find(void);

/** loader_setup() - the same, and learn of its changes from now on */
bool loader_setup(void);

/** struct loaded - an entry of the list as both libraries begin it (struct link_map) */
struct loaded {
    uint64_t bias;
    const char *path; /* empty for the program */
    const void *dynamic;
    const struct loaded *next, *previous;
};

/** loader_first() - the program; the libraries are behind it. Valid while nothing is loaded or
 *  unloaded: in loader_find()'s thread, and in loader_stop_take(). */
const struct loaded *loader_first(void);

/** loader_object() - Return: false for what has no ELF header in memory, as the vDSO may */
bool loader_object(const struct loaded *l, struct object *ret);

/**
 * loader_stop_take() - was this signal the linker's word that the list has changed; if so @uc goes
 * on from there, and the list may be read when @ret_consistent says so
 */
bool loader_stop_take(const struct kernel_siginfo *info, struct kernel_context *uc,
                      bool *ret_consistent);

#endif
