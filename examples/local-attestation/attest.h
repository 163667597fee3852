/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of two parties, and those between an enclave and its host. */
#ifndef ATTEST_H
#define ATTEST_H

#include "coffer/sdk.h"

enum {
    ATTEST_NONCE_SIZE = 32, /* bytes */

    /* entry points: all return an enum coffer_status */
    ATTEST_GREET = 0,  /* out: hello */
    ATTEST_PROVE = 1,  /* in: the peer's hello; out: report for the peer */
    ATTEST_VERIFY = 2, /* in: the peer's hello and report; out: its mrenclave and mrsigner */
};

/** struct attest_hello - who I am, so that reports can be made for me, and my challenge */
struct attest_hello {
    uint8_t target[COFFER_TARGET_SIZE];
    uint8_t nonce[ATTEST_NONCE_SIZE];
};

struct attest_message {
    struct attest_hello hello;
    uint8_t report[COFFER_REPORT_SIZE];
    uint8_t mrenclave[COFFER_HASH_SIZE];
    uint8_t mrsigner[COFFER_HASH_SIZE];
};

#endif
