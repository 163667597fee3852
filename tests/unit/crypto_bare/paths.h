/* SPDX-License-Identifier: Apache-2.0 */
/* paths.h: the sets of instructions that AES, GHASH and GCM have code for. One that this machine
 * does not have is its next smaller one. */
#ifndef COFFER_TESTS_UNIT_CRYPTO_BARE_PATHS_H
#define COFFER_TESTS_UNIT_CRYPTO_BARE_PATHS_H

#include "crypto_bare/accel.h"

static const unsigned accel_paths[] = {
    0, ACCEL_AES, ACCEL_CLMUL, ACCEL_AES | ACCEL_CLMUL, ACCEL_AES | ACCEL_CLMUL | ACCEL_VAES,
};

/* setups of cmocka tests */
static inline int path_portable(void **state)
{
    (void)state;
    accel_set(0);
    return 0;
}

static inline int path_aes(void **state)
{
    (void)state;
    accel_set(accel_detect() & ACCEL_AES);
    return 0;
}

static inline int path_clmul(void **state)
{
    (void)state;
    accel_set(accel_detect() & (ACCEL_AES | ACCEL_CLMUL));
    return 0;
}

static inline int path_vaes(void **state)
{
    (void)state;
    accel_set(accel_detect());
    return 0;
}

#endif
