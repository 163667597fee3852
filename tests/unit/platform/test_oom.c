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
#include "machine.h"
#include "scratch.h"
#include "epc/committed.h"
#include "platform/platform.h"
#include "software/secret.h"
#include "torture.h"

static struct machine *machine;

static int setup(void **state)
{
    machine = machine_new("dc48s_v3");
    return scratch_setup(state);
}

static int teardown(void **state)
{
    machine_free(machine);
    return scratch_teardown(state);
}

static int make_platform(void *context)
{
    struct platform *p = NULL;
    struct err err = {0};
    int r = platform_new(context, &p, &err);

    assert_true((r == 0) == (p != NULL));
    assert_true(r == 0 || err.text[0] != '\0');
    platform_free(p);
    return r;
}

static void the_hardware_platform_says_so(void **state)
{
    struct platform_options options = {0};
    struct torture_count count;

    (void)state;
    if (!machine)
        skip();
    options.sources = machine_sources(machine);
    count = torture_run(make_platform, &options);
    assert_true(count.runs >= 1);
    assert_int_equal(count.refused, count.runs);
}

static void the_software_platform_says_so(void **state)
{
    char run_dir[128], state_dir[128], library[128];
    struct platform_options options = {.choice = PLATFORM_SOFTWARE_ONLY};
    struct torture_count count;

    (void)state;
    if (!machine)
        skip();
    strcpy(run_dir, scratch_path("run"));
    strcpy(state_dir, scratch_path("state"));
    strcpy(library, scratch_path("library"));
    assert_int_equal(fd_write_file(library, span_str("engine"), 0644, NULL), 0);
    options.software = (struct platform_software_options){0, 0, run_dir, state_dir, library};
    options.sources = machine_sources(machine);
    count = torture_run(make_platform, &options);
    assert_true(count.runs >= 4);
    assert_int_equal(count.other, 0);
    /* Without memory to compare it with, the library is copied once more: that is no failure. */
    assert_true(count.done <= 1);
}

static int make_secret(void *context)
{
    const char *dir = context;
    struct software_secret secret;
    char path[256];

    snprintf(path, sizeof(path), "%s/secret", dir);
    unlink(path);
    return software_secret_load_or_create(dir, &secret, NULL);
}

static void the_secret_is_made_whole_or_not(void **state)
{
    struct torture_count count;
    char dir[128];

    (void)state;
    strcpy(dir, scratch_path("secrets"));
    count = torture_run(make_secret, dir);
    assert_true(count.runs >= 2);
    assert_int_equal(count.refused, count.runs);
}

static int scan(void *context)
{
    struct epc_committed c = {0};
    int r = epc_committed_scan(context, &c, NULL);

    epc_committed_done(&c);
    return r;
}

static void a_scan_without_memory_is_refused(void **state)
{
    struct torture_count count;

    (void)state;
    assert_int_equal(fd_make_dirs(scratch_path("7"), 0755, NULL), 0);
    assert_int_equal(fd_write_file(scratch_path("7/maps"),
                                   span_str("1000-2000 rw-s 0 0:5 97 /dev/sgx_enclave\n"), 0644,
                                   NULL),
                     0);
    count = torture_run(scan, (void *)(uintptr_t)scratch_dir());
    assert_true(count.runs >= 2);
    assert_int_equal(count.refused, count.runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hardware_platform_says_so),
        cmocka_unit_test(the_software_platform_says_so),
        cmocka_unit_test(the_secret_is_made_whole_or_not),
        cmocka_unit_test(a_scan_without_memory_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
