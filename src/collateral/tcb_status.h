/* SPDX-License-Identifier: Apache-2.0 */
/* collateral/tcb_status.h: the status words of TCB levels and of verdicts. */
#ifndef COFFER_COLLATERAL_TCB_STATUS_H
#define COFFER_COLLATERAL_TCB_STATUS_H

#include "base/span.h"

/** enum tcb_status - zero is "not established". The first seven occur in collateral. */
enum tcb_status {
    TCB_UNKNOWN = 0, /* not evaluated, or a word that we do not know */
    TCB_UP_TO_DATE,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_REVOKED,

    /* results of an evaluation only */
    TCB_TD_RELAUNCH_ADVISED,
    TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
    TCB_NOT_SUPPORTED, /* no level matches */
    TCB_STATUS_COUNT,
};

/** tcb_status_name() - "UpToDate", "TCB_NOT_SUPPORTED", ...; NULL for TCB_UNKNOWN */
const char *tcb_status_name(enum tcb_status status);

/** tcb_status_parse() - the status of @name; TCB_UNKNOWN when there is none */
enum tcb_status tcb_status_parse(struct span name);

#endif
