/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/support/torture.h: what happens when memory ends? Runs a scene once for each allocation it
 * makes, with that one failing. Leaks and wild pointers on those ways are seen by the sanitizers.
 * A test that uses it depends on torture_dep, which wraps malloc, calloc, realloc and strdup.
 */
#ifndef COFFER_TESTS_TORTURE_H
#define COFFER_TESTS_TORTURE_H

#include <stddef.h>

/** torture_scene - does its work and undoes all of it. Return: 0, or what the work returned. */
typedef int (*torture_scene)(void *context);

/** struct torture_count - what came of it */
struct torture_count {
    size_t runs;    /* allocations that were made to fail, one a run */
    size_t refused; /* runs that ended with -ENOMEM */
    size_t done;    /* runs that ended well all the same */
    size_t other;   /* runs that ended with another error: usually a wrong errno */
};

struct torture_count torture_run(torture_scene scene, void *context);

#endif
