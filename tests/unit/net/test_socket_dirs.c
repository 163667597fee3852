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

#include "base/fd.h"
#include "net/socket_dirs.h"
#include "net/unix_socket.h"

static char top[64];
static struct loop *loop;
static char last[SOCKET_DIRS_NAME_SIZE]; /* the subdirectory of the last connection */
static unsigned troubles;
static bool no_inotify;

static void on_connection(void *userdata, int fd, const char *name)
{
    int connection = accept(fd, NULL, NULL);

    (void)userdata;
    if (connection < 0)
        return;
    snprintf(last, sizeof(last), "%s", name);
    close(connection);
}

static void on_trouble(void *userdata, const struct err *err)
{
    (void)userdata;
    assert_true(err->code < 0 && err->text[0]);
    troubles++;
}

static const struct socket_dirs_ops ops = {.connection = on_connection, .trouble = on_trouble};

static int setup(void **state)
{
    (void)state;
    strcpy(top, "/tmp/coffer-dirs-XXXXXX");
    troubles = 0;
    return mkdtemp(top) && loop_new(&loop, NULL) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    loop_free(loop);
    snprintf(command, sizeof(command), "rm -r %s", top);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", top, name);
    return path;
}

static struct socket_dirs *open_dirs(void)
{
    static char dir[128];
    const struct socket_dirs_options options = {.dir = dir,
                                                .file = "s",
                                                .type = SOCK_STREAM,
                                                .mode = 0666,
                                                .backlog = 8,
                                                .no_inotify = no_inotify};
    struct socket_dirs *d = NULL;

    strcpy(dir, path_of("dirs"));
    assert_int_equal(socket_dirs_new(loop, &options, &ops, NULL, &d, NULL), 0);
    return d;
}

static void make(const char *name)
{
    assert_int_equal(mkdir(path_of(name), 0755), 0);
}

static void await_count(const struct socket_dirs *d, unsigned count)
{
    while (socket_dirs_count(d) != count)
        assert_int_equal(loop_step(loop, true, NULL), 0);
}

/* Connects to the socket of a subdirectory and says in which the server saw it. */
static const char *seen(const char *name)
{
    CLEANUP(fd_closep) int fd = -1;
    char socket_path[64];

    snprintf(socket_path, sizeof(socket_path), "dirs/%s/s", name);
    last[0] = 0;
    assert_int_equal(unix_socket_connect(SOCK_STREAM, path_of(socket_path), &fd, NULL), 0);
    while (!last[0])
        assert_int_equal(loop_step(loop, true, NULL), 0);
    return last;
}

static void each_directory_has_its_socket(void **state)
{
    CLEANUP(socket_dirs_freep) struct socket_dirs *d = NULL;

    (void)state;
    make("dirs");
    make("dirs/before");
    make("dirs/.hidden");
    assert_int_equal(fd_write_file(path_of("dirs/file"), span_str("x"), 0644, NULL), 0);
    d = open_dirs();
    assert_int_equal(socket_dirs_count(d), 1);
    assert_string_equal(seen("before"), "before");
    make("dirs/after");
    await_count(d, 2);
    assert_string_equal(seen("after"), "after");
    assert_string_equal(seen("before"), "before");
    assert_int_equal(troubles, 0);
}

static void a_directory_that_went_takes_its_socket_along(void **state)
{
    CLEANUP(socket_dirs_freep) struct socket_dirs *d = open_dirs();

    (void)state;
    make("dirs/one");
    await_count(d, 1);
    unlink(path_of("dirs/one/s"));
    rmdir(path_of("dirs/one"));
    await_count(d, 0);
    make("dirs/one");
    await_count(d, 1);
    assert_string_equal(seen("one"), "one");
}

static void the_next_process_takes_the_sockets_over(void **state)
{
    CLEANUP(socket_dirs_freep) struct socket_dirs *older = open_dirs();
    CLEANUP(socket_dirs_freep) struct socket_dirs *newer = NULL;

    (void)state;
    make("dirs/one");
    await_count(older, 1);
    newer = open_dirs();
    assert_int_equal(socket_dirs_count(newer), 1);
    assert_string_equal(seen("one"), "one");
    socket_dirs_free(older);
    older = NULL;
    assert_string_equal(seen("one"), "one");
}

static void a_directory_without_a_socket_is_told(void **state)
{
    CLEANUP(socket_dirs_freep) struct socket_dirs *d = NULL;

    (void)state;
    make("dirs");
    make("dirs/one");
    make("dirs/one/s"); /* a directory where the socket should be */
    make("dirs/two");
    d = open_dirs();
    assert_int_equal(socket_dirs_count(d), 1);
    assert_int_equal(troubles, 1);
    assert_string_equal(seen("two"), "two");
}

static void without_inotify_the_directory_is_looked_at(void **state)
{
    CLEANUP(socket_dirs_freep) struct socket_dirs *d = NULL;

    (void)state;
    no_inotify = true;
    d = open_dirs();
    no_inotify = false;
    assert_int_equal(troubles, 1);
    make("dirs/one");
    await_count(d, 1);
    assert_string_equal(seen("one"), "one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_directory_has_its_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(a_directory_that_went_takes_its_socket_along, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_next_process_takes_the_sockets_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_directory_without_a_socket_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(without_inotify_the_directory_is_looked_at, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
