/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request goes through three hands. aesm_service_submit() answers it when no quoting enclave is
 * needed; otherwise its canonical form becomes the key of a job in the queue. aesm_service_run()
 * takes jobs in the queue's order, and each becomes a struct work: the request as a value, a buffer
 * for the frame, and the outcome. When the backend is done, the queue tells every client of the
 * job, and each is handed the same frame.
 *
 * A work does not point into the queue, so a thread may run it while clients come and go: the
 * thread sees its own copy of the request and nothing that the loop changes. The job itself stays
 * in the queue until the loop has collected the work, which keeps it open for equal requests.
 *
 * A backend that does not block runs on the loop, AESM_SERVICE_JOBS_A_TURN jobs before sockets are
 * looked at again. The answers of a turn leave together at its end: waking a client costs a third
 * of a software quote, and a client that was woken by the first answer finds the next one ready.
 *
 * One timer stands at the earliest deadline. Deadlines only move away when tickets are answered,
 * so the timer is set anew when an earlier one appears, and may otherwise run early and find
 * nothing to do.
 */
#include "aesm/service.h"

#include <errno.h>

#include "aesm/answer.h"
#include "aesm/worker.h"
#include "base/clock.h"

#define LOG_AREA "aesm"
#include "base/log.h"

enum {
    US_PER_MS = 1000,
    FAILURE_LOG_INTERVAL_MS = 10000, /* one line in this time about a backend that fails */
};

/* One call of the backend: all that its thread gets and gives back. */
struct work {
    const struct aesm_backend *backend;
    struct aesm_queue_job *job; /* the loop's */
    struct aesm_canonical request;
    struct buf frame;
    uint32_t code;
    struct err err;
};

struct aesm_service {
    const struct aesm_backend *backend;
    struct loop *loop;
    struct aesm_metrics *metrics;
    struct aesm_queue *queue;
    struct aesm_worker *worker;                  /* NULL: the backend runs on the loop */
    struct loop_watch *watch;                    /* of the worker's descriptor */
    struct loop_timer *again;                    /* more jobs wait than one turn may run */
    struct loop_timer *expiry;                   /* the next deadline */
    struct work works[AESM_SERVICE_JOBS_A_TURN]; /* a turn's; a thread uses the first */
    struct buf scratch; /* frame of an answer that is sent before the next is made */
    int64_t expiry_us;  /* when the timer runs; INT64_MAX: not armed */
    int64_t failure_logged_ms;
    uint32_t failure_logged_code;
    bool is_working;
};

static void on_answer(void *owner, const void *result, int64_t waited_us)
{
    struct aesm_service_client *client = owner;
    const struct work *work = result;

    client->ticket = NULL;
    aesm_metrics_observe(client->service->metrics, waited_us);
    aesm_metrics_count_response(client->service->metrics, work->code);
    client->respond(client, buf_span(&work->frame));
}

static struct span busy_frame(struct aesm_service *s, enum aesm_kind kind)
{
    buf_clear(&s->scratch);
    aesm_answer_refusal(kind, AESM_BACKEND_BUSY, &s->scratch);
    aesm_metrics_count_response(s->metrics, AESM_BACKEND_BUSY);
    return buf_span(&s->scratch);
}

static void on_refuse(void *owner, enum aesm_queue_refusal refusal)
{
    struct aesm_service_client *client = owner;

    log_debug("request refused", "kind=%s cause=%s", aesm_kind_name(client->kind),
              aesm_queue_refusal_name(refusal));
    client->ticket = NULL;
    client->respond(client, busy_frame(client->service, client->kind));
}

static const struct aesm_queue_events aesm_queue_events = {.answer = on_answer,
                                                           .refuse = on_refuse};

/* In the backend's thread, or on the loop. */
static void work_run(void *context)
{
    struct work *work = context;

    work->err = (struct err){0};
    buf_clear(&work->frame);
    work->code = aesm_answer(work->backend, &work->request, &work->frame, &work->err);
}

/* The cause of a failed call, at intervals: a client that repeats itself must not fill the log. */
static void failure_log(struct aesm_service *s, const struct work *work)
{
    int64_t now_ms;

    if (work->code == AESM_SUCCESS)
        return;
    now_ms = clock_monotonic_ms();
    if (work->code == s->failure_logged_code &&
        now_ms < s->failure_logged_ms + FAILURE_LOG_INTERVAL_MS) {
        log_debug("no quote", "code=%u", work->code);
        return;
    }
    s->failure_logged_code = work->code;
    s->failure_logged_ms = now_ms;
    log_warn("no quote", "backend=%s code=%u meaning=\"%s\" cause=\"%s\"", s->backend->name,
             work->code, aesm_code_text(work->code), work->err.text);
}

static void work_finish(struct aesm_service *s, const struct work *work)
{
    failure_log(s, work);
    aesm_queue_finish(s->queue, work->job, work, clock_monotonic_us());
}

static bool work_take(struct aesm_service *s, struct work *work)
{
    work->job = aesm_queue_take(s->queue, clock_monotonic_us());
    if (!work->job)
        return false;
    aesm_canonical_of(aesm_queue_job_key(work->job), &work->request);
    return true;
}

static void turn_run(struct aesm_service *s)
{
    unsigned count = 0;

    while (count < AESM_SERVICE_JOBS_A_TURN && work_take(s, &s->works[count]))
        work_run(&s->works[count++]);
    for (unsigned i = 0; i < count; i++)
        work_finish(s, &s->works[i]);
    if (aesm_queue_waiting(s->queue))
        loop_timer_arm(s->again, 0);
}

