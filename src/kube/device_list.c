/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/device_list.h"

#include <string.h>

#include "base/macros.h"

enum {
    ENTRY_SIZE_MAX = 32, /* bytes of one encoded device */
};

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

void device_id_render(uint32_t index, char ret_id[static DEVICE_ID_SIZE])
{
    ret_id[0] = alphabet[index >> 12 & 63];
    ret_id[1] = alphabet[index >> 6 & 63];
    ret_id[2] = alphabet[index & 63];
}

bool device_id_parse(struct span id, uint32_t *ret)
{
    uint32_t index = 0;

    if (id.len != DEVICE_ID_SIZE)
        return false;
    for (size_t i = 0; i < DEVICE_ID_SIZE; i++) {
        const char *at = id.data[i] ? strchr(alphabet, id.data[i]) : NULL;

        if (!at)
            return false;
        index = index << 6 | (uint32_t)(at - alphabet);
    }
    *ret = index;
    return true;
}

/*
 * One encoded `devices` entry. ListAndWatchResponse.devices = 1; Device: ID = 1, health = 2,
 * topology = 3; TopologyInfo.nodes = 1; NUMANode.ID = 1, left out when 0 (proto3). All lengths
 * are below 128, so each takes one byte.
 */
static uint32_t entry_render(const struct device_list *list, int32_t node, uint32_t index,
                             uint8_t to[static ENTRY_SIZE_MAX])
{
    const char *health = list->is_healthy ? "Healthy" : "Unhealthy";
    uint8_t health_len = (uint8_t)strlen(health);
    uint8_t *p = to + 2;

    *p++ = 1 << 3 | 2;
    *p++ = DEVICE_ID_SIZE;
    device_id_render(index, (char *)p);
    p += DEVICE_ID_SIZE;
    if (!list->is_terse) {
        *p++ = 2 << 3 | 2;
        *p++ = health_len;
        memcpy(p, health, health_len);
        p += health_len;
    }
    if (list->has_topology && node >= 0) {
        uint8_t node_len = node > 0 ? 2 : 0;

        *p++ = 3 << 3 | 2;
        *p++ = (uint8_t)(2 + node_len);
        *p++ = 1 << 3 | 2;
        *p++ = node_len;
        if (node > 0) {
            *p++ = 1 << 3 | 0;
            *p++ = (uint8_t)node;
        }
    }
    to[0] = 1 << 3 | 2;
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
static void cut(struct device_list *list)
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
    cut(&list);
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
