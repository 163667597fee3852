/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube/device_plugin.h: messages of the kubelet's device plugin API v1beta1
 * (k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1/api.proto).
 */
#ifndef COFFER_KUBE_DEVICE_PLUGIN_H
#define COFFER_KUBE_DEVICE_PLUGIN_H

#include "base/buf.h"
#include "base/err.h"
#include "kube/device_list.h"
#include "platform/platform.h"

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

/** device_plugin_grant_render() - append one ContainerAllocateResponse to an AllocateResponse */
void device_plugin_grant_render(struct buf *out, const struct platform_grant *grant);

/**
 * device_plugin_allocate() - read an AllocateRequest
 * @list:    every ID must be in it, once
 * @granted: called for each container with how many devices it asks for; a negative return ends
 *           the walk and is returned
 * Return: 0; -EBADMSG for malformed bytes; -ENOENT for an unknown ID; -EEXIST for an ID that is
 * named twice; -E2BIG above DEVICE_PLUGIN_CONTAINERS_MAX; -ENOMEM.
 */
NODISCARD int device_plugin_allocate(struct span request, const struct device_list *list,
                                     int (*granted)(void *userdata, uint32_t count,
                                                    struct err *err),
                                     void *userdata, struct err *err);

/**
 * device_plugin_preferred() - answer a PreferredAllocationRequest
 *
 * Devices that must be included come first. Then whole NUMA nodes are filled: the one that already
 * holds required devices, else the smallest node whose free devices suffice (so that large free
 * nodes stay whole), else the nodes with most free devices until the size is met.
 *
 * Return: 0 and @out; errors as device_plugin_allocate(); -EINVAL for sizes that cannot be.
 */
NODISCARD int device_plugin_preferred(struct span request, const struct device_list *list,
                                      struct buf *out, struct err *err);

#endif
