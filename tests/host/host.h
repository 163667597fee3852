/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/host/host.h: tests that an ordinary program behaves under the software platform as it does
 * without. Each program has a list of tests and runs the one that is named. Every test also has to
 * pass without the platform, so it demands nothing that Linux does not do.
 */
#ifndef COFFER_TESTS_HOST_H
#define COFFER_TESTS_HOST_H

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

enum {
    HOST_SKIPPED = 77, /* exit status: cannot run here; the reason is on standard error */
};

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            dprintf(STDERR_FILENO, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                 \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/** HOST_TEST() - a row of the list; tests/process/test_sgx_host.py reads the names from it */
#define HOST_TEST(function)                                                                        \
    {                                                                                              \
        .name = #function, .run = function                                                         \
    }

struct host_test {
    const char *name;
    void (*run)(void);
};

/** host_main() - run the test that argv[1] names. Return: exit status; 0 when it ran to its end. */
int host_main(int argc, char **argv, const struct host_test *tests, size_t count);

#endif
