/* SPDX-License-Identifier: Apache-2.0 */
/* node/plugin_internal.h: shared by plugin.c (the list), plugin_registration.c and
 * plugin_service.c (the calls). */
#ifndef COFFER_NODE_PLUGIN_INTERNAL_H
#define COFFER_NODE_PLUGIN_INTERNAL_H

#include <sys/stat.h>

#include "net/grpc/client.h"
#include "net/grpc/server.h"
#include "node/plugin.h"

/** struct watcher - one ListAndWatch stream */
struct watcher {
    struct plugin *plugin;
    struct grpc_call *call;
    struct watcher *next;
    struct device_list snapshot; /* being sent, or sent */
    uint64_t generation;         /* of the snapshot; 0: none yet */
};

struct plugin {
    const struct plugin_settings *settings;
    const struct resource_spec *spec;

    struct device_list list;
    uint64_t generation; /* of @list, from 1 */
    struct watcher *watchers;
    struct plugin_counters counters;

    struct grpc_server *server; /* NULL: could not listen */
    char endpoint[128];         /* base name of the socket */
    uint32_t sockets_made;

    struct grpc_client *registering;
    struct stat kubelet; /* identity of the kubelet.sock last registered with */
    struct stat asked;   /* and of the one being asked */
    bool is_registered;
    int64_t next_try_ms;    /* clock_monotonic_ms() */
    int64_t stream_lost_ms; /* since when there has been no stream */
    int64_t retry_ms;
    uint32_t sibling_count; /* live sockets of other instances, at the last look */
    bool has_newer_sibling;

    int64_t displaced_ms;     /* since when the kubelet has shown other devices; 0: it shows ours */
    int64_t next_renewal_ms;  /* not before this time */
    int64_t renewal_pause_ms; /* 0: none so far */
    char trouble[ERR_TEXT_SIZE];
};

/** plugin_methods - the DevicePlugin service; its `service` is the struct plugin */
extern const struct grpc_method plugin_methods[];

/** plugin_wake() - let every stream look for a new list */
void plugin_wake(struct plugin *p);

/** plugin_resend() - send the list again though it did not change */
void plugin_resend(struct plugin *p);

#endif
