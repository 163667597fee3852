/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/child.h"
#include "node/profile.h"
#include "node/scan.h"

static void one_epc_name_a_profile(void **state)
{
    static const char *const names[] = {"aks", "intel", "aliyun"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const struct profile *p = profile_find(names[i], NULL);
        int epc = 0, provision = 0;

        assert_non_null(p);
        for (size_t j = 0; j < PROFILE_RESOURCES_MAX && p->resources[j].name; j++) {
            epc += p->resources[j].kind == RESOURCE_EPC;
            provision += p->resources[j].kind == RESOURCE_PROVISION;
        }
        assert_int_equal(epc + (p->status_epc != NULL), 1);
        assert_int_equal(provision, 1);
    }
}

static void an_unknown_profile_names_the_known(void **state)
{
    struct err err = {0};

    (void)state;
    assert_null(profile_find("gke", &err));
    assert_non_null(strstr(err.text, "aks"));
}

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

static void a_scan_of_nothing_ends(void **state)
{
    struct scan *scan;
    struct loop *loop;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    assert_int_equal(scan_new(loop, "/nowhere", &scan, NULL), 0);
    assert_int_equal(scan_result(scan)->count, 0);
    assert_int_equal(loop_run(loop, NULL), 0); /* ends when the pipe does */
    assert_int_equal(scan_result(scan)->count, 0);
    scan_free(scan);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_epc_name_a_profile),
        cmocka_unit_test(an_unknown_profile_names_the_known),
        cmocka_unit_test(a_signal_for_the_child_is_not_the_parents),
        cmocka_unit_test(a_scan_of_nothing_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
