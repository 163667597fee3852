/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/service.h: from a request to its response: answers at once what needs no quoting enclave,
 * and lines the rest up for the backend. A backend that cannot block runs on the loop, a few jobs a
 * turn; one that can has a thread.
 */
#ifndef COFFER_AESM_SERVICE_H
#define COFFER_AESM_SERVICE_H

#include "aesm/backend.h"
#include "aesm/message.h"
#include "aesm/metrics.h"
#include "aesm/queue.h"
#include "net/loop.h"

enum {
    SERVICE_JOBS_A_TURN = 8, /* calls of a backend on the loop before sockets are looked at again */
};

struct service; /* opaque */

/**
 * struct service_client - one request; embedded in whoever asks. respond is called once, from
 * inside service_submit() or later, unless the request was cancelled.
 */
struct service_client {
    void (*respond)(struct service_client *client, struct span frame);
    struct service *service;
    struct queue_ticket *ticket; /* NULL when nothing waits */
    enum aesm_kind kind;
};

/**
 * service_new() - @backend, @loop and @metrics are borrowed and outlive the service
 * Return: 0; -EINVAL for impossible limits; -ENOMEM; errno of the thread.
 */
NODISCARD int service_new(const struct quote_backend *backend, const struct queue_limits *limits,
                          struct loop *loop, struct metrics *metrics, struct service **ret,
                          struct err *err);

/** service_free() - waits for a call of the backend that runs; every client was cancelled before */
void service_free(struct service *s);
void service_freep(struct service **s);

/** service_submit() - @request need not outlive the call; @pod is whom it is counted to */
void service_submit(struct service *s, const char *pod, const struct aesm_request *request,
                    struct service_client *client);

/** service_cancel() - the client went away; no-op when nothing waits */
void service_cancel(struct service_client *client);

/** service_run() - let the backend work on what waits; call it after a batch of submissions */
void service_run(struct service *s);

/** service_is_slow() - may a request wait long enough for its client to lose patience? */
bool service_is_slow(const struct service *s);

/** service_depth() - requests that wait or run */
unsigned service_depth(const struct service *s);

const struct queue_counters *service_queue_counters(const struct service *s);

#endif
