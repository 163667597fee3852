/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube/node_status.h: an extended resource that no device plugin serves, kept in a Node's status.
 *
 * The kubelet sets every extended resource to zero when it registers a node anew without device
 * plugin checkpoints, so writing the capacity once is not enough: it is compared and written again
 * for ever (kubernetes/pkg/kubelet reconcileExtendedResource). The kubelet copies capacity to
 * allocatable by itself.
 */
#ifndef COFFER_KUBE_NODE_STATUS_H
#define COFFER_KUBE_NODE_STATUS_H

#include "kube/api_client.h"

/** struct node_status_goal - what the Node's capacity is to say; all borrowed */
struct node_status_goal {
    const char *node;
    const char *resource; /* "sgx.intel.com/epc" */
    uint64_t value;
};

enum node_status_result {
    NODE_STATUS_UNKNOWN = 0, /* could not be read or written */
    NODE_STATUS_HELD,        /* was as wanted */
    NODE_STATUS_WRITTEN,     /* was different and has been set */
};

/** node_status_patch() - append the JSON Patch (RFC 6902) that sets the capacity */
void node_status_patch(const struct node_status_goal *goal, struct buf *out);

/**
 * node_status_read() - capacity of the goal's resource in a Node object
 * Return: true and @ret when the object has it as a whole number of units
 */
bool node_status_read(const struct node_status_goal *goal, struct span node_json, uint64_t *ret);

/** node_status_assert() - read the Node, write its capacity where it differs
 * Return: what happened; the reason of NODE_STATUS_UNKNOWN in @err. */
enum node_status_result node_status_assert(const struct api_client *client,
                                           const struct node_status_goal *goal, struct err *err);

/**
 * node_status_removal_patch() - append the JSON Patch that takes resources off a Node's status
 * @resources: names, NULL-terminated
 * Return: how many entries it removes from capacity and allocatable; 0: @out is not written.
 */
uint32_t node_status_removal_patch(struct span node_json, const char *const *resources,
                                   struct buf *out);

/** node_status_remove() - take @resources off the status of the Node named @node
 * Return: NODE_STATUS_HELD when none of them was there; NODE_STATUS_WRITTEN when they were taken
 * off; the reason of NODE_STATUS_UNKNOWN in @err. */
enum node_status_result node_status_remove(const struct api_client *client, const char *node,
                                           const char *const *resources, struct err *err);

#endif
