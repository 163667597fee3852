/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kubelet wants the whole list of devices in one message, again after every change, and refuses
 * a message of more than 4 MiB. A device of ours is one MiB of EPC, so a machine with 256 GiB has
 * 262,144 of them, and the message is the largest thing that the agent ever says. It is never held
 * in memory. All devices of a NUMA node are alike but for the ID, so they are a range: three
 * numbers. All entries of a range have the same size, so the byte at any offset of the message is
 * found by a division, and device_list_read() makes just the piece that the socket has room for.
 *
 * The size of an entry decides how much EPC a node can offer:
 *
 *   entry                                            bytes   devices in 4 MiB
 *   ID and "Healthy"                                    16   262,144
 *   ID and "Unhealthy"                                  18   233,016
 *   ID, "Healthy" and NUMA node 0                       20   209,715
 *   ID, "Healthy" and another NUMA node                 22   190,650
 *
 * Three rules follow, and device_list_of() applies them in this order. Topology is left out when
 * the message would be too large with it: GetPreferredAllocation keeps a container on one NUMA node
 * without it. Then devices are dropped from the end. An unhealthy list must keep the length of the
 * healthy one, or the node's capacity would shrink whenever a device is lost for a moment: where
 * "Unhealthy" does not fit, the word is left out, and the kubelet takes every health but "Healthy"
 * for unhealthy.
 */
#include "kube/device_list.h"

#include <string.h>

#include "base/macros.h"
#include "codec/protobuf.h"

enum {
    ENTRY_SIZE_MAX = 32, /* bytes of one encoded device */
};

/* Field numbers of api.proto, by message. */
enum {
    RESPONSE_DEVICE = 1,
    DEVICE_ID = 1,
    DEVICE_HEALTH = 2,
    DEVICE_TOPOLOGY = 3,
    TOPOLOGY_NODE = 1,
    NODE_ID = 1,
};

/* The first byte of a field whose number is below 16. */
static uint8_t field_key(uint8_t number, enum protobuf_type type)
{
    return (uint8_t)((unsigned)number << 3 | (unsigned)type);
}

/* TopologyInfo with one NUMANode; proto3 leaves the ID out when it is 0. */
static uint8_t *topology_render(int32_t node, uint8_t *p)
{
    uint8_t node_len = node > 0 ? 2 : 0;

    *p++ = field_key(DEVICE_TOPOLOGY, PROTOBUF_BYTES);
    *p++ = (uint8_t)(2 + node_len);
    *p++ = field_key(TOPOLOGY_NODE, PROTOBUF_BYTES);
    *p++ = node_len;
    if (node > 0) {
        *p++ = field_key(NODE_ID, PROTOBUF_VARINT);
        *p++ = (uint8_t)node;
    }
    return p;
}

/* One device of the response. All lengths are below 128, so each takes one byte. */
static uint32_t entry_render(const struct device_list *list, int32_t node, uint32_t index,
                             uint8_t to[static ENTRY_SIZE_MAX])
{
    const char *health = list->is_healthy ? "Healthy" : "Unhealthy";
    uint8_t health_len = (uint8_t)strlen(health);
    uint8_t *p = to + 2;

    *p++ = field_key(DEVICE_ID, PROTOBUF_BYTES);
    *p++ = DEVICE_ID_SIZE;
    device_id_render(index, (char *)p);
    p += DEVICE_ID_SIZE;
    if (!list->is_terse) {
        *p++ = field_key(DEVICE_HEALTH, PROTOBUF_BYTES);
        *p++ = health_len;
        memcpy(p, health, health_len);
        p += health_len;
    }
    if (list->has_topology && node >= 0)
        p = topology_render(node, p);
    to[0] = field_key(RESPONSE_DEVICE, PROTOBUF_BYTES);
    to[1] = (uint8_t)(p - to - 2);
    return (uint32_t)(p - to);
}

static uint32_t entry_size(const struct device_list *list, int32_t node)
{
    uint8_t entry[ENTRY_SIZE_MAX];

    return entry_render(list, node, 0, entry);
}

