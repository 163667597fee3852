/* SPDX-License-Identifier: Apache-2.0 */
/* The messages between the report enclave and its host. */
#ifndef REPORT_H
#define REPORT_H

#include "coffer/sdk.h"

enum {
    REPORT_MAKE = 0, /* in: target and data; out: report. Returns an enum coffer_status */
};

struct report_message {
    uint8_t target[COFFER_TARGET_SIZE];
    uint8_t data[COFFER_REPORT_DATA_SIZE];
    uint8_t report[COFFER_REPORT_SIZE];
};

#endif
