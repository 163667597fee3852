/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's resources: the profile that names them, a plugin for each, and the comparison of what
 * they offer with what the kubelet would give out.
 *
 * A profile is chosen once. --profile=auto waits for the EPC to be known: until then there is
 * nothing to advertise, and a resource that the kubelet has once seen cannot be taken back for five
 * minutes.
 */
#include "node/agent_internal.h"

#define LOG_AREA "agent"
#include "base/log.h"

static void on_allocated(void *userdata)
{
    struct agent *a = userdata;

    node_ledger_refresh_soon(a->ledger);
}

/* ---- what the kubelet gives out ---- */

static void on_disturbed(void *userdata)
{
    struct agent *a = userdata;

    advertised_ask_soon(a->advertised);
}

static bool comparing_is_wanted(void *userdata)
{
    const struct agent *a = userdata;
    uint64_t count = 0;

    for (uint32_t i = 0; i < a->plugin_count; i++)
        count += plugin_list(a->plugins[i])->count;
    return count > 0 && count <= PLUGIN_COMPARED_MAX;
}

static void on_advertised(void *userdata, const struct pod_resources_allocatable *seen)
{
    struct agent *a = userdata;
    bool is_ours = true;

    for (uint32_t i = 0; i < a->plugin_count; i++)
        is_ours = plugin_compare(a->plugins[i], &seen[i]) && is_ours;
    if (!is_ours)
        advertised_ask_soon(a->advertised);
}

/* ---- resources ---- */

static int plugins_make(struct agent *a, struct err *err)
{
    const struct profile *profile = a->choice.profile;

    a->plugin_settings = (struct plugin_settings){
        .loop = a->loop,
        .socket_dir = a->socket_dir,
        .platform = a->platform,
        .aesm_dir = agent_serves_quotes(a) ? a->options.aesm_dir : NULL,
        .has_aliases = a->options.has_aliases,
        .epc_device_limit = a->choice.device_limit,
        .allocated = on_allocated,
        .disturbed = on_disturbed,
        .userdata = a,
    };
    for (uint32_t i = 0; i < PROFILE_RESOURCES_MAX && profile->resources[i].name; i++) {
        int r = plugin_new(&a->plugin_settings, &profile->resources[i], &a->plugins[i], err);

        if (r < 0)
            return r;
        a->resources[i] = profile->resources[i].name;
        a->plugin_count++;
    }
    a->ledger_settings.resource_count = a->plugin_count;
    a->advertised_settings.resource_count = a->plugin_count;
    return 0;
}

int agent_profile_settle(struct agent *a, struct err *err)
{
    uint64_t epc_size = platform_info(a->platform)->epc_size;

    if (a->choice.profile || (!a->options.profile && epc_size == 0))
        return 0;
    a->choice = a->options.profile ? profile_judge(a->options.profile, epc_size)
                                   : profile_choose(epc_size, a->options.can_write_status);
    log_info("profile", "name=%s chosen=%s", a->choice.profile->name,
             a->options.profile ? "by option" : "for this node");
    if (a->choice.warning)
        log_warn("profile", "problem=\"%s\" remedy=\"%s\"", a->choice.warning, a->choice.remedy);
    return plugins_make(a, err);
}

int agent_advertised_make(struct agent *a, struct err *err)
{
    a->advertised_settings = (struct advertised_settings){
        .loop = a->loop,
        .kubelet_dir = a->options.kubelet_dir,
        .resources = a->resources,
        .is_wanted = comparing_is_wanted,
        .answer = on_advertised,
        .userdata = a,
    };
    return advertised_new(&a->advertised_settings, &a->advertised, err);
}
