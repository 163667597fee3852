/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/pccs/stores.h: an empty store of either engine, with the service's tables. */
#ifndef COFFER_TESTS_PCCS_STORES_H
#define COFFER_TESTS_PCCS_STORES_H

#include "store/store.h"

/** stores_run() - run the test @body with a store of each engine; without PostgreSQL with one */
int stores_run(void (*body)(struct store *s));

/** stores_number() - the integer that @sql selects */
int64_t stores_number(struct store *s, const char *sql);

#endif
