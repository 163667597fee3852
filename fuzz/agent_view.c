/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the JSON of an agent's /status, as coffer doctor reads it. */
#include <stdlib.h>
#include <string.h>

#include "doctor/agent_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct agent_view view;

    if (agent_view_parse(span_of(data, size), &view, NULL) < 0)
        return 0;
    if (view.info.node_count > PLATFORM_NODES_MAX ||
        view.info.problem_count > PLATFORM_PROBLEMS_MAX || view.info.backend == PLATFORM_NONE ||
        strlen(view.profile) >= sizeof(view.profile))
        abort();
    return 0;
}
