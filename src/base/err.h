/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/err.h: the reason of a failure. A function returns a negative errno to act on, and fills
 * the caller's struct err with a sentence to read. Wrapping puts the outer circumstance first:
 * "verify quote: load tcb info: row 7: malformed json".
 */
#ifndef COFFER_BASE_ERR_H
#define COFFER_BASE_ERR_H

#include "base/macros.h"

enum {
    ERR_TEXT_SIZE = 512, /* bytes, NUL included; longer sentences are cut at the end */
};

/** struct err - caller storage, no release needed; zero-initialise with {0} */
struct err {
    int code; /* negative errno, 0 = no failure recorded */
    char text[ERR_TEXT_SIZE];
};

/**
 * err_set() - record a failure
 * @err:  may be NULL when the caller does not want the sentence
 * @code: negative errno
 * Return: @code, so that `return err_set(err, -EINVAL, "...")` reads well.
 */
PRINTF_LIKE(3, 4) int err_set(struct err *err, int code, const char *format, ...);

/**
 * err_errno() - record a failed system call: the sentence is followed by ": strerror(errno)"
 * Return: -errno as it was on entry (never 0: -EIO when errno was 0).
 */
PRINTF_LIKE(2, 3) int err_errno(struct err *err, const char *format, ...);

/**
 * err_wrap() - put the outer circumstance before the recorded sentence
 * Return: the recorded code (-EIO when none was recorded).
 */
PRINTF_LIKE(2, 3) int err_wrap(struct err *err, const char *format, ...);

#ifdef COFFER_ANALYZER
/* tools/lint's analyzers see one file at a time: let them know that a failure is never 0. */
#define err_set(err, code, ...) ((void)err_set(err, code, __VA_ARGS__), (code))
#define err_errno(...)          ((void)err_errno(__VA_ARGS__), -5)
#define err_wrap(...)           ((void)err_wrap(__VA_ARGS__), -5)
#endif

#endif
