/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the kubelet's ListPodResourcesResponse and AllocatableResourcesResponse. */
#include <stdlib.h>
#include <string.h>

#include "kube/device_id.h"
#include "kube/pod_resources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const resources[] = {"v.example/epc", "v.example/provision"};
    struct pod_resources_allocatable seen[2];
    struct pod_resources rows = {0};

    if (pod_resources_parse(span_of(data, size), resources, 2, &rows, NULL) == 0)
        for (uint32_t i = 0; i < rows.count; i++)
            if (rows.rows[i].resource > 1 || rows.rows[i].count == 0 ||
                strlen(rows.rows[i].pod) >= POD_NAME_SIZE)
                abort();
    pod_resources_done(&rows);
    if (pod_resources_allocatable_parse(span_of(data, size), resources, 2, seen, NULL) == 0)
        for (size_t i = 0; i < 2; i++)
            if (seen[i].foreign > seen[i].count || seen[i].end > DEVICE_COUNT_MAX)
                abort();
    return 0;
}
