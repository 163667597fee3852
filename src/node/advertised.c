/* SPDX-License-Identifier: Apache-2.0 */
#include "node/advertised.h"

#include <errno.h>
#include <stdio.h>

#include "net/grpc/client.h"

#define LOG_AREA "advertised"
#include "base/log.h"

enum {
    PATH_SIZE = 4096, /* bytes */
};

struct advertised {
    const struct advertised_settings *settings;
    struct loop_timer *timer;
    struct grpc_client *asking;
};

/* A kubelet that does not answer is no news: the ledger tells that pod-resources does not work. */
static void on_answer(void *userdata, enum grpc_status status, const char *why, struct span message)
{
    struct advertised *a = userdata;
    const struct advertised_settings *s = a->settings;
    struct pod_resources_allocatable seen[POD_RESOURCES_NAMES_MAX] = {0};
    struct err err = {0};

    a->asking = NULL;
    loop_timer_arm(a->timer, ADVERTISED_PERIOD_MS);
    if (status != GRPC_OK) {
        log_debug("no answer", "reason=\"%s\"", why);
        return;
    }
    if (pod_resources_allocatable_parse(message, s->resources, s->resource_count, seen, &err) < 0) {
        log_warn("the kubelet's answer cannot be read", "reason=\"%s\"", err.text);
        return;
    }
    s->answer(s->userdata, seen);
}

static void on_timer(void *userdata)
{
    struct advertised *a = userdata;
    const struct advertised_settings *s = a->settings;
    char path[PATH_SIZE];
    const struct grpc_request request = {
        .socket_path = path,
        .method = POD_RESOURCES_ALLOCATABLE,
        .timeout_ms = ADVERTISED_TIMEOUT_MS,
    };
    struct err err = {0};

    if (a->asking)
        return;
    loop_timer_arm(a->timer, ADVERTISED_PERIOD_MS);
    if (!s->is_wanted(s->userdata))
        return;
    snprintf(path, sizeof(path), "%s/" POD_RESOURCES_SOCKET, s->kubelet_dir);
    if (grpc_client_call(s->loop, &request, on_answer, a, &a->asking, &err) < 0)
        log_debug("cannot ask", "reason=\"%s\"", err.text);
}

int advertised_new(const struct advertised_settings *settings, struct advertised **ret,
                   struct err *err)
{
    struct advertised *a = calloc(1, sizeof(*a));
    int r;

    if (!a)
        return err_set(err, -ENOMEM, "no memory to ask the kubelet for its devices");
    a->settings = settings;
    r = loop_timer_new(settings->loop, on_timer, a, &a->timer, err);
    if (r < 0) {
        free(a);
        return r;
    }
    loop_timer_arm(a->timer, ADVERTISED_PERIOD_MS);
    *ret = a;
    return 0;
}

void advertised_free(struct advertised *a)
{
    if (!a)
        return;
    grpc_client_cancel(a->asking);
    loop_timer_free(a->timer);
    free(a);
}

void advertised_ask_soon(struct advertised *a)
{
    loop_timer_arm(a->timer, ADVERTISED_SOON_MS);
}
