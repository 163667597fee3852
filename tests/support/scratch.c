/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "scratch.h"

enum {
    PATHS = 4,
    DESCRIPTORS_MAX = 16, /* that nftw() may keep open */
};

static char directory[64];

int scratch_setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/coffer-test-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int entry_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int scratch_teardown(void **state)
{
    (void)state;
    return nftw(directory, entry_remove, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_dir(void)
{
    return directory;
}

const char *scratch_path(const char *name)
{
    static char paths[PATHS][PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % PATHS];

    assert_int_equal(path_join(directory, name, path, NULL), 0);
    return path;
}
