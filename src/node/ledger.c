/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger.h"

#include <errno.h>
#include <stdio.h>

#include "net/grpc/client.h"
#include "node/scan.h"

#define LOG_AREA "ledger"
#include "base/log.h"

struct node_ledger {
    const struct node_ledger_settings *settings;
    struct loop_timer *timer;
    struct grpc_client *listing;
    struct pod_resources allocated;
    struct scan *scan;
    bool is_current;
    char trouble[ERR_TEXT_SIZE];
};

static void trouble_set(struct node_ledger *l, const char *why)
{
    if (strcmp(l->trouble, why) != 0)
        log_warn("cannot list pod resources", "reason=\"%s\"", why);
    snprintf(l->trouble, sizeof(l->trouble), "%s", why);
    l->is_current = false;
}

static void on_list(void *userdata, enum grpc_status status, const char *why, struct span message)
{
    struct node_ledger *l = userdata;
    struct err err = {0};

    l->listing = NULL;
    loop_timer_arm(l->timer, LEDGER_PERIOD_MS);
    if (status != GRPC_OK) {
        trouble_set(l, why);
        return;
    }
    if (pod_resources_parse(message, l->settings->resources, l->settings->resource_count,
                            &l->allocated, &err) < 0) {
        trouble_set(l, err.text);
        return;
    }
    l->is_current = true;
    l->trouble[0] = 0;
    if (l->settings->listed)
        l->settings->listed(l->settings->userdata);
}

static void list_start(void *userdata)
{
    struct node_ledger *l = userdata;
    char path[4096];
    const struct grpc_request request = {path, POD_RESOURCES_LIST, {0}, LEDGER_TIMEOUT_MS};
    struct err err = {0};

    if (l->listing)
        return;
    snprintf(path, sizeof(path), "%s/" POD_RESOURCES_SOCKET, l->settings->kubelet_dir);
    if (grpc_client_call(l->settings->loop, &request, on_list, l, &l->listing, &err) < 0) {
        trouble_set(l, err.text);
        loop_timer_arm(l->timer, LEDGER_PERIOD_MS);
    }
}

int node_ledger_new(const struct node_ledger_settings *settings, struct node_ledger **ret,
                    struct err *err)
{
    struct node_ledger *l = calloc(1, sizeof(*l));
    int r;

    if (!l)
        return err_set(err, -ENOMEM, "EPC ledger");
    l->settings = settings;
    r = loop_timer_new(settings->loop, list_start, l, &l->timer, err);
    if (r == 0)
        r = scan_new(settings->loop, settings->proc, &l->scan, err);
    if (r < 0) {
        node_ledger_free(l);
        return r;
    }
    loop_timer_arm(l->timer, 0);
    *ret = l;
    return 0;
}

void node_ledger_free(struct node_ledger *l)
{
    if (!l)
        return;
    grpc_client_cancel(l->listing);
    loop_timer_free(l->timer);
    pod_resources_done(&l->allocated);
    scan_free(l->scan);
    free(l);
}

void node_ledger_refresh_soon(struct node_ledger *l)
{
    loop_timer_arm(l->timer, LEDGER_SOON_MS);
}

const struct pod_resources *node_ledger_allocated(const struct node_ledger *l)
{
    return &l->allocated;
}

bool node_ledger_is_current(const struct node_ledger *l)
{
    return l->is_current;
}

const char *node_ledger_trouble(const struct node_ledger *l)
{
    return l->trouble;
}

const struct epc_committed *node_ledger_committed(struct node_ledger *l)
{
    return scan_result(l->scan);
}
