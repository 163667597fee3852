/* SPDX-License-Identifier: Apache-2.0 */
/* kube/device_set.h: a set of devices, one bit for each: 32 KiB, so it belongs on the heap. */
#ifndef COFFER_KUBE_DEVICE_SET_H
#define COFFER_KUBE_DEVICE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "kube/device_id.h"

enum {
    DEVICE_SET_WORD_BITS = 64,
};

/** struct device_set - zero is the empty set; an index is below DEVICE_COUNT_MAX */
struct device_set {
    uint64_t words[DEVICE_COUNT_MAX / DEVICE_SET_WORD_BITS];
    uint32_t count; /* devices in the set */
};

static inline bool device_set_has(const struct device_set *s, uint32_t index)
{
    return s->words[index / DEVICE_SET_WORD_BITS] >> index % DEVICE_SET_WORD_BITS & 1;
}

/** device_set_add() - @index must not be in the set yet */
static inline void device_set_add(struct device_set *s, uint32_t index)
{
    s->words[index / DEVICE_SET_WORD_BITS] |= UINT64_C(1) << index % DEVICE_SET_WORD_BITS;
    s->count++;
}

#endif
