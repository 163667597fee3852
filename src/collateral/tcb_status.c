/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/tcb_status.h"

#include "base/macros.h"

static const char *const names[TCB_STATUS_COUNT] = {
    [TCB_UP_TO_DATE] = "UpToDate",
    [TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
    [TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
    [TCB_OUT_OF_DATE] = "OutOfDate",
    [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
    [TCB_REVOKED] = "Revoked",
    [TCB_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
    [TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = "TDRelaunchAdvisedConfigurationNeeded",
    [TCB_NOT_SUPPORTED] = "TCB_NOT_SUPPORTED",
};

const char *tcb_status_name(enum tcb_status status)
{
    return (unsigned)status < TCB_STATUS_COUNT ? names[status] : NULL;
}

enum tcb_status tcb_status_parse(struct span name)
{
    for (unsigned i = 1; i < TCB_STATUS_COUNT; i++)
        if (span_equal_str(name, names[i]))
            return (enum tcb_status)i;
    return TCB_UNKNOWN;
}
