/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/http/get.h"
#include "net/tcp_socket.h"

enum {
    TIMEOUT_MS = 20000,
    SHORT_MS = 50,
    STORAGE_MAX = 64 * 1024, /* bytes */
    BUFFER_SIZE = 16 * 1024,
};

struct fixture {
    char address[32];
    pid_t server;
    struct buf storage;
    struct http_response response;
};

/* A process that answers one connection with @text and, with @holds, keeps it open. */
static struct fixture serve(const char *text, bool holds)
{
    struct fixture f = {.storage = buf_init(STORAGE_MAX)};
    int listening;

    assert_int_equal(tcp_socket_listen("127.0.0.1:0", BUFFER_SIZE, &listening, NULL), 0);
    snprintf(f.address, sizeof(f.address), "127.0.0.1:%u", tcp_socket_port(listening));
    f.server = fork();
    if (f.server == 0) {
        char request[1024];
        int fd;

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when an assertion ends the test */
        while ((fd = accept(listening, NULL, NULL)) < 0)
            usleep(1000);
        (void)!read(fd, request, sizeof(request));
        (void)!write(fd, text, strlen(text));
        if (holds)
            pause();
        _exit(0);
    }
    fd_close(listening);
    return f;
}

static void fixture_done(struct fixture *f)
{
    kill(f->server, SIGKILL);
    waitpid(f->server, NULL, 0);
    buf_done(&f->storage);
}

static int get(struct fixture *f, int timeout_ms)
{
    struct err err = {0};
    int r = http_get(f->address, "/x", timeout_ms, &f->storage, &f->response, &err);

    assert_true(r == 0 || strstr(err.text, f->address) || r == -EBADMSG);
    return r;
}

static void an_answer_is_split(void **state)
{
    struct fixture f = serve("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", false);

    (void)state;
    assert_int_equal(get(&f, TIMEOUT_MS), 0);
    assert_int_equal(f.response.status, 404);
    assert_true(span_equal_str(f.response.body, "no"));
    fixture_done(&f);
}

static void a_cut_answer_is_refused(void **state)
{
    struct fixture f = serve("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno", false);

    (void)state;
    assert_int_equal(get(&f, TIMEOUT_MS), -EBADMSG);
    fixture_done(&f);
}

static void a_silent_server_is_not_awaited(void **state)
{
    struct fixture f = serve("HTTP/1.1 200 OK\r\n", true);

    (void)state;
    assert_int_equal(get(&f, SHORT_MS), -ETIMEDOUT);
    fixture_done(&f);
}

static void nobody_listens(void **state)
{
    struct fixture f = serve("", false);

    (void)state;
    fixture_done(&f);
    assert_int_equal(get(&f, TIMEOUT_MS), -ECONNREFUSED);
    buf_done(&f.storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_split),
        cmocka_unit_test(a_cut_answer_is_refused),
        cmocka_unit_test(a_silent_server_is_not_awaited),
        cmocka_unit_test(nobody_listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
