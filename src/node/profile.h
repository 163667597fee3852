/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/profile.h: the resources that a node advertises, and their names. A profile has one EPC
 * name: with two names for the same memory pods could take it twice.
 */
#ifndef COFFER_NODE_PROFILE_H
#define COFFER_NODE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
    PROFILE_RESOURCES_MAX = 4,
    PROFILE_SLOTS = 110, /* devices of a resource without a size: the kubelet's limit of pods */

    /*
     * Devices of one resource that a kubelet handles well. From Kubernetes 1.36 on a kubelet looks
     * each new device up in the devices of every container (ResourceHealthStatus), so its time
     * grows with the square of their number. Processor time of kubelet 1.37.2 after a restart, with
     * all devices held: 0.7 s with 2048 devices, 2.1 s with 4096; with half of them held 1.2 s with
     * 4096, 4.1 s with 8192, and 20 s with 16384. Pods wait for as long.
     */
    PROFILE_DEVICES_SAFE = 2048,
};

/** enum resource_kind - what one device of a resource is, and what Allocate gives for it */
enum resource_kind {
    RESOURCE_NONE,
    RESOURCE_EPC,       /* 1 MiB of EPC; any number of them gives the enclave device */
    RESOURCE_ENCLAVE,   /* a slot; gives the enclave device */
    RESOURCE_PROVISION, /* a slot; gives the provision device */
};

struct resource_spec {
    const char *name;
    enum resource_kind kind;
};

struct profile {
    const char *name;
    struct resource_spec resources[PROFILE_RESOURCES_MAX]; /* up to RESOURCE_NONE */
    const char *status_epc; /* EPC in bytes held in the Node's status; NULL: by device plugin */
};

/**
 * profile_find() - the profile with a name; "auto" is none
 * Return: the profile, or NULL with the names that there are.
 */
const struct profile *profile_find(const char *name, struct err *err);

/** profile_resource_names() - every resource name of every profile, once, NULL-terminated; static
 */
const char *const *profile_resource_names(void);

/** struct profile_choice - a profile for a node, and how well it fits */
struct profile_choice {
    const struct profile *profile;
    uint32_t device_limit; /* EPC devices that may be advertised; 0: as many as there are */
    const char *warning;   /* why the profile does not fit the node; NULL when it does */
    const char *remedy;    /* what to do about it; NULL without a warning */
};

/**
 * profile_choose() - the profile of --profile=auto: one device a MiB while the kubelet handles that
 * well, else one number in the Node's status
 * @can_write_status: the agent may write its Node's status; without that the EPC of a large node is
 *                    offered only in part
 */
struct profile_choice profile_choose(uint64_t epc_size, bool can_write_status);

/** profile_judge() - the choice that somebody made, with a warning where it does not fit */
struct profile_choice profile_judge(const struct profile *profile, uint64_t epc_size);

#endif
