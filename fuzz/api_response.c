/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: an API server's HTTP response, and the Node object in its body. */
#include "kube/node_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct node_status_goal goal = {"n", "sgx.intel.com/epc", 1};
    struct http_response response;
    uint64_t value;

    if (http_response_parse(span_of(data, size), &response, NULL) < 0)
        return 0;
    node_status_read(&goal, response.body, &value);
    return 0;
}
