/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/plugin.h: the device plugin of one resource: its list of devices, its socket, and its
 * registration with the kubelet, which is kept for ever.
 */
#ifndef COFFER_NODE_PLUGIN_H
#define COFFER_NODE_PLUGIN_H

#include <stdbool.h>

#include "kube/device_list.h"
#include "kube/pod_resources.h"
#include "net/loop.h"
#include "node/profile.h"
#include "platform/platform.h"

enum {
    PLUGIN_TICK_MS = 1000,              /* how often to call plugin_tick() */
    PLUGIN_REGISTER_TIMEOUT_MS = 15000, /* kubelet dials back for up to 10 s inside Register */
    PLUGIN_RETRY_FIRST_MS = 250,
    PLUGIN_RETRY_LAST_MS = 30000,
    PLUGIN_STREAM_GRACE_MS = 5000,   /* without ListAndWatch for this long: register again */
    PLUGIN_DISPLACED_MS = 3000,      /* the kubelet shows other devices for this long: renew */
    PLUGIN_RENEWAL_FIRST_MS = 15000, /* between two renewals; doubles */
    PLUGIN_RENEWAL_LAST_MS = 10 * 60000,
    PLUGIN_COMPARED_MAX = 16384, /* devices; the kubelet's answer has some 50 bytes for each */
    PLUGIN_LATENCY_BUCKETS = 8,
};

/** plugin_latency_bounds_us - upper bounds of the Allocate histogram, microseconds */
extern const int64_t plugin_latency_bounds_us[PLUGIN_LATENCY_BUCKETS];

/** struct plugin_counters - since start */
struct plugin_counters {
    uint64_t registrations; /* accepted */
    uint64_t registration_errors;
    uint64_t allocations; /* granted */
    uint64_t allocation_errors;
    uint64_t latency_us;                              /* sum over both */
    uint64_t latency_buckets[PLUGIN_LATENCY_BUCKETS]; /* not cumulative; slower ones are in none */
};

/** struct plugin_settings - the same for all plugins of an agent; borrowed */
struct plugin_settings {
    struct loop *loop;
    const char *socket_dir; /* the kubelet's device-plugins directory */
    struct platform *platform;
    const char *aesm_dir;              /* host directory of the quote helper's socket, or NULL */
    bool has_aliases;                  /* also give the /dev/sgx/ names */
    uint32_t epc_device_limit;         /* devices of EPC to advertise at most; 0: all */
    void (*allocated)(void *userdata); /* an Allocate was granted: the ledger changes soon */
    void (*disturbed)(void *userdata); /* another instance came or left: compare soon */
    void *userdata;
};

struct plugin; /* opaque */

NODISCARD int plugin_new(const struct plugin_settings *settings, const struct resource_spec *spec,
                         struct plugin **ret, struct err *err);

/** plugin_free() - leave: sockets and streams are closed, the socket file is removed */
void plugin_free(struct plugin *p);

/** plugin_update() - the platform's snapshot may have changed: send a new list if the list has */
void plugin_update(struct plugin *p);

/** plugin_tick() - look at sockets, streams and timers; cheap, call it at each event as well */
void plugin_tick(struct plugin *p);

/**
 * plugin_compare() - what the kubelet would give out of this resource now
 *
 * When that is not our list, somebody else has registered the resource's name, or the kubelet
 * follows an instance that is gone. The plugin then registers again on a new socket.
 *
 * Return: whether the kubelet's devices are ours.
 */
bool plugin_compare(struct plugin *p, const struct pod_resources_allocatable *seen);

/** plugin_is_displaced() - comparisons have failed for PLUGIN_DISPLACED_MS */
bool plugin_is_displaced(const struct plugin *p);

const struct resource_spec *plugin_spec(const struct plugin *p);
const struct device_list *plugin_list(const struct plugin *p);
const struct plugin_counters *plugin_counters(const struct plugin *p);

/** plugin_is_connected() - a kubelet holds a ListAndWatch stream and has been sent the list */
bool plugin_is_connected(const struct plugin *p);

/** plugin_is_needed() - there is something to advertise */
bool plugin_is_needed(const struct plugin *p);

/** plugin_trouble() - why the kubelet is not connected; "" when nothing is known to be wrong */
const char *plugin_trouble(const struct plugin *p);

#endif
