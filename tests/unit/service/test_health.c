/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http/get.h"
#include "service/health.h"

enum {
    TIMEOUT_MS = 10000,
    RESPONSE_MAX = 64 * 1024, /* bytes */
};

static struct loop *loop;
static bool is_ready;

static void metrics(void *userdata, struct buf *out)
{
    buf_put_str(out, userdata);
}

static bool ready(void *userdata, struct buf *why)
{
    (void)userdata;
    if (!is_ready)
        buf_put_str(why, "disk: on fire\n");
    return is_ready;
}

static const struct service_health_face face = {.metrics = metrics, .is_ready = ready};

static int setup(void **state)
{
    (void)state;
    is_ready = true;
    return loop_new(&loop, NULL);
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

/* The client's process. Return: whether the answer is as expected. */
static bool is_answered(unsigned port, const char *path, unsigned status, const char *body)
{
    CLEANUP(buf_done) struct buf storage = buf_init(RESPONSE_MAX);
    struct http_response response;
    char address[32];

    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    return http_get(address, path, TIMEOUT_MS, &storage, &response, NULL) == 0 &&
           response.status == status && span_starts_with(response.body, span_str(body));
}

static void get(const struct service_health *h, const char *path, unsigned status, const char *body)
{
    unsigned port = service_health_port(h);
    int result = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(is_answered(port, path, status, body) ? 0 : 1);
    assert_true(pid > 0);
    while (waitpid(pid, &result, WNOHANG) == 0) {
        assert_int_equal(loop_step(loop, false, NULL), 0);
        usleep(1000);
    }
    assert_int_equal(result, 0);
}

static void every_path_is_answered(void **state)
{
    CLEANUP(service_health_freep) struct service_health *h = NULL;
    char text[] = "x 1\n";

    (void)state;
    assert_int_equal(service_health_new(loop, "127.0.0.1:0", &face, text, &h, NULL), 0);
    get(h, "/metrics", 200,
        "x 1\n# HELP coffer_http_connections Connections of this port now.\n"
        "# TYPE coffer_http_connections gauge\ncoffer_http_connections 1\n");
    get(h, "/healthz", 200, "ok\n");
    get(h, "/readyz", 200, "ok\n");
    is_ready = false;
    get(h, "/readyz", 503, "not ready\ndisk: on fire\n");
    get(h, "/healthz", 200, "ok\n");
    get(h, "/status", 404, "this service has no status\n");
}

static void an_address_that_is_taken_comes_later(void **state)
{
    CLEANUP(service_health_freep) struct service_health *older = NULL;
    CLEANUP(service_health_freep) struct service_health *newer = NULL;
    char text[] = "", address[32];

    (void)state;
    assert_int_equal(service_health_new(loop, "127.0.0.1:0", &face, text, &older, NULL), 0);
    snprintf(address, sizeof(address), "127.0.0.1:%u", service_health_port(older));
    assert_int_equal(service_health_new(loop, address, &face, text, &newer, NULL), 0);
    assert_int_equal(service_health_port(newer), 0);
    service_health_free(older);
    older = NULL;
    while (service_health_port(newer) == 0)
        assert_int_equal(loop_step(loop, true, NULL), 0);
    get(newer, "/healthz", 200, "ok\n");
}

static void an_impossible_address_is_refused(void **state)
{
    struct service_health *h = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(service_health_new(loop, "nowhere", &face, NULL, &h, &err), -EINVAL);
    assert_true(err.text[0] != 0);
    assert_null(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_path_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(an_address_that_is_taken_comes_later, setup, teardown),
        cmocka_unit_test_setup_teardown(an_impossible_address_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
