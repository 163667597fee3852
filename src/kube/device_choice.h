/* SPDX-License-Identifier: Apache-2.0 */
/* kube/device_choice.h: which devices a container should get: they should be on one NUMA node. */
#ifndef COFFER_KUBE_DEVICE_CHOICE_H
#define COFFER_KUBE_DEVICE_CHOICE_H

#include "base/err.h"
#include "kube/device_list.h"
#include "kube/device_set.h"

/**
 * device_choice_make() - add devices to @chosen until it has @size of them
 * @available: the devices that may be added
 * @chosen:    in: the devices that must be chosen; out: all that are chosen
 *
 * Whole NUMA nodes are filled: first the node that already holds most chosen devices, else the
 * smallest node whose free devices suffice (so that large free nodes stay whole), else the nodes
 * with most free devices until @size is met.
 *
 * Return: 0; -EINVAL when @available has too few devices. @chosen is then incomplete.
 */
NODISCARD int device_choice_make(const struct device_list *list, const struct device_set *available,
                                 uint32_t size, struct device_set *chosen, struct err *err);

#endif
