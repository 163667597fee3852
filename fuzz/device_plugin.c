/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: what a kubelet sends to a device plugin: AllocateRequest and
 * PreferredAllocationRequest. An answer may only name devices that exist, each once. */
#include <stdlib.h>

#include "codec/protobuf.h"
#include "kube/device_plugin.h"

enum {
    ANSWER_MAX = 1 << 20, /* bytes */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void allocation_check(struct span request, const struct device_list *list)
{
    struct device_plugin_allocation a;
    uint32_t sum = 0;

    if (device_plugin_allocate_parse(request, list, &a, NULL) < 0)
        return;
    if (a.container_count > DEVICE_PLUGIN_CONTAINERS_MAX)
        abort();
    for (uint32_t i = 0; i < a.container_count; i++)
        sum += a.counts[i];
    if (sum > list->count)
        abort();
}

static void ids_check(struct span container, const struct device_list *list)
{
    struct protobuf_reader r = protobuf_reader_of(container);
    struct protobuf_field f;
    uint32_t index, before = 0, count = 0;

    while (protobuf_next(&r, &f)) {
        if (!device_id_parse(f.bytes, &index) || index >= list->count || (count && index <= before))
            abort();
        before = index;
        count++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct device_amount amounts[] = {
        {0, 40},
        {1, 30},
    };
    struct device_list list = device_list_of(amounts, 2, true);
    struct buf answer = buf_init(ANSWER_MAX);
    struct protobuf_reader r;
    struct protobuf_field f;

    allocation_check(span_of(data, size), &list);
    if (device_plugin_preferred(span_of(data, size), &list, &answer, NULL) == 0) {
        r = protobuf_reader_of(buf_span(&answer));
        while (protobuf_next(&r, &f))
            ids_check(f.bytes, &list);
        if (r.failed)
            abort();
    }
    buf_done(&answer);
    return 0;
}
