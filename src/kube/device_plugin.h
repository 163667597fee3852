/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube/device_plugin.h: messages of the kubelet's device plugin API v1beta1
 * (k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1/api.proto). Bytes and values only: what a container
 * gets for its devices is decided in room node.
 */
#ifndef COFFER_KUBE_DEVICE_PLUGIN_H
#define COFFER_KUBE_DEVICE_PLUGIN_H

#include "base/buf.h"
#include "base/err.h"
#include "kube/device_list.h"

#define DEVICE_PLUGIN_REGISTER   "/v1beta1.Registration/Register"
#define DEVICE_PLUGIN_OPTIONS    "/v1beta1.DevicePlugin/GetDevicePluginOptions"
#define DEVICE_PLUGIN_LIST       "/v1beta1.DevicePlugin/ListAndWatch"
#define DEVICE_PLUGIN_PREFERRED  "/v1beta1.DevicePlugin/GetPreferredAllocation"
#define DEVICE_PLUGIN_ALLOCATE   "/v1beta1.DevicePlugin/Allocate"
#define DEVICE_PLUGIN_PRE_START  "/v1beta1.DevicePlugin/PreStartContainer"
#define DEVICE_PLUGIN_SOCKET_DIR "device-plugins" /* below the kubelet's directory */
#define DEVICE_PLUGIN_KUBELET    "kubelet.sock"   /* the Registration service, in that directory */

enum {
    DEVICE_PLUGIN_CONTAINERS_MAX = 64, /* container requests in one message */
};

/** device_plugin_options_render() - DevicePluginOptions: we offer GetPreferredAllocation */
void device_plugin_options_render(struct buf *out);

/** device_plugin_register_render() - RegisterRequest
 * @endpoint: base name of our socket in the kubelet's device-plugins directory */
void device_plugin_register_render(struct buf *out, const char *endpoint, const char *resource);

/** struct device_plugin_allocation - an AllocateRequest: the devices that each container gets */
struct device_plugin_allocation {
    uint32_t container_count;
    uint32_t counts[DEVICE_PLUGIN_CONTAINERS_MAX];
    uint32_t lowest[DEVICE_PLUGIN_CONTAINERS_MAX]; /* its lowest index; 0 without devices */
};

/**
 * device_plugin_allocate_parse() - read an AllocateRequest
 * @list: every ID must be in it, and no ID may occur twice
 * Return: 0 and @ret; -EBADMSG for malformed bytes; -ENOENT for an unknown ID; -EEXIST for an ID
 * that is named twice; -E2BIG above DEVICE_PLUGIN_CONTAINERS_MAX; -ENOMEM.
 */
NODISCARD int device_plugin_allocate_parse(struct span request, const struct device_list *list,
                                           struct device_plugin_allocation *ret, struct err *err);

/*
 * An AllocateResponse is made container by container: each of the first three adds to one
 * ContainerAllocateResponse, device_plugin_container_put() adds that to the AllocateResponse.
 * A failure is in the buffer's status.
 */
void device_plugin_variable_put(struct buf *container, const char *name, const char *value);
void device_plugin_mount_put(struct buf *container, const char *host, const char *inside,
                             bool is_read_only);
void device_plugin_device_put(struct buf *container, const char *host, const char *inside,
                              const char *permissions);
void device_plugin_container_put(struct buf *response, struct span container);

/**
 * device_plugin_preferred() - answer a PreferredAllocationRequest by device_choice_make()
 * Return: 0 and @out; errors as device_plugin_allocate_parse(); -EINVAL for sizes that cannot be.
 */
NODISCARD int device_plugin_preferred(struct span request, const struct device_list *list,
                                      struct buf *out, struct err *err);

#endif
