/* SPDX-License-Identifier: Apache-2.0 */
#include "node/profile.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/size.h"

enum {
    AKS,
    INTEL,
    ALIYUN,
};

static const struct profile profiles[] = {
    [AKS] = {.name = "aks",
             .resources = {{"kubernetes.azure.com/sgx_epc_mem_in_MiB", RESOURCE_EPC},
                           {"sgx.intel.com/provision", RESOURCE_PROVISION}}},
    [INTEL] = {.name = "intel",
               .resources = {{"sgx.intel.com/enclave", RESOURCE_ENCLAVE},
                             {"sgx.intel.com/provision", RESOURCE_PROVISION}},
               .status_epc = "sgx.intel.com/epc"},
    [ALIYUN] = {.name = "aliyun",
                .resources = {{"alibabacloud.com/sgx_epc_MiB", RESOURCE_EPC},
                              {"sgx.intel.com/provision", RESOURCE_PROVISION}}},
};

static_assert(PROFILE_DEVICES_SAFE * SIZE_MIB == 2 * 1024 * SIZE_MIB, "the texts below say 2 GiB");

static const char warning_many[] =
    "the profile advertises one device a MiB, and this node has more than 2 GiB of EPC: after a "
    "restart a kubelet from 1.36 on is busy with them for seconds to hours, and a pod with more "
    "than 75 GiB stays Pending";
static const char remedy_many[] =
    "Use --profile=auto or --profile=intel: they count such a node's EPC in bytes.";
static const char warning_part[] =
    "only 2 GiB of this node's EPC are offered: more devices slow the kubelet down, and the agent "
    "may not write the Node's status, where EPC could be one number";
static const char remedy_part[] =
    "Give the agent NODE_NAME and the right to patch nodes/status (deploy/node/auto has both).";

static void unknown_name_tell(const char *name, struct err *err)
{
    CLEANUP(buf_done) struct buf names = buf_init(ERR_TEXT_SIZE);

    for (size_t i = 0; i < ARRAY_COUNT(profiles); i++)
        buf_printf(&names, ", %s", profiles[i].name);
    err_set(err, -EINVAL, "there is no profile \"%s\"; the profiles are auto%s", name,
            buf_cstr(&names));
}

const struct profile *profile_find(const char *name, struct err *err)
{
    for (size_t i = 0; i < ARRAY_COUNT(profiles); i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    unknown_name_tell(name, err);
    return NULL;
}

static bool name_is_in(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void name_add(const char **names, uint32_t *count, const char *name)
{
    if (name && !name_is_in(names, name))
        names[(*count)++] = name;
}

const char *const *profile_resource_names(void)
{
    static const char *names[ARRAY_COUNT(profiles) * (PROFILE_RESOURCES_MAX + 1) + 1];
    uint32_t count = 0;

    memset(names, 0, sizeof(names));
    for (size_t i = 0; i < ARRAY_COUNT(profiles); i++) {
        for (size_t j = 0; j < PROFILE_RESOURCES_MAX; j++)
            name_add(names, &count, profiles[i].resources[j].name);
        name_add(names, &count, profiles[i].status_epc);
    }
    return names;
}

static bool epc_is_devices(const struct profile *profile)
{
    for (size_t i = 0; i < PROFILE_RESOURCES_MAX; i++)
        if (profile->resources[i].kind == RESOURCE_EPC)
            return true;
    return false;
}

struct profile_choice profile_choose(uint64_t epc_size, bool can_write_status)
{
    if (epc_size / SIZE_MIB <= PROFILE_DEVICES_SAFE)
        return (struct profile_choice){.profile = &profiles[AKS],
                                       .device_limit = PROFILE_DEVICES_SAFE};
    if (can_write_status)
        return (struct profile_choice){.profile = &profiles[INTEL]};
    return (struct profile_choice){.profile = &profiles[AKS],
                                   .device_limit = PROFILE_DEVICES_SAFE,
                                   .warning = warning_part,
                                   .remedy = remedy_part};
}

struct profile_choice profile_judge(const struct profile *profile, uint64_t epc_size)
{
    struct profile_choice choice = {.profile = profile};

    if (!epc_is_devices(profile) || epc_size / SIZE_MIB <= PROFILE_DEVICES_SAFE)
        return choice;
    choice.warning = warning_many;
    choice.remedy = remedy_many;
    return choice;
}
