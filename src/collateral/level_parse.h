/* SPDX-License-Identifier: Apache-2.0 */
/* collateral/tcb_level.h: reading what levels have in common. For collateral/ only. */
#ifndef COFFER_COLLATERAL_LEVEL_PARSE_H
#define COFFER_COLLATERAL_LEVEL_PARSE_H

#include "codec/json.h"
#include "collateral/arena.h"
#include "collateral/tcb_level.h"

/**
 * member_once() - which of @names is @key
 * @seen: bits of the names met so far in this object; a second occurrence latches in @r
 * Return: its index, or -1 for a name that is not listed (its value is skipped).
 */
int member_once(struct json_reader *r, struct span key, const char *const *names, size_t count,
                uint32_t *seen);

/** date_read() - the next value, an RFC 3339 date string, as unix seconds */
int64_t date_read(struct json_reader *r);

/** level_member_read() - tcbDate, tcbStatus or advisoryIDs; false when @key is none of them */
bool level_member_read(struct json_reader *r, struct span key, struct arena *arena,
                       struct tcb_level_common *level);

/** level_check() - latches in @r unless date and status were there */
void level_check(struct json_reader *r, const struct tcb_level_common *level);

/**
 * isvsvn_levels_read() - the next value, an array of {tcb: {isvsvn}, ...}; sorted descending,
 * duplicates latch in @r. Return: the levels in @arena.
 */
struct isvsvn_level *isvsvn_levels_read(struct json_reader *r, struct arena *arena, size_t max,
                                        size_t *ret_count);

#endif
