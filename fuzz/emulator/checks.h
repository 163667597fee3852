/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/emulator/checks.h: what must hold of the emulator whatever a program asks of it. */
#ifndef COFFER_FUZZ_EMULATOR_CHECKS_H
#define COFFER_FUZZ_EMULATOR_CHECKS_H

#include <stdint.h>

/** checks_errno() - @result of a call that failed with errno, if it failed. @allowed: what Linux
 *  can give, 0 at the end. */
void checks_errno(long result, const int *allowed);

/** checks_books() - every enclave is charged for its pages and nothing else, here and in the
 *  ledger's server */
void checks_books(void);

/** checks_rights() - what the kernel maps is what enclave and mapping allow, page by page */
void checks_rights(void);

/** struct holdings - what an input may not leave behind */
struct holdings {
    unsigned descriptors;
    unsigned shared; /* mappings of shared anonymous memory */
};

/** checks_holdings() - count; asserts that there is no enclave and no mapping of one */
struct holdings checks_holdings(void);

#endif
