/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube/pod_resources.h: who holds which devices, from the kubelet's pod-resources API v1
 * (k8s.io/kubelet/pkg/apis/podresources/v1/api.proto). Device IDs are counted, never kept.
 */
#ifndef COFFER_KUBE_POD_RESOURCES_H
#define COFFER_KUBE_POD_RESOURCES_H

#include "base/err.h"
#include "base/span.h"

#define POD_RESOURCES_LIST        "/v1.PodResourcesLister/List"
#define POD_RESOURCES_ALLOCATABLE "/v1.PodResourcesLister/GetAllocatableResources"
#define POD_RESOURCES_SOCKET      "pod-resources/kubelet.sock" /* below the kubelet's directory */

enum {
    POD_NAME_SIZE = 254,            /* bytes, NUL included: RFC 1123 subdomain */
    POD_CONTAINER_SIZE = 64,        /* bytes, NUL included: RFC 1123 label */
    POD_RESOURCES_ROWS_MAX = 16384, /* containers with devices of ours */
    POD_RESOURCES_NAMES_MAX = 8,    /* resources that are asked for at once */
};

/** struct pod_resources_row - devices of one resource that a container holds */
struct pod_resources_row {
    char namespace_name[POD_CONTAINER_SIZE];
    char pod[POD_NAME_SIZE];
    char container[POD_CONTAINER_SIZE];
    uint32_t resource; /* index into the names that were asked for */
    uint32_t count;    /* devices */
    uint32_t lowest;   /* the lowest index of them */
};

/** struct pod_resources - release with pod_resources_done(); zero is empty */
struct pod_resources {
    struct pod_resources_row *rows;
    uint32_t count;
    uint32_t room;
};

void pod_resources_done(struct pod_resources *p);

/**
 * pod_resources_parse() - rows of a ListPodResourcesResponse for @resources
 * @into: replaced on success, untouched otherwise
 * Return: 0; -EBADMSG; -E2BIG above POD_RESOURCES_ROWS_MAX; -ENOMEM.
 */
NODISCARD int pod_resources_parse(struct span response, const char *const *resources,
                                  uint32_t resource_count, struct pod_resources *into,
                                  struct err *err);

/** struct pod_resources_allocatable - the healthy devices that a kubelet knows of one resource */
struct pod_resources_allocatable {
    uint32_t count;   /* all of them */
    uint32_t foreign; /* devices whose ID device_id_render() does not make */
    uint32_t end;     /* 1 + the largest index of the others; 0: there are none */
};

/**
 * pod_resources_allocatable_parse() - read an AllocatableResourcesResponse
 * @ret: one element for each of @resources
 * Return: 0; -EBADMSG. @ret is written on success only.
 */
NODISCARD int pod_resources_allocatable_parse(struct span response, const char *const *resources,
                                              uint32_t resource_count,
                                              struct pod_resources_allocatable *ret,
                                              struct err *err);

#endif
