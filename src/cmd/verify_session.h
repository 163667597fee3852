/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd/verify_session.h: everything that coffer verify reads once: options become a policy, files
 * become collateral and a trust root, and both become a session that judges files.
 */
#ifndef COFFER_CMD_VERIFY_SESSION_H
#define COFFER_CMD_VERIFY_SESSION_H

#include <stdbool.h>

#include "base/err.h"
#include "verify/expectation.h"
#include "verify/verify.h"

/** struct verify_arguments - the values of the options */
struct verify_arguments {
    const char *collateral;
    const char *at;
    const char *trust_root;
    const char *accept;
    const char *expect;
    const char *expected[EXPECTATION_ROW_MAX]; /* by the rows of expectation_row.h */
    const char *grace;
    const char *skew;
    const char *color;
    bool allow_debug;
    bool all;
    bool json;
    bool batch;
    const char *token_key;
    const char *argument; /* QUOTE, or the list of a batch */
};

/** struct verify_session - a verifier with its collateral and policy; verify_session_done() */
struct verify_session {
    struct verifier *verifier;
    struct collateral_set *set; /* NULL: no collateral was given */
    struct verify_policy policy;
    bool has_at;
    int64_t at; /* unix seconds; without it, each file is judged as of its time */
};

/**
 * verify_session_open() - read all files but the quotes
 * @platform_max: platforms to remember
 * Return: 0 and @ret; negative errno with the option or file in @err.
 */
NODISCARD int verify_session_open(const struct verify_arguments *a, size_t platform_max,
                                  struct verify_session *ret, struct err *err);
void verify_session_done(struct verify_session *s);

/** verify_session_judge() - the evidence in one file ("-": standard input). Return: 0 and a
 * verdict; negative errno when there is no evidence to judge. */
NODISCARD int verify_session_judge(const struct verify_session *s, const char *path,
                                   struct verdict **ret, struct err *err);

#endif
