/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/child.h"

static void on_signal(void *userdata)
{
    ++*(int *)userdata;
}

/* A new process must not share the loop's signals with its parent, from its first instant. */
static void a_signal_for_the_child_is_not_the_parents(void **state)
{
    struct loop_watch *watch;
    struct loop *loop;
    int signals = 0;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    assert_int_equal(loop_watch_signal(loop, SIGTERM, on_signal, &signals, &watch, NULL), 0);
    for (int i = 0; i < 50; i++) {
        pid_t pid = child_fork();
        int status;

        if (pid == 0) {
            pause();
            _exit(0);
        }
        assert_true(pid > 0);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
        assert_int_equal(loop_step(loop, false, NULL), 0);
    }
    assert_int_equal(signals, 0);
    loop_watch_free(watch);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_for_the_child_is_not_the_parents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
