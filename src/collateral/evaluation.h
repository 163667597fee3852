/* SPDX-License-Identifier: Apache-2.0 */
/* collateral/evaluation.h: TCB evaluation data numbers (Intel PCS API v4, "Get TCB Evaluation Data
 * Numbers"). Parsing only. */
#ifndef COFFER_COLLATERAL_EVALUATION_H
#define COFFER_COLLATERAL_EVALUATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    EVALUATION_COUNT_MAX = 64,
};

struct evaluation_number {
    uint32_t number;
    int64_t recovery_event_date; /* unix seconds */
    int64_t tcb_date;            /* unix seconds */
};

struct evaluation {
    struct span id; /* "SGX" or "TDX", borrowed */
    uint16_t version;
    int64_t issue_date;
    int64_t next_update;
    struct evaluation_number numbers[EVALUATION_COUNT_MAX];
    size_t count;
};

/** evaluation_parse() - decode the inner object; borrows @json. Return: 0; -EBADMSG; -EMSGSIZE. */
NODISCARD int evaluation_parse(struct span json, struct evaluation *ret, struct err *err);

#endif
