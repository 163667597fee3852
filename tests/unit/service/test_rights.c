/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/rights.h"

/* In a process of its own, since nothing of it can be undone. Return: its exit status. */
static int status_of(int (*body)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(body());
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static uint64_t permitted(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];

    if (syscall(SYS_capget, &head, sets) < 0)
        return UINT64_MAX;
    return (uint64_t)sets[1].permitted << 32 | sets[0].permitted;
}

static int drop_all(void)
{
    if (service_rights_drop(0, NULL) < 0)
        return 1;
    return permitted() == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 2;
}

static int keep_one(void)
{
    uint64_t before = permitted(), kept = SERVICE_RIGHT(CAP_MKNOD);

    if (service_rights_drop(kept, NULL) < 0)
        return 1;
    if (permitted() != (before & kept))
        return 2;
    if (service_rights_drop(UINT64_MAX, NULL) < 0)
        return 3;
    return permitted() == (before & kept) ? 0 : 4;
}

static int hide(void)
{
    struct rlimit limit;

    if (service_rights_hide_memory(NULL) < 0 || getrlimit(RLIMIT_CORE, &limit) < 0)
        return 1;
    return limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 ? 0 : 2;
}

static int few_files(void)
{
    const struct rlimit limit = {.rlim_cur = 50, .rlim_max = 100};

    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1;
    if (service_rights_raise_files(1000, 60) != 40 || service_rights_raise_files(30, 60) != 30)
        return 2;
    return service_rights_raise_files(1000, 200) == 1 ? 0 : 3;
}

static void capabilities_go_and_do_not_come_back(void **state)
{
    (void)state;
    assert_int_equal(status_of(drop_all), 0);
    assert_int_equal(status_of(keep_one), 0);
}

static void memory_is_hidden(void **state)
{
    (void)state;
    assert_int_equal(status_of(hide), 0);
}

static void clients_fit_into_the_limit_of_files(void **state)
{
    (void)state;
    assert_int_equal(status_of(few_files), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities_go_and_do_not_come_back),
        cmocka_unit_test(memory_is_hidden),
        cmocka_unit_test(clients_fit_into_the_limit_of_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
