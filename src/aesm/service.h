/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/service.h: from a request to its response. A request that needs no quoting enclave is
 * answered at once, the others wait for the backend. A backend that cannot block runs on the loop,
 * a few jobs a turn; a backend that can block has a thread.
 */
#ifndef COFFER_AESM_SERVICE_H
#define COFFER_AESM_SERVICE_H

#include "aesm/backend.h"
#include "aesm/message.h"
#include "aesm/metrics.h"
#include "aesm/queue.h"
#include "net/loop.h"

enum {
    AESM_SERVICE_JOBS_A_TURN =
        8, /* calls of a backend on the loop before sockets are looked at again */
};

struct aesm_service; /* opaque */

/**
 * struct aesm_service_client - one request that waits; embedded in the object of its owner. respond
 * is called once, after aesm_service_submit() has returned, unless the request was cancelled.
 */
struct aesm_service_client {
    void (*respond)(struct aesm_service_client *client, struct span frame);
    struct aesm_service *service;
    struct aesm_queue_ticket *ticket; /* NULL when nothing waits */
    enum aesm_kind kind;
};

/**
 * aesm_service_new() - @backend, @loop and @metrics are borrowed and outlive the service
 * Return: 0; -EINVAL for impossible limits; -ENOMEM; errno of the thread.
 */
NODISCARD int aesm_service_new(const struct aesm_backend *backend,
                               const struct aesm_queue_limits *limits, struct loop *loop,
                               struct aesm_metrics *metrics, struct aesm_service **ret,
                               struct err *err);

/** aesm_service_free() - waits for a call of the backend that runs; every client was cancelled
 * before */
void aesm_service_free(struct aesm_service *s);
void aesm_service_freep(struct aesm_service **s);

/**
 * aesm_service_submit() - answer a request now, or let it wait for the backend
 * @pod:       the pod that the request counts for
 * @request:   need not outlive the call
 * @client:    its respond is set; the service sets the rest
 * @ret_frame: the answer, borrowed until the next call of the service
 * Return: true with @ret_frame; false when @client->respond gets the answer later.
 */
NODISCARD bool aesm_service_submit(struct aesm_service *s, const char *pod,
                                   const struct aesm_request *request,
                                   struct aesm_service_client *client, struct span *ret_frame);

/** aesm_service_cancel() - the client went away; no-op when nothing waits */
void aesm_service_cancel(struct aesm_service_client *client);

/** aesm_service_run() - let the backend work on what waits; call it after a batch of submissions */
void aesm_service_run(struct aesm_service *s);

/** aesm_service_is_slow() - may a request wait long enough for its client to lose patience? */
bool aesm_service_is_slow(const struct aesm_service *s);

/** aesm_service_depth() - requests that wait or run */
unsigned aesm_service_depth(const struct aesm_service *s);

const struct aesm_queue_counters *aesm_service_queue_counters(const struct aesm_service *s);

#endif
