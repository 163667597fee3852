/* SPDX-License-Identifier: Apache-2.0 */
/* check.h: checks for programs that are built with musl too, where cmocka is not available. A
 * failed check ends the process, so each test is a process. */
#ifndef COFFER_TESTS_ABI_CHECK_H
#define COFFER_TESTS_ABI_CHECK_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    CHECK_FAILED = 1,
    CHECK_SKIPPED = 77,
};

#define expect_equal(actual, expected)                                                             \
    check_equal((uint64_t)(actual), (uint64_t)(expected), #actual, __FILE__, __LINE__)
#define expect(condition) check_equal((condition) ? 1 : 0, 1, #condition, __FILE__, __LINE__)

/** expect_error() - the call returns -1 and sets errno */
#define expect_error(call, error)                                                                  \
    do {                                                                                           \
        long result_ = (long)(call);                                                               \
        check_error(result_, errno, (error), #call, __FILE__, __LINE__);                           \
    } while (0)

static inline void check_equal(uint64_t actual, uint64_t expected, const char *what,
                               const char *file, int line)
{
    if (actual == expected)
        return;
    dprintf(STDERR_FILENO, "%s:%d: %s is %#llx (%lld), expected %#llx\n", file, line, what,
            (unsigned long long)actual, (long long)actual, (unsigned long long)expected);
    _exit(CHECK_FAILED);
}

static inline void check_error(long result, int error, int expected, const char *what,
                               const char *file, int line)
{
    check_equal((uint64_t)result, (uint64_t)-1, what, file, line);
    check_equal((uint64_t)error, (uint64_t)expected, what, file, line);
}

static inline void skip(const char *why)
{
    dprintf(STDERR_FILENO, "skipped: %s\n", why);
    _exit(CHECK_SKIPPED);
}

#endif
