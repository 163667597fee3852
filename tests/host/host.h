/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/host/host.h: what an ordinary program may expect of the system, with or without the
 * software platform under it. Each program is a list of tests and runs the one that is named; every
 * test has to pass plain as well, so it says nothing about the platform that is not true of Linux.
 */
#ifndef COFFER_TESTS_HOST_H
#define COFFER_TESTS_HOST_H

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

enum {
    HOST_SKIPPED = 77, /* exit status: cannot run here, and why on standard error */
};

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            dprintf(STDERR_FILENO, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                 \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/** HOST_TEST() - a row of the list; tests/process/test_sgx_host.py reads the names from there */
#define HOST_TEST(function)                                                                        \
    {                                                                                              \
        .name = #function, .run = function                                                         \
    }

struct host_test {
    const char *name;
    void (*run)(void);
};

/** host_main() - Return: exit status; 0 when the test that argv[1] names ran to its end */
int host_main(int argc, char **argv, const struct host_test *tests, size_t count);

#endif
