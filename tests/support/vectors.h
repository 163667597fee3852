/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/vectors.h: where test data lies. */
#ifndef COFFER_TESTS_VECTORS_H
#define COFFER_TESTS_VECTORS_H

#include <stddef.h>

enum {
    VECTORS_PATH_SIZE = 4096, /* bytes, NUL included */
};

/**
 * vectors_path() - path of a real attestation vector, or NULL (with a message printed) when the
 * vectors are absent: $COFFER_VECTORS, else ../shared/vectors beside the source tree. Tests skip()
 * then.
 */
const char *vectors_path(const char *relative, char path[static VECTORS_PATH_SIZE]);

/** source_path() - path of a file in this source tree */
const char *source_path(const char *relative, char path[static VECTORS_PATH_SIZE]);

#endif
