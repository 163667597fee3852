/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "net/unix_socket.h"
#include "node/container_dirs.h"

static char base[64];

static int setup(void **state)
{
    (void)state;
    strcpy(base, "/tmp/coffer-dirs-XXXXXX");
    return mkdtemp(base) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", base);
    return system(command);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void make(enum resource_kind kind, uint32_t index, uint64_t limit, const char *name)
{
    char path[PATH_SIZE], expected[PATH_SIZE];

    snprintf(expected, sizeof(expected), "%s/containers/%s", base, name);
    assert_int_equal(container_dirs_make(base, kind, index, limit, path, NULL), 0);
    assert_string_equal(path, expected);
    assert_true(mode_of(path) != 0);
}

static void a_name_is_kind_index_and_limit(void **state)
{
    (void)state;
    make(RESOURCE_EPC, 12, 8 << 20, "epc-12.8388608");
    make(RESOURCE_EPC, 12, 8 << 20, "epc-12.8388608"); /* again */
    make(RESOURCE_ENCLAVE, 3, 0, "enclave-3.0");
}

static void the_mode_is_that_of_the_directory_above_whatever_the_umask(void **state)
{
    char path[PATH_SIZE], top[PATH_SIZE];
    mode_t before;

    (void)state;
    snprintf(top, sizeof(top), "%s/containers", base);
    assert_int_equal(mkdir(top, 0755), 0);
    assert_int_equal(chmod(top, 02775), 0);
    before = umask(077);
    assert_int_equal(container_dirs_make(base, RESOURCE_EPC, 0, 0, path, NULL), 0);
    umask(before);
    assert_int_equal(mode_of(path), 02775);
}

static bool only_seven_is_held(void *userdata, enum resource_kind kind, uint32_t index)
{
    (void)userdata;
    return kind == RESOURCE_EPC && index == 7;
}

static bool exists(const char *name)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/containers/%s", base, name);
    return access(path, F_OK) == 0;
}

static void what_nothing_holds_goes_after_an_hour(void **state)
{
    CLEANUP(fd_closep) int fd = -1;
    char path[PATH_SIZE];

    (void)state;
    make(RESOURCE_EPC, 7, 1, "epc-7.1");
    make(RESOURCE_EPC, 8, 2, "epc-8.2");
    make(RESOURCE_ENCLAVE, 7, 0, "enclave-7.0");
    snprintf(path, sizeof(path), "%s/containers/epc-8.2/ledger.sock", base);
    assert_int_equal(unix_socket_listen(SOCK_SEQPACKET, path, 0666, &fd, NULL), 0);
    snprintf(path, sizeof(path), "%s/containers/other", base);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof(path), "%s/containers/epc-9.0", base); /* of somebody else: has a file */
    assert_int_equal(mkdir(path, 0755), 0);
    strcat(path, "/file");
    assert_int_equal(fd_write_file(path, span_str("x"), 0644, NULL), 0);

    container_dirs_sweep(base, only_seven_is_held, NULL, clock_unix_s());
    assert_true(exists("epc-8.2") && exists("enclave-7.0"));
    container_dirs_sweep(base, only_seven_is_held, NULL,
                         clock_unix_s() + CONTAINER_DIRS_KEPT_S + 1);
    assert_true(exists("epc-7.1") && exists("other") && exists("epc-9.0/file"));
    assert_false(exists("epc-8.2") || exists("enclave-7.0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_is_kind_index_and_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(the_mode_is_that_of_the_directory_above_whatever_the_umask,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_nothing_holds_goes_after_an_hour, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
