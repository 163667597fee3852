/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two lists under one lock: jobs that wait and jobs that are done. A thread takes the first that
 * waits; the loop takes all that are done at once, so that one wake-up serves many. The lock is
 * never held while a job runs or is finished: both may submit more jobs.
 */
#include "service/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macros.h"

struct job_list {
    struct service_job *first, **last;
};

struct service_worker {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job_list waiting, done;
    bool stop;
    unsigned pending; /* the loop's own */
    unsigned count;   /* threads that run */
    int fd;
    struct loop_watch *watch;
    struct thread {
        struct service_worker *workers;
        void *context;
        pthread_t id;
    } threads[SERVICE_WORKER_THREADS_MAX];
};

static void list_append(struct job_list *list, struct service_job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
}

static void list_clear(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static struct service_job *list_take(struct job_list *list)
{
    struct service_job *job = list->first;

    list->first = job->next;
    if (!list->first)
        list->last = &list->first;
    return job;
}

/* Called and returns with the lock held. */
static void job_run(struct service_worker *w, void *context)
{
    struct service_job *job = list_take(&w->waiting);
    const uint64_t one = 1;
    ssize_t n;

    pthread_mutex_unlock(&w->lock);
    job->run(job, context);
    pthread_mutex_lock(&w->lock);
    list_append(&w->done, job);
    n = write(w->fd, &one, sizeof(one));
    assert(n == sizeof(one));
}

static void *thread_main(void *argument)
{
    struct thread *t = argument;
    struct service_worker *w = t->workers;

    pthread_mutex_lock(&w->lock);
    while (w->waiting.first || !w->stop) {
        if (w->waiting.first)
            job_run(w, t->context);
        else
            pthread_cond_wait(&w->wake, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void done_finish(struct service_worker *w)
{
    struct service_job *job, *next;

    pthread_mutex_lock(&w->lock);
    job = w->done.first;
    list_clear(&w->done);
    pthread_mutex_unlock(&w->lock);
    for (; job; job = next) {
        next = job->next;
        w->pending--;
        job->finish(job);
    }
}

static void on_done(void *userdata)
{
    struct service_worker *w = userdata;
    uint64_t count;

    if (read(w->fd, &count, sizeof(count)) < 0)
        assert(errno == EAGAIN);
    done_finish(w);
}

static int threads_start(struct service_worker *w, void *const *contexts, unsigned count,
                         struct err *err)
{
    sigset_t all, before;
    int r = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; w->count < count && r == 0; w->count += r == 0) {
        struct thread *t = &w->threads[w->count];

        t->workers = w;
        t->context = contexts[w->count];
        r = pthread_create(&t->id, NULL, thread_main, t);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0 ? 0 : err_set(err, -r, "worker thread %u", w->count);
}

int service_worker_new(struct loop *loop, void *const *contexts, unsigned count,
                       struct service_worker **ret, struct err *err)
{
    struct service_worker *w;
    int r;

    if (count == 0 || count > SERVICE_WORKER_THREADS_MAX)
        return err_set(err, -EINVAL, "%u worker threads, expected 1 to %d", count,
                       SERVICE_WORKER_THREADS_MAX);
    w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(err, -ENOMEM, "worker threads");
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    list_clear(&w->waiting);
    list_clear(&w->done);
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = w->fd < 0 ? err_errno(err, "eventfd") : 0;
    if (r == 0)
        r = loop_watch_fd(loop, w->fd, on_done, w, &w->watch, err);
    if (r == 0)
        r = threads_start(w, contexts, count, err);
    if (r < 0) {
        service_worker_free(w);
        return r;
    }
    *ret = w;
    return 0;
}

void service_worker_free(struct service_worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->count; i++)
        pthread_join(w->threads[i].id, NULL);
    done_finish(w);
    loop_watch_free(w->watch);
    fd_close(w->fd);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void service_worker_submit(struct service_worker *w, struct service_job *job)
{
    w->pending++;
    pthread_mutex_lock(&w->lock);
    list_append(&w->waiting, job);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

unsigned service_worker_pending(const struct service_worker *w)
{
    return w->pending;
}
