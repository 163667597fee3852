/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/verify/cases.h: the real cases of cases.tsv, loaded. */
#ifndef COFFER_TESTS_VERIFY_CASES_H
#define COFFER_TESTS_VERIFY_CASES_H

#include "verify/verify.h"

enum {
    CASES_MAX = 128,
};

/** struct real_case - release with real_case_done() */
struct real_case {
    char version[4]; /* "v3" */
    char status[40];
    char launch_status[40];
    char current_status[40];
    char tcb_date[24];
    char advisories[512]; /* comma separated */
    unsigned evaluation_number;
    bool is_debug;
    bool is_leaf_young; /* leaf_notbefore_after_verify_at */
    int64_t verify_at;
    struct buf quote;
    struct buf piece[BUNDLE_PIECE_COUNT];
};

/** real_case_bundle() - borrowed from the case */
struct bundle real_case_bundle(const struct real_case *c);

/** real_cases_load() - Return: how many; 0 when the vectors are absent */
size_t real_cases_load(struct real_case cases[static CASES_MAX]);
void real_case_done(struct real_case *c);

/** real_case_is_good() - nothing is wrong with it under the default policy */
bool real_case_is_good(const struct real_case *c);

#endif
