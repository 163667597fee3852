/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube/enclave_event.h: with Intel's names, a container that asks for sgx.intel.com/epc and not for
 * sgx.intel.com/enclave runs without the device, and nothing tells its owner. This module looks for
 * such pods on a node and makes one Event for each.
 */
#ifndef COFFER_KUBE_ENCLAVE_EVENT_H
#define COFFER_KUBE_ENCLAVE_EVENT_H

#include "kube/api_client.h"

/** struct enclave_event_rule - all borrowed */
struct enclave_event_rule {
    const char *node;      /* name of the Node */
    const char *counted;   /* "sgx.intel.com/epc" */
    const char *necessary; /* "sgx.intel.com/enclave" */
};

/** struct enclave_event_pod - a pod that breaks the rule; borrowed from the JSON */
struct enclave_event_pod {
    struct span namespace_name, name, uid;
    struct span container; /* the first one that lacks the resource */
};

/**
 * enclave_event_find() - the pods of a PodList that have not ended and break the rule
 * @found: called for each; a negative return ends the walk and is returned
 * Return: 0; -EBADMSG when @pod_list is not the JSON of a PodList.
 */
NODISCARD int enclave_event_find(struct span pod_list, const struct enclave_event_rule *rule,
                                 int (*found)(void *userdata, const struct enclave_event_pod *pod),
                                 void *userdata, struct err *err);

/** enclave_event_render() - append the Event; its name follows from the pod's uid, so that the API
 *  server refuses a second one. @now is the time in unix seconds. */
void enclave_event_render(const struct enclave_event_pod *pod,
                          const struct enclave_event_rule *rule, int64_t now, struct buf *out);

/**
 * enclave_event_tell() - ask the API server for the pods of the node, and make the Events
 * @ret_count: Events that were made now
 * Return: 0; -EACCES without the right to list pods or to create Events; other negative errno.
 */
NODISCARD int enclave_event_tell(const struct api_client *client,
                                 const struct enclave_event_rule *rule, uint32_t *ret_count,
                                 struct err *err);

#endif
