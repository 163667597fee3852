/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/profile.h: which resources a node advertises, by whose names. One EPC name a profile: two
 * names for the same memory would let pods take it twice.
 */
#ifndef COFFER_NODE_PROFILE_H
#define COFFER_NODE_PROFILE_H

#include "base/err.h"

enum {
    PROFILE_RESOURCES_MAX = 4,
    PROFILE_SLOTS = 110, /* devices of a resource without a size: the kubelet's limit of pods */
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

/** profile_find() - Return: the profile, or NULL with the names that there are */
const struct profile *profile_find(const char *name, struct err *err);

#endif
