/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

struct aesm_worker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int fd;
    void (*fn)(void *context); /* what to run; NULL: nothing */
    void *context;
    void *finished;
    bool stop;
};

/* Run one piece. Called and returns with the lock held. */
static void run_one(struct aesm_worker *w)
{
    void (*fn)(void *context) = w->fn;
    void *context = w->context;
    const uint64_t one = 1;
    ssize_t n;

    pthread_mutex_unlock(&w->lock);
    fn(context);
    pthread_mutex_lock(&w->lock);
    w->fn = NULL;
    w->finished = context;
    n = write(w->fd, &one, sizeof(one));
    assert(n == sizeof(one));
}

static void *thread_main(void *argument)
{
    struct aesm_worker *w = argument;

    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        if (w->fn)
            run_one(w);
        else
            pthread_cond_wait(&w->wake, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are the main thread's. */
static int thread_start(struct aesm_worker *w)
{
    sigset_t all, before;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&w->thread, NULL, thread_main, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -r;
}

int aesm_worker_new(struct aesm_worker **ret, struct err *err)
{
    struct aesm_worker *w = calloc(1, sizeof(*w));
    int r;

    if (!w)
        return err_set(err, -ENOMEM, "worker");
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = w->fd < 0 ? -errno : thread_start(w);
    if (r < 0) {
        fd_close(w->fd);
        free(w);
        return err_set(err, r, "worker thread");
    }
    *ret = w;
    return 0;
}

void aesm_worker_free(struct aesm_worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    fd_close(w->fd);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void aesm_worker_freep(struct aesm_worker **w)
{
    aesm_worker_free(*w);
}

int aesm_worker_fd(const struct aesm_worker *w)
{
    return w->fd;
}

void aesm_worker_start(struct aesm_worker *w, void (*fn)(void *context), void *context)
{
    pthread_mutex_lock(&w->lock);
    assert(!w->fn && !w->finished);
    w->fn = fn;
    w->context = context;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void *aesm_worker_collect(struct aesm_worker *w)
{
    void *finished;
    uint64_t count;

    pthread_mutex_lock(&w->lock);
    finished = w->finished;
    w->finished = NULL;
    if (read(w->fd, &count, sizeof(count)) < 0)
        assert(errno == EAGAIN);
    pthread_mutex_unlock(&w->lock);
    return finished;
}
