/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/tcb_level.h: the parts that the levels of TCB info, of TDX modules and of enclave
 * identities have in common (Intel PCS API v4, "Get TCB Info" and "Get QE Identity").
 */
#ifndef COFFER_COLLATERAL_TCB_LEVEL_H
#define COFFER_COLLATERAL_TCB_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "codec/json_fields.h"
#include "collateral/tcb_status.h"

struct arena;

enum {
    TCB_ADVISORY_MAX = 256,    /* advisory ids of one level */
    TCB_ADVISORY_LEN_MAX = 63, /* bytes of one id */
};

struct tcb_level_common {
    int64_t tcb_date; /* unix seconds */
    enum tcb_status status;
    struct span status_text;       /* as written, also when @status is TCB_UNKNOWN */
    const struct span *advisories; /* sorted, unique */
    size_t advisory_count;
};

struct isvsvn_level {
    uint16_t isvsvn;
    struct tcb_level_common common;
};

/* TCB_LEVEL_FIELDS(type, advisories): rows of json_fields for @type's member "common";
 * @advisories() calls tcb_level_advisories_read() with the context's arena. */
/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): offsetof() takes a type */
#define TCB_LEVEL_FIELDS(type, advisories)                                                         \
    {.name = "tcbDate", .kind = JSON_FIELD_TIME, .is_required = true,                              \
     .offset = offsetof(type, common.tcb_date)},                                                   \
    {.name = "tcbStatus", .kind = JSON_FIELD_READER, .is_required = true,                          \
     .offset = offsetof(type, common), .read = tcb_level_status_read},                             \
    {.name = "advisoryIDs", .kind = JSON_FIELD_READER,                                             \
     .offset = offsetof(type, common), .read = advisories}
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

/** tcb_level_status_read() - the next value, a status word, into @to (struct tcb_level_common) */
void tcb_level_status_read(struct json_reader *r, void *to, void *unused);

/** tcb_level_advisories_read() - the next value, an array of advisory ids, kept in @arena */
void tcb_level_advisories_read(struct json_reader *r, struct tcb_level_common *to,
                               struct arena *arena);

/** tcb_level_advisories_unique() - sort @list, and drop duplicates. Return: how many are left.
 */
size_t tcb_level_advisories_unique(struct span *list, size_t count);

/**
 * tcb_level_isvsvn_read() - the next value, an array of {tcb: {isvsvn}, ...} with at most @max
 * levels Two levels with the same ISVSVN latch in @r. Return: the levels in @arena, descending;
 * NULL when there are none.
 */
struct isvsvn_level *tcb_level_isvsvn_read(struct json_reader *r, struct arena *arena, size_t max,
                                           size_t *ret_count);

#endif
