/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/pccs/stores.h: an empty store of either engine, with the service's tables. */
#ifndef COFFER_TESTS_PCCS_STORES_H
#define COFFER_TESTS_PCCS_STORES_H

#include "base/buf.h"
#include "store/store.h"
#include "verify/piece.h"

/** stores_run() - run the test @body with a store of each engine; without PostgreSQL with one */
int stores_run(void (*body)(struct store *s));

/** vector_load() - a file of tests/vectors, released by the caller */
struct buf vector_load(const char *directory, const char *name);

/** vector_verifier() - a verifier with the root of tests/vectors/good-v3-sgx */
struct verifier *vector_verifier(void);

/** vector_leaf() - split a PCK chain into its leaf and its issuer chain */
void vector_leaf(struct span text, struct span *ret_leaf, struct span *ret_chain);

#endif
