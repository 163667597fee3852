/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/child.h: a service that runs beside the agent, in its process group: started again with
 * back-off when it ends, and ended with the agent, however that ends.
 */
#ifndef COFFER_SERVICE_CHILD_H
#define COFFER_SERVICE_CHILD_H

#include <sys/types.h>

#include "net/loop.h"

enum {
    CHILD_ARGUMENTS_MAX = 16,
    CHILD_RETRY_FIRST_MS = 500,
    CHILD_RETRY_LAST_MS = 30000,
    CHILD_STEADY_MS = 60000, /* ran this long: the back-off starts anew */
    CHILD_PROVEN_MS = 5000,  /* ran this long after an end: it is no trouble any more */
};

/**
 * child_fork() - fork() for a process with a loop
 *
 * The loop's signal handlers write into a pipe that both processes share, so a SIGTERM for the new
 * one would end the old: the new one begins with default dispositions, and gets SIGTERM when its
 * parent ends.
 */
pid_t child_fork(void);

struct child; /* opaque */

/**
 * child_new() - start @name, which install_find() finds
 * @arguments: NULL-terminated, without the name; the strings are borrowed for the child's life
 */
NODISCARD int child_new(struct loop *loop, const char *name, const char *const *arguments,
                        struct child **ret, struct err *err);

/** child_free() - end it with SIGTERM and do not wait */
void child_free(struct child *c);

/** child_reap_others() - after child_reap() of every child: release those that child_free() ended
 */
void child_reap_others(void);

/**
 * child_trouble() - why the service does not run
 * Return: "" when it runs; after an unplanned end also when it has run for less than
 * CHILD_PROVEN_MS, how it ended and how often.
 */
const char *child_trouble(const struct child *c);

/** child_starts() - how often it was started */
uint64_t child_starts(const struct child *c);

/** child_reap() - call for each SIGCHLD */
void child_reap(struct child *c);

#endif
