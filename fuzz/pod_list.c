/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the API server's PodList, in which the agent looks for pods without the device. */
#include <stdlib.h>

#include "kube/enclave_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int found(void *userdata, const struct enclave_event_pod *pod)
{
    struct buf event = buf_init(64 * 1024);

    (void)userdata;
    if (!pod->uid.len || !pod->container.len)
        abort();
    enclave_event_render(pod, &(struct enclave_event_rule){"n", "a/b", "a/c"}, 0, &event);
    buf_done(&event);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct enclave_event_rule rule = {"n", "sgx.intel.com/epc", "sgx.intel.com/enclave"};

    (void)!enclave_event_find(span_of(data, size), &rule, found, NULL, NULL);
    return 0;
}
