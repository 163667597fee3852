/* SPDX-License-Identifier: Apache-2.0 */
#include "node/profile.h"

#include <errno.h>
#include <string.h>

static const struct profile profiles[] = {
    {.name = "aks",
     .resources = {{"kubernetes.azure.com/sgx_epc_mem_in_MiB", RESOURCE_EPC},
                   {"sgx.intel.com/provision", RESOURCE_PROVISION}}},
    {.name = "intel",
     .resources = {{"sgx.intel.com/enclave", RESOURCE_ENCLAVE},
                   {"sgx.intel.com/provision", RESOURCE_PROVISION}},
     .status_epc = "sgx.intel.com/epc"},
    {.name = "aliyun",
     .resources = {{"alibabacloud.com/sgx_epc_MiB", RESOURCE_EPC},
                   {"sgx.intel.com/provision", RESOURCE_PROVISION}}},
};

const struct profile *profile_find(const char *name, struct err *err)
{
    for (size_t i = 0; i < ARRAY_COUNT(profiles); i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    err_set(err, -EINVAL, "profile \"%s\" is none of aks, intel, aliyun", name);
    return NULL;
}
