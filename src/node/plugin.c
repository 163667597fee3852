/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin is one resource of the node. It has three parts: what there is to offer (here), how the
 * kubelet learns of us (plugin_registration.c), and the calls that the kubelet makes
 * (plugin_service.c).
 *
 * The offer follows from the platform's snapshot alone. EPC is one device a MiB on the
 * NUMA node where it lies; the other resources are slots, as many as a kubelet runs pods. The list
 * is computed again with every snapshot and sent only when it differs, so an update that changes
 * nothing costs the kubelet nothing.
 *
 * A device that is lost leaves its entries in the list, but unhealthy. The kubelet then keeps what
 * running pods hold and gives out nothing new. If the list became empty instead, the kubelet would
 * forget which devices the running pods have, and would give them out a second time when the device
 * is back. A list that was never healthy stays empty, and an empty list is not registered: a node
 * without SGX does not show the resource at all.
 */
#include "node/plugin_internal.h"

#include <errno.h>

#include "base/clock.h"

#define LOG_AREA "plugin"
#include "base/log.h"

enum {
    SLOT_NODE = -1, /* slots belong to no NUMA node */
};

/* The node's amounts of this resource now. Return: the count of @amounts. */
static uint32_t amounts_fill(const struct plugin *p, const struct platform_info *info,
                             struct device_amount amounts[static DEVICE_RANGES_MAX])
{
    if (p->spec->kind != RESOURCE_EPC) {
        amounts[0] = (struct device_amount){.node = SLOT_NODE, .count = PROFILE_SLOTS};
        return 1;
    }
    for (uint32_t i = 0; i < info->node_count && i < DEVICE_RANGES_MAX; i++)
        amounts[i] = (struct device_amount){
            .node = info->nodes[i].id,
            .count = info->nodes[i].epc_size / SIZE_MIB,
        };
    return MIN(info->node_count, (uint32_t)DEVICE_RANGES_MAX);
}

/* Takes devices off the end until @limit are left. Return: how many were taken off. */
static uint64_t amounts_limit(struct device_amount *amounts, uint32_t count, uint64_t limit)
{
    uint64_t left_out = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t kept = MIN(amounts[i].count, limit);

        left_out += amounts[i].count - kept;
        amounts[i].count = kept;
        limit -= kept;
    }
    return left_out;
}

static struct device_list list_healthy(const struct plugin *p, const struct platform_info *info)
{
    uint32_t limit = p->spec->kind == RESOURCE_EPC ? p->settings->epc_device_limit : 0;
    struct device_amount amounts[DEVICE_RANGES_MAX];
    uint32_t count = amounts_fill(p, info, amounts);
    uint64_t left_out = limit ? amounts_limit(amounts, count, limit) : 0;
    struct device_list list = device_list_of(amounts, count, true);

    list.dropped = (uint32_t)MIN(list.dropped + left_out, (uint64_t)UINT32_MAX);
    return list;
}

static bool device_is_there(const struct plugin *p, const struct platform_info *info)
{
    if (p->spec->kind == RESOURCE_PROVISION)
        return platform_is_ready(info) && info->provision_path[0];
    return platform_is_ready(info);
}

static void list_log(const struct plugin *p, const struct device_list *list)
{
    if (list->dropped && list->dropped != p->list.dropped)
        log_warn("a part of the EPC is not advertised",
                 "resource=%s advertised_mib=%u left_out_mib=%u remedy=\"use --profile=intel, "
                 "whose EPC is one number in bytes\"",
                 p->spec->name, list->count, list->dropped);
    if (!list->has_topology && p->list.has_topology && list->count)
        log_info("NUMA nodes are left out of the device list to keep it within 4 MiB",
                 "resource=%s", p->spec->name);
    log_info("devices", "resource=%s count=%u healthy=%d", p->spec->name, list->count,
             list->is_healthy);
}

/* The devices of @old, unhealthy. */
static struct device_list list_unhealthy(const struct device_list *old)
{
    struct device_amount amounts[DEVICE_RANGES_MAX];

    for (uint32_t i = 0; i < old->range_count; i++)
        amounts[i] = (struct device_amount){old->ranges[i].node, old->ranges[i].count};
    return device_list_of(amounts, old->range_count, false);
}

void plugin_update(struct plugin *p)
{
    const struct platform_info *info = platform_info(p->settings->platform);
    struct device_list list = p->list;

    if (device_is_there(p, info))
        list = list_healthy(p, info);
    else if (p->list.is_healthy)
        list = list_unhealthy(&p->list);
    if (device_list_equal(&list, &p->list))
        return;
    list_log(p, &list);
    p->list = list;
    plugin_resend(p);
}

int plugin_new(const struct plugin_settings *settings, const struct resource_spec *spec,
               struct plugin **ret, struct err *err)
{
    struct plugin *p = calloc(1, sizeof(*p));

    if (!p)
        return err_set(err, -ENOMEM, "no memory for the device plugin of %s", spec->name);
    p->settings = settings;
    p->spec = spec;
    p->retry_ms = PLUGIN_RETRY_FIRST_MS;
    p->stream_lost_ms = clock_monotonic_ms();
    p->list.has_topology = true;
    plugin_update(p);
    *ret = p;
    return 0;
}

void plugin_free(struct plugin *p)
{
    if (!p)
        return;
    grpc_client_cancel(p->registering);
    grpc_server_free(p->server);
    free(p);
}

const struct resource_spec *plugin_spec(const struct plugin *p)
{
    return p->spec;
}

const struct device_list *plugin_list(const struct plugin *p)
{
    return &p->list;
}

const struct plugin_counters *plugin_counters(const struct plugin *p)
{
    return &p->counters;
}

bool plugin_is_connected(const struct plugin *p)
{
    return p->watchers && p->watchers->generation > 0;
}

bool plugin_is_needed(const struct plugin *p)
{
    return p->list.count > 0;
}

const char *plugin_trouble(const struct plugin *p)
{
    return p->trouble;
}
