/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube/device_list.h: the devices of one resource as the kubelet sees them: how many, with which
 * IDs, on which NUMA node, healthy or not; and the ListAndWatchResponse that says so, made from
 * these few numbers piece by piece.
 *
 * 262,144 healthy devices make a message of exactly 4,194,304 bytes: what a kubelet accepts
 * (grpc-go's default limit, which no kubelet raises).
 */
#ifndef COFFER_KUBE_DEVICE_LIST_H
#define COFFER_KUBE_DEVICE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/size.h"
#include "kube/device_id.h"

enum {
    DEVICE_LIST_SIZE_MAX = 4 * 1024 * 1024, /* bytes of a message that a kubelet accepts */
    DEVICE_RANGES_MAX = 64,                 /* NUMA nodes */
};

/** device_list_bytes() - the EPC for which @count devices stand, 1 MiB each */
static inline uint64_t device_list_bytes(uint64_t count)
{
    return count * SIZE_MIB;
}

/** struct device_range - consecutive devices on one NUMA node */
struct device_range {
    int32_t node;   /* -1: not known */
    uint32_t first; /* index */
    uint32_t count;
};

/** struct device_list - plain data; device_list_of() fills it, copies are snapshots */
struct device_list {
    uint32_t count;   /* devices that are advertised */
    uint32_t dropped; /* devices that exist and do not fit */
    uint32_t range_count;
    struct device_range ranges[DEVICE_RANGES_MAX];
    bool is_healthy;
    bool has_topology; /* the message carries NUMA nodes */
    bool is_terse;     /* health is left out: anything but "Healthy" is unhealthy to a kubelet */
};

/** struct device_amount - how many devices a NUMA node has */
struct device_amount {
    int32_t node;
    uint64_t count;
};

/**
 * device_list_of() - the list of @amounts, cut to what one message can carry: devices are dropped
 * from the end
 *
 * An unhealthy list carries as many devices as a healthy one, so that the capacity that a kubelet
 * shows does not change with the health: where the longer "Unhealthy" does not fit, the word is
 * left out.
 */
struct device_list device_list_of(const struct device_amount *amounts, uint32_t amount_count,
                                  bool is_healthy);

/** device_list_equal() - the same devices, in the same state */
bool device_list_equal(const struct device_list *a, const struct device_list *b);

/** device_list_node() - NUMA node of a device; -1 when unknown */
int32_t device_list_node(const struct device_list *list, uint32_t index);

/** device_list_size() - bytes of the ListAndWatchResponse */
uint32_t device_list_size(const struct device_list *list);

/** device_list_read() - bytes [offset, offset + size) of it; a grpc_source's read */
void device_list_read(const struct device_list *list, uint32_t offset, uint8_t *to, size_t size);

#endif
