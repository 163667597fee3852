/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/emulator/checks.h: invariants of the emulator, whatever a program does. They abort. */
#ifndef COFFER_FUZZ_EMULATOR_CHECKS_H
#define COFFER_FUZZ_EMULATOR_CHECKS_H

#include <stdint.h>

/** checks_errno() - if the call with @result has failed, its errno is one that Linux can return.
 *  @allowed: those, with 0 at the end */
void checks_errno(long result, const int *allowed);

/** checks_books() - every enclave is charged for its pages and for nothing else, here and in the
 *  server of the ledger */
void checks_books(void);

/** checks_rights() - the rights in /proc/self/maps are those that enclave and mapping allow */
void checks_rights(void);

/** struct holdings - resources that an input must release */
struct holdings {
    unsigned descriptors;
    unsigned shared; /* mappings of shared anonymous memory */
};

/** checks_holdings() - count them; there must be no enclave and no mapping of one */
struct holdings checks_holdings(void);

#endif
