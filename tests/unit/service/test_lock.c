/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "service/lock.h"

static char dir[] = "/tmp/coffer-lock-XXXXXX";

static int dir_make(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int dir_remove(void **state)
{
    char path[sizeof(dir) + 32];

    (void)state;
    snprintf(path, sizeof(path), "%s/service.lock", dir);
    unlink(path);
    return rmdir(dir);
}

static int take(const char *in, bool is_take_over, int *ret_fd, struct err *err)
{
    const struct service_lock_options o = {
        .dir = in, .name = "service", .is_take_over = is_take_over, .wait_ms = 50};

    return service_lock_take(&o, ret_fd, err);
}

static void one_process_has_the_lock(void **state)
{
    CLEANUP(fd_closep) int first = -1;
    CLEANUP(fd_closep) int second = -1;
    struct err err = {0};

    (void)state;
    assert_int_equal(take(dir, false, &first, &err), 0);
    assert_int_equal(take(dir, false, &second, &err), -EBUSY);
    assert_non_null(strstr(err.text, dir));
    assert_int_equal(second, -1);
    first = fd_close(first);
    assert_int_equal(take(dir, false, &second, &err), 0);
}

static void a_successor_shares_it(void **state)
{
    CLEANUP(fd_closep) int first = -1;
    CLEANUP(fd_closep) int second = -1;
    CLEANUP(fd_closep) int third = -1;

    (void)state;
    assert_int_equal(take(dir, true, &first, NULL), 0);
    assert_int_equal(service_lock_share(first, NULL), 0);
    assert_int_equal(take(dir, true, &second, NULL), 0);
    first = fd_close(first);
    assert_int_equal(take(dir, false, &third, NULL), -EBUSY);
}

static void a_directory_that_is_not_there_is_named(void **state)
{
    struct err err = {0};
    int fd = -1;

    (void)state;
    assert_int_equal(take("/nonexistent", false, &fd, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nonexistent/service.lock"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_process_has_the_lock),
        cmocka_unit_test(a_successor_shares_it),
        cmocka_unit_test(a_directory_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, dir_make, dir_remove);
}