/* Keep the timer at the next deadline. It may run early, never late. */
static void expiry_arm(struct aesm_service *s)
{
    int64_t next_us = aesm_queue_next_deadline(s->queue);

    if (next_us >= s->expiry_us)
        return;
    s->expiry_us = next_us;
    loop_timer_arm(s->expiry, MAX((next_us - clock_monotonic_us()) / US_PER_MS + 1, (int64_t)0));
}

void aesm_service_run(struct aesm_service *s)
{
    if (!s->worker) {
        turn_run(s);
    } else if (!s->is_working && work_take(s, &s->works[0])) {
        s->is_working = true;
        aesm_worker_start(s->worker, work_run, &s->works[0]);
    }
    expiry_arm(s);
}

static void on_again(void *userdata)
{
    aesm_service_run(userdata);
}

static void on_worker(void *userdata)
{
    struct aesm_service *s = userdata;

    if (!aesm_worker_collect(s->worker))
        return;
    s->is_working = false;
    work_finish(s, &s->works[0]);
    aesm_service_run(s);
}

static void on_expiry(void *userdata)
{
    struct aesm_service *s = userdata;

    s->expiry_us = INT64_MAX;
    aesm_queue_expire(s->queue, clock_monotonic_us());
    expiry_arm(s);
}

static int thread_open(struct aesm_service *s, struct err *err)
{
    int r;

    if (!s->backend->is_blocking)
        return 0;
    r = aesm_worker_new(&s->worker, err);
    if (r < 0)
        return r;
    return loop_watch_fd(s->loop, aesm_worker_fd(s->worker), on_worker, s, &s->watch, err);
}

int aesm_service_new(const struct aesm_backend *backend, const struct aesm_queue_limits *limits,
                     struct loop *loop, struct aesm_metrics *metrics, struct aesm_service **ret,
                     struct err *err)
{
    CLEANUP(aesm_service_freep) struct aesm_service *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return err_set(err, -ENOMEM, "quote service");
    s->backend = backend;
    s->loop = loop;
    s->metrics = metrics;
    s->expiry_us = INT64_MAX;
    for (size_t i = 0; i < AESM_SERVICE_JOBS_A_TURN; i++)
        s->works[i] = (struct work){.backend = backend, .frame = buf_init(AESM_RESPONSE_SIZE_MAX)};
    s->scratch = buf_init(AESM_RESPONSE_SIZE_MAX);
    r = aesm_queue_new(limits, &aesm_queue_events, &s->queue, err);
    if (r == 0)
        r = loop_timer_new(loop, on_again, s, &s->again, err);
    if (r == 0)
        r = loop_timer_new(loop, on_expiry, s, &s->expiry, err);
    if (r == 0)
        r = thread_open(s, err);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(s);
    return 0;
}

void aesm_service_free(struct aesm_service *s)
{
    if (!s)
        return;
    loop_watch_free(s->watch);
    aesm_worker_free(s->worker);
    if (s->is_working)
        aesm_queue_finish(s->queue, s->works[0].job, &s->works[0], clock_monotonic_us());
    loop_timer_free(s->again);
    loop_timer_free(s->expiry);
    aesm_queue_free(s->queue);
    for (size_t i = 0; i < AESM_SERVICE_JOBS_A_TURN; i++)
        buf_done(&s->works[i].frame);
    buf_done(&s->scratch);
    free(s);
}

void aesm_service_freep(struct aesm_service **s)
{
    aesm_service_free(*s);
}

/* Return: whether the request waits; otherwise the queue has no place for it. */
static bool client_enqueue(struct aesm_service *s, const char *pod,
                           const struct aesm_request *request, struct aesm_service_client *client)
{
    enum aesm_queue_refusal refusal = AESM_QUEUE_FULL;
    struct aesm_canonical canonical;
    int r;

    aesm_request_canonical(request, &canonical);
    r = aesm_queue_submit(s->queue, pod, aesm_canonical_bytes(&canonical), client,
                          clock_monotonic_us(), &client->ticket, &refusal);
    if (r != 0)
        log_debug("request refused", "pod=\"%s\" kind=%s cause=%s", pod,
                  aesm_kind_name(request->kind),
                  r < 0 ? "out of memory" : aesm_queue_refusal_name(refusal));
    return r == 0;
}

bool aesm_service_submit(struct aesm_service *s, const char *pod,
                         const struct aesm_request *request, struct aesm_service_client *client,
                         struct span *ret_frame)
{
    uint32_t code;

    client->service = s;
    client->kind = request->kind;
    client->ticket = NULL;
    s->metrics->requests[request->kind]++;
    buf_clear(&s->scratch);
    if (aesm_answer_at_once(request, &s->scratch, &code)) {
        aesm_metrics_count_response(s->metrics, code);
        *ret_frame = buf_span(&s->scratch);
        return true;
    }
    if (client_enqueue(s, pod, request, client))
        return false;
    *ret_frame = busy_frame(s, request->kind);
    return true;
}

void aesm_service_cancel(struct aesm_service_client *client)
{
    if (!client->ticket)
        return;
    aesm_queue_cancel(client->service->queue, client->ticket);
    client->ticket = NULL;
}

bool aesm_service_is_slow(const struct aesm_service *s)
{
    return s->worker != NULL;
}

unsigned aesm_service_depth(const struct aesm_service *s)
{
    return aesm_queue_depth(s->queue);
}

const struct aesm_queue_counters *aesm_service_queue_counters(const struct aesm_service *s)
{
    return aesm_queue_counters(s->queue);
}
