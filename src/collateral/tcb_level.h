/* SPDX-License-Identifier: Apache-2.0 */
/* collateral/tcb_level.h: what the levels of TCB info, TDX modules and enclave identities share. */
#ifndef COFFER_COLLATERAL_TCB_LEVEL_H
#define COFFER_COLLATERAL_TCB_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "collateral/tcb_status.h"

enum {
    TCB_ADVISORY_MAX = 256,    /* advisory ids of one level */
    TCB_ADVISORY_LEN_MAX = 63, /* bytes of one id */
};

struct tcb_level_common {
    int64_t tcb_date;  /* unix seconds */
    bool has_tcb_date; /* version 2 TCB info of old days may lack it */
    enum tcb_status status;
    struct span status_text;       /* as written, also when @status is TCB_UNKNOWN */
    const struct span *advisories; /* sorted, unique */
    size_t advisory_count;
};

struct isvsvn_level {
    uint16_t isvsvn;
    struct tcb_level_common common;
};

#endif
