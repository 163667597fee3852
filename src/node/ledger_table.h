/* SPDX-License-Identifier: Apache-2.0 */
/* node/ledger_table.h: the agent's status as a person reads it, within 80 columns. */
#ifndef COFFER_NODE_LEDGER_TABLE_H
#define COFFER_NODE_LEDGER_TABLE_H

#include "base/buf.h"
#include "base/err.h"

/**
 * ledger_table_render() - append the table for the JSON of /status
 * Return: 0; -EBADMSG when @status is not the JSON of a status.
 */
NODISCARD int ledger_table_render(struct span status, struct buf *out, struct err *err);

#endif
