/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/advertised.h: asks the kubelet now and then which devices it would give out
 * (GetAllocatableResources of pod-resources), so that the agent can compare them with its own.
 */
#ifndef COFFER_NODE_ADVERTISED_H
#define COFFER_NODE_ADVERTISED_H

#include "kube/pod_resources.h"
#include "net/loop.h"

enum {
    ADVERTISED_PERIOD_MS = 30000, /* between two questions when nothing happens */
    ADVERTISED_SOON_MS = 1500,    /* after an event: the kubelet needs a moment, too */
    ADVERTISED_TIMEOUT_MS = 10000,
};

struct advertised; /* opaque */

/** struct advertised_settings - borrowed for the object's life */
struct advertised_settings {
    struct loop *loop;
    const char *kubelet_dir;
    const char *const *resources;
    uint32_t resource_count; /* at most POD_RESOURCES_NAMES_MAX */

    /** Return: whether to ask now; the kubelet's answer names every device */
    bool (*is_wanted)(void *userdata);
    /** the kubelet's answer, one element a resource */
    void (*answer)(void *userdata, const struct pod_resources_allocatable *seen);
    void *userdata;
};

/** advertised_new() - the first question comes after ADVERTISED_PERIOD_MS, or sooner if asked for
 *  Return: 0; -ENOMEM. */
NODISCARD int advertised_new(const struct advertised_settings *settings, struct advertised **ret,
                             struct err *err);
void advertised_free(struct advertised *a);

/** advertised_ask_soon() - something may have changed: ask after ADVERTISED_SOON_MS */
void advertised_ask_soon(struct advertised *a);

#endif
