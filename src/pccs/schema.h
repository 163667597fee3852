/* SPDX-License-Identifier: Apache-2.0 */
/* pccs/schema.h: the tables of the collateral service. */
#ifndef COFFER_PCCS_SCHEMA_H
#define COFFER_PCCS_SCHEMA_H

#include "store/store.h"

/** pccs_schema_migrate() - bring the tables to the newest form; see store_migrate() */
NODISCARD int pccs_schema_migrate(struct store *s, struct err *err);

#endif
