/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi [TEST]: tests the ABI of /dev/sgx_enclave and of the vDSO function. It is built once with
 * glibc and once with musl. COFFER_ABI_SIGNER and COFFER_ABI_KEY name the program of sign.c and an
 * RSA key. It runs under `coffer run` and on hardware.
 */
#include "tests.h"

#include <string.h>
#include <sys/wait.h>

static const struct test {
    const char *name;
    void (*run)(struct abi *a);
    bool loaded;
} tests[] = {
#define FRESH(test)  {.name = #test, .run = test},
#define LOADED(test) {.name = #test, .run = test, .loaded = true},
    TESTS(FRESH, LOADED)};

static int run(const struct test *test)
{
    static struct abi a;

    abi_open(&a);
    if (test->loaded)
        abi_load(&a);
    test->run(&a);
    return 0;
}

static int run_apart(const struct test *test)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(run(test));
    if (waitpid(pid, &status, 0) != pid)
        return 1;
    dprintf(STDOUT_FILENO, "%-40s %#x\n", test->name, (unsigned)status);
    return status != 0 && status != CHECK_SKIPPED << 8;
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (argc < 2)
            failed |= run_apart(&tests[i]);
        else if (strcmp(argv[1], tests[i].name) == 0)
            return run(&tests[i]);
    }
    return argc < 2 ? failed : 2;
}