uint32_t device_list_size(const struct device_list *list)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < list->range_count; i++)
        size += (uint64_t)entry_size(list, list->ranges[i].node) * list->ranges[i].count;
    return (uint32_t)MIN(size, (uint64_t)UINT32_MAX);
}

static void ranges_fill(struct device_list *list, const struct device_amount *amounts,
                        uint32_t amount_count)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < amount_count; i++) {
        uint32_t room = DEVICE_COUNT_MAX - list->count;
        uint32_t count = (uint32_t)MIN(amounts[i].count, (uint64_t)room);

        all += amounts[i].count;
        if (count == 0 || list->range_count == DEVICE_RANGES_MAX)
            continue;
        list->ranges[list->range_count++] =
            (struct device_range){amounts[i].node, list->count, count};
        list->count += count;
    }
    list->dropped = (uint32_t)MIN(all - list->count, (uint64_t)UINT32_MAX);
}

/* Drops devices from the end until the message fits. */
static void list_cut(struct device_list *list)
{
    while (list->range_count > 0 && device_list_size(list) > DEVICE_LIST_SIZE_MAX) {
        struct device_range *last = &list->ranges[list->range_count - 1];
        uint32_t each = entry_size(list, last->node);
        uint32_t excess = (device_list_size(list) - DEVICE_LIST_SIZE_MAX + each - 1) / each;

        excess = MIN(excess, last->count);
        last->count -= excess;
        list->count -= excess;
        list->dropped += excess;
        if (last->count == 0)
            list->range_count--;
    }
}

bool device_list_equal(const struct device_list *a, const struct device_list *b)
{
    bool is_equal = a->count == b->count && a->dropped == b->dropped &&
                    a->range_count == b->range_count && a->is_healthy == b->is_healthy &&
                    a->has_topology == b->has_topology && a->is_terse == b->is_terse;

    for (uint32_t i = 0; is_equal && i < a->range_count; i++)
        is_equal = a->ranges[i].node == b->ranges[i].node &&
                   a->ranges[i].first == b->ranges[i].first &&
                   a->ranges[i].count == b->ranges[i].count;
    return is_equal;
}

struct device_list device_list_of(const struct device_amount *amounts, uint32_t amount_count,
                                  bool is_healthy)
{
    struct device_list list = {.is_healthy = true, .has_topology = true};

    ranges_fill(&list, amounts, amount_count);
    list.has_topology = device_list_size(&list) <= DEVICE_LIST_SIZE_MAX;
    list_cut(&list);
    list.is_healthy = is_healthy;
    list.is_terse = device_list_size(&list) > DEVICE_LIST_SIZE_MAX;
    return list;
}

int32_t device_list_node(const struct device_list *list, uint32_t index)
{
    for (uint32_t i = 0; i < list->range_count; i++)
        if (index - list->ranges[i].first < list->ranges[i].count)
            return list->ranges[i].node;
    return -1;
}

/* The part of one range: entries of one size, so the first wanted one is found by division. */
static size_t range_read(const struct device_list *list, const struct device_range *range,
                         uint32_t offset, uint8_t *to, size_t size)
{
    uint32_t each = entry_size(list, range->node);
    uint32_t index = offset / each, skip = offset % each;
    size_t done = 0;

    for (; index < range->count && done < size; index++) {
        uint8_t entry[ENTRY_SIZE_MAX];
        size_t len;

        entry_render(list, range->node, range->first + index, entry);
        len = MIN((size_t)(each - skip), size - done);
        memcpy(to + done, entry + skip, len);
        done += len;
        skip = 0;
    }
    return done;
}

void device_list_read(const struct device_list *list, uint32_t offset, uint8_t *to, size_t size)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i < list->range_count && size > 0; i++) {
        const struct device_range *range = &list->ranges[i];
        uint32_t bytes = entry_size(list, range->node) * range->count;

        if (offset < start + bytes) {
            size_t done = range_read(list, range, offset - start, to, size);

            to += done;
            offset += (uint32_t)done;
            size -= done;
        }
        start += bytes;
    }
}
