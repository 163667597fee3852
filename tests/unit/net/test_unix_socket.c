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
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/unix_socket.h"

struct fixture {
    char dir[32];
    char path[64];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    strcpy(f->dir, "/tmp/coffer-unix-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/s.sock", f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    (void)unlink(f->path);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

static void a_peer_reaches_the_listener(void **state)
{
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
    struct fixture *f = *state;
    char byte = 0;

    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        int listening, peer, accepted;

        assert_int_equal(unix_socket_listen(types[i], f->path, 0600, &listening, NULL), 0);
        assert_int_equal(unix_socket_connect(types[i], f->path, &peer, NULL), 0);
        accepted = accept(listening, NULL, NULL);
        assert_true(accepted >= 0);
        assert_int_equal(write(peer, "x", 1), 1);
        assert_int_equal(read(accepted, &byte, 1), 1);
        assert_int_equal(byte, 'x');
        fd_close(accepted);
        fd_close(peer);
        fd_close(listening);
    }
}

static void the_file_has_the_mode_that_was_asked_for(void **state)
{
    const mode_t mask = umask(0077);
    struct fixture *f = *state;
    struct stat st;
    int fd;

    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0666, &fd, NULL), 0);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
    umask(mask);
    fd_close(fd);
}

static void a_served_socket_is_kept(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    int fd, other;

    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, NULL), 0);
    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &other, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, "is served by another process"));
    fd_close(fd);
}

static void a_leftover_is_replaced(void **state)
{
    struct fixture *f = *state;
    int fd;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, NULL), 0);
        fd_close(fd);
    }
    assert_int_equal(unix_socket_connect(SOCK_STREAM, f->path, &fd, NULL), -ECONNREFUSED);
}

static void what_is_no_socket_is_kept(void **state)
{
    struct fixture *f = *state;
    int fd;

    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, NULL), -EEXIST);
    assert_int_equal(rmdir(f->path), 0);
}

static void a_path_has_a_longest_length(void **state)
{
    char path[UNIX_SOCKET_PATH_MAX + 2];
    int fd;

    (void)state;
    memset(path, 'a', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = 0;
    assert_int_equal(unix_socket_connect(SOCK_STREAM, path, &fd, NULL), -ENAMETOOLONG);
    path[sizeof(path) - 2] = 0;
    assert_int_equal(unix_socket_connect(SOCK_STREAM, path, &fd, NULL), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void a_socket_is_served_while_a_process_listens(void **state)
{
    struct fixture *f = *state;
    int fd;

    assert_false(unix_socket_is_served(f->path));
    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, NULL), 0);
    assert_true(unix_socket_is_served(f->path));
    fd_close(fd);
    assert_false(unix_socket_is_served(f->path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_peer_reaches_the_listener),
        TEST(the_file_has_the_mode_that_was_asked_for),
        TEST(a_served_socket_is_kept),
        TEST(a_leftover_is_replaced),
        TEST(what_is_no_socket_is_kept),
        TEST(a_path_has_a_longest_length),
        TEST(a_socket_is_served_while_a_process_listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
