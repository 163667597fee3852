/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/verify/vector_files.h: single files of tests/vectors, which the test authority made.
 */
#ifndef COFFER_TESTS_VECTOR_FILES_H
#define COFFER_TESTS_VECTOR_FILES_H

#include "base/buf.h"
#include "verify/verifier.h"

/** vector_load() - a file of tests/vectors, released by the caller */
struct buf vector_load(const char *directory, const char *name);

/** vector_verifier() - a verifier with the root of tests/vectors/good-v3-sgx */
struct verifier *vector_verifier(void);

/** vector_leaf() - split a PCK chain into its leaf and its issuer chain */
void vector_leaf(struct span text, struct span *ret_leaf, struct span *ret_chain);

#endif
