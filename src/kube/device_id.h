/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube/device_id.h: the ID of a device is its index, written with three characters of a
 * 64-character alphabet. So an ID is made and looked up by arithmetic, and no table is kept.
 */
#ifndef COFFER_KUBE_DEVICE_ID_H
#define COFFER_KUBE_DEVICE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
    DEVICE_ID_SIZE = 3,              /* characters; the kubelet allows 63 */
    DEVICE_COUNT_MAX = 64 * 64 * 64, /* distinct IDs */
};

/** device_id_render() - the ID of the device @index, without a NUL */
void device_id_render(uint32_t index, char ret_id[static DEVICE_ID_SIZE]);

/** device_id_parse() - Return: true and @ret for an ID that device_id_render() can make */
bool device_id_parse(struct span id, uint32_t *ret);

#endif
