/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *source_path(const char *relative, char path[static VECTORS_PATH_SIZE])
{
    const char *root = getenv("COFFER_SOURCE_ROOT");

    snprintf(path, VECTORS_PATH_SIZE, "%s/%s", root ? root : ".", relative);
    return path;
}

const char *vectors_path(const char *relative, char path[static VECTORS_PATH_SIZE])
{
    const char *set = getenv("COFFER_VECTORS");
    const char *root = getenv("COFFER_SOURCE_ROOT");

    if (set)
        snprintf(path, VECTORS_PATH_SIZE, "%s/%s", set, relative);
    else
        snprintf(path, VECTORS_PATH_SIZE, "%s/../shared/vectors/%s", root ? root : ".", relative);
    if (access(path, R_OK) == 0)
        return path;
    printf("skipped: no real attestation data at %s (set COFFER_VECTORS)\n", path);
    return NULL;
}
