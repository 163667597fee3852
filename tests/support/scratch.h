/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/scratch.h: an empty directory for a test, removed with all that it holds. */
#ifndef COFFER_TESTS_SCRATCH_H
#define COFFER_TESTS_SCRATCH_H

/** scratch_setup(), scratch_teardown() - for cmocka, around a test or around all tests of a file */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/** scratch_dir() - the directory's path */
const char *scratch_dir(void);

/** scratch_path() - the path of @name in it; valid until the fourth call from here */
const char *scratch_path(const char *name);

#endif
