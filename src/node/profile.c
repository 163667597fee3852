/* SPDX-License-Identifier: Apache-2.0 */
#include "node/profile.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"

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

static void unknown_name_tell(const char *name, struct err *err)
{
    CLEANUP(buf_done) struct buf names = buf_init(ERR_TEXT_SIZE);

    for (size_t i = 0; i < ARRAY_COUNT(profiles); i++)
        buf_printf(&names, "%s%s", i ? ", " : "", profiles[i].name);
    err_set(err, -EINVAL, "there is no profile \"%s\"; the profiles are %s", name,
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
