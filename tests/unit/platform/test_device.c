/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "platform/device.h"

static struct machine *machine;

static int setup(void **state)
{
    (void)state;
    machine = machine_new("no_sgx");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    machine_free(machine);
    return 0;
}

#define NEED_MACHINE()                                                                             \
    do {                                                                                           \
        (void)state;                                                                               \
        if (!machine)                                                                              \
            skip();                                                                                \
    } while (0)

static int find(const char *name, struct platform_device_node *ret, struct err *err)
{
    return platform_device_find(machine_sources(machine).dev, name, ret, err);
}

static void links_lead_to_the_node(void **state)
{
    struct platform_device_node d;

    NEED_MACHINE();
    machine_apply(machine, "char dev/real/node 0640");
    machine_apply(machine, "link dev/relative real/node");
    machine_apply(machine, "link dev/absolute /dev/real/./node");
    machine_apply(machine, "link dev/deep/er/up ../../real/node");
    machine_apply(machine, "link dev/dir real");
    machine_apply(machine, "link dev/chain absolute");
    machine_apply(machine, "link dev/above ../../../../../real/node");
    for (const char *const *name =
             (const char *const[]){"real/node", "relative", "absolute", "deep/er/up", "dir/node",
                                   "chain", "above", "//real//node", NULL};
         *name; name++) {
        assert_int_equal(find(*name, &d, NULL), 0);
        assert_string_equal(d.name, "real/node");
        assert_int_equal(d.mode & 07777, 0640);
    }
}

static void absence_says_nothing(void **state)
{
    struct platform_device_node d;
    struct err err = {0};

    NEED_MACHINE();
    machine_apply(machine, "char dev/plain 0600");
    machine_apply(machine, "link dev/dangling nowhere/at/all");
    assert_int_equal(find("absent", &d, &err), -ENOENT);
    assert_int_equal(find("dangling", &d, &err), -ENOENT);
    assert_int_equal(find("plain/below", &d, &err), -ENOENT);
    assert_int_equal(err.code, 0);
}

static void what_is_no_character_device_is_named(void **state)
{
    struct platform_device_node d;
    struct err err = {0};

    NEED_MACHINE();
    machine_apply(machine, "file dev/file oops");
    machine_apply(machine, "link dev/to_file file");
    machine_apply(machine, "dir dev/directory");
    assert_int_equal(find("file", &d, &err), -ENODEV);
    assert_string_equal(err.text, "/dev/file is a regular file, not a character device");
    assert_int_equal(find("to_file", &d, &err), -ENODEV);
    assert_int_equal(find("directory", &d, &err), -ENODEV);
    assert_non_null(strstr(err.text, "is a directory"));
    assert_int_equal(find("", &d, &err), -ENODEV);
}

static void loops_end(void **state)
{
    struct platform_device_node d;
    struct err err = {0};

    NEED_MACHINE();
    machine_apply(machine, "link dev/self self");
    machine_apply(machine, "link dev/ping pong");
    machine_apply(machine, "link dev/pong /dev/ping");
    machine_apply(machine, "link dev/grow grow/grow");
    assert_int_equal(find("self", &d, &err), -ELOOP);
    assert_int_equal(find("ping", &d, &err), -ELOOP);
    assert_non_null(strstr(err.text, "loop"));
    assert_int_equal(find("grow", &d, &err), -ELOOP);
}

static void the_limit_of_links_is_exact(void **state)
{
    struct platform_device_node d;
    char line[64];

    NEED_MACHINE();
    machine_apply(machine, "char dev/chain0 0600");
    for (int i = 1; i <= PLATFORM_DEVICE_LINKS_MAX + 1; i++) {
        snprintf(line, sizeof(line), "link dev/chain%d chain%d", i, i - 1);
        machine_apply(machine, line);
    }
    snprintf(line, sizeof(line), "chain%d", PLATFORM_DEVICE_LINKS_MAX);
    assert_int_equal(find(line, &d, NULL), 0);
    snprintf(line, sizeof(line), "chain%d", PLATFORM_DEVICE_LINKS_MAX + 1);
    assert_int_equal(find(line, &d, NULL), -ELOOP);
}

static void links_do_not_leave_dev(void **state)
{
    struct platform_device_node d;
    struct err err = {0};

    NEED_MACHINE();
    machine_apply(machine, "link dev/out /etc/passwd");
    machine_apply(machine, "link dev/trick /devil");
    assert_int_equal(find("out", &d, &err), -EXDEV);
    assert_string_equal(err.text, "/dev/out: a symbolic link leads outside /dev");
    assert_int_equal(find("trick", &d, &err), -EXDEV);
}

static void long_names_are_refused(void **state)
{
    struct platform_device_node d;
    char name[5000];

    NEED_MACHINE();
    memset(name, 'a', sizeof(name));
    name[300] = '\0';
    assert_int_equal(find(name, &d, NULL), -ENAMETOOLONG);
    name[300] = 'a';
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(find(name, &d, NULL), -ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(links_lead_to_the_node, setup, teardown),
        cmocka_unit_test_setup_teardown(absence_says_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_character_device_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(loops_end, setup, teardown),
        cmocka_unit_test_setup_teardown(the_limit_of_links_is_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(links_do_not_leave_dev, setup, teardown),
        cmocka_unit_test_setup_teardown(long_names_are_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
