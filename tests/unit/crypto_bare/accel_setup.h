/* SPDX-License-Identifier: Apache-2.0 */
/* Set-up functions: the same test on portable code, and on what this processor accelerates. */
#ifndef COFFER_TESTS_ACCEL_SETUP_H
#define COFFER_TESTS_ACCEL_SETUP_H

#include "crypto_bare/accel.h"

static inline int use_portable(void **state)
{
    (void)state;
    accel_set(0);
    return 0;
}

static inline int use_detected(void **state)
{
    (void)state;
    accel_set(accel_detect());
    return 0;
}

#endif
