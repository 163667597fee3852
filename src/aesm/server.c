/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a connection: it is accepted, its request is read as far as it has arrived, and the
 * complete request goes to the service. The service answers at once or later; the answer is sent
 * and the connection closed. A connection is in one of two lists: `reading` while its request is
 * incomplete, oldest first, and `waiting` while the service works on it.
 *
 * These bounds keep strangers from costing much:
 *
 * - Most requests arrive whole before accept() returns. Only an incomplete one gets a watch of the
 *   loop, so the usual request costs no call of epoll.
 * - An incomplete request has a fixed time from the connection's start, however often a byte of it
 *   arrives. One timer stands at the oldest one's end.
 * - When the house is full, or the process has no descriptor left, the oldest incomplete request
 *   gives way to the new connection: a client that is quick always gets in.
 * - An answer is at most 34 KiB, and the empty buffer of a unix socket takes 208 KiB at once. So
 *   nothing ever waits for a client that does not read, and no output has to be kept.
 *
 * A client that leaves while its request waits is seen only with a backend that blocks: a backend
 * on the loop is done before the loop would look.
 *
 * A client's identity decides about its turns and rates. Containers of a node get a socket each,
 * and the name of its directory is their name: no container can choose it. For the socket that all
 * share, the kernel tells the peer's process, and its cgroup tells the pod, as far as this process
 * can see the peer's (aesm/peer.h).
 *
 * The server takes over from another process by putting its sockets in the place of the other's.
 * The other process then drains its accept queues.
 */
#include "aesm/server.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "aesm/listen.h"
#include "aesm/peer.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/reader.h"
#include "net/socket_dirs.h"

#define LOG_AREA "aesm"
#include "base/log.h"

enum {
    FRAME_SIZE_MAX = AESM_FRAME_HEADER_SIZE + AESM_REQUEST_SIZE_MAX,
    CHUNK_SIZE = 4096, /* bytes read at once; a request is hardly ever longer */
};

struct aesm_connection {
    struct aesm_service_client client; /* first: the service's callbacks lead back here */
    TAILQ_ENTRY(aesm_connection) link; /* in server.reading or server.waiting */
    struct aesm_server *server;
    struct loop_watch *watch; /* NULL until the request has to be waited for */
    struct buf in;
    int64_t accepted_ms;
    int fd;
    bool is_waiting; /* the request is complete */
    char pod[AESM_PEER_NAME_SIZE];
};

static_assert(offsetof(struct aesm_connection, client) == 0, "on_respond() casts");

TAILQ_HEAD(aesm_connection_list, aesm_connection);

struct aesm_server {
    struct aesm_service *service;
    struct loop *loop;
    struct aesm_metrics *metrics;
    struct aesm_peer_cache peers;
    struct aesm_connection_list reading; /* oldest first */
    struct aesm_connection_list waiting;
    struct loop_watch *watches[2];
    struct loop_timer *timer; /* the oldest unfinished request's time */
    int64_t request_ms;
    const char *proc;
    unsigned count;
    unsigned count_max;
    int fds[2];               /* the file's socket, the abstract one or -1 */
    struct socket_dirs *dirs; /* a socket for each container, or NULL */
};

static void connection_close(struct aesm_connection *c)
{
    struct aesm_server *s = c->server;

    aesm_service_cancel(&c->client);
    loop_watch_free(c->watch);
    TAILQ_REMOVE(c->is_waiting ? &s->waiting : &s->reading, c, link);
    s->count--;
    fd_close(c->fd);
    buf_done(&c->in);
    free(c);
}

static void connection_drop(struct aesm_connection *c, enum aesm_metrics_drop drop)
{
    c->server->metrics->drops[drop]++;
    log_debug("connection dropped", "cause=%s pod=\"%s\"", aesm_metrics_drop_name(drop), c->pod);
    connection_close(c);
}

static void connection_answer(struct aesm_connection *c, struct span frame)
{
    ssize_t n = send(c->fd, frame.data, frame.len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n == (ssize_t)frame.len)
        connection_close(c);
    else
        connection_drop(c, AESM_METRICS_DROP_UNWRITTEN);
}

static void on_respond(struct aesm_service_client *client, struct span frame)
{
    connection_answer((struct aesm_connection *)client, frame);
}

static void timer_arm(struct aesm_server *s)
{
    const struct aesm_connection *oldest = TAILQ_FIRST(&s->reading);

    if (oldest)
        loop_timer_arm(s->timer,
                       MAX(oldest->accepted_ms + s->request_ms - clock_monotonic_ms(), (int64_t)1));
}

static void on_readable(void *userdata);

/* Wait for the client. The connection is gone afterwards when the loop has no place for it. */
static void watch_add(struct aesm_connection *c)
{
    struct aesm_server *s = c->server;

    if (loop_watch_fd(s->loop, c->fd, on_readable, c, &c->watch, NULL) < 0)
        connection_drop(c, AESM_METRICS_DROP_CROWDED);
    else if (TAILQ_FIRST(&s->reading) == c)
        timer_arm(s);
}

/* The request waits for the backend. A backend that blocks takes long enough to look out for
 * clients that leave. */
static void connection_wait(struct aesm_connection *c)
{
    struct aesm_server *s = c->server;

    TAILQ_REMOVE(&s->reading, c, link);
    TAILQ_INSERT_TAIL(&s->waiting, c, link);
    c->is_waiting = true;
    if (aesm_service_is_slow(s->service) && !c->watch)
        watch_add(c);
}

/* The whole frame is there. */
static void request_handle(struct aesm_connection *c)
{
    struct reader r = reader_of(buf_span(&c->in));
    size_t size = reader_u32le(&r);
    struct aesm_request request;
    struct span frame;

    if (aesm_request_parse(reader_bytes(&r, size), &request, NULL) < 0) {
        connection_drop(c, AESM_METRICS_DROP_GARBAGE);
        return;
    }
    if (aesm_service_submit(c->server->service, c->pod, &request, &c->client, &frame))
        connection_answer(c, frame);
    else
        connection_wait(c);
}

enum progress {
    PROGRESS_MORE,  /* bytes are still to come */
    PROGRESS_WHOLE, /* the frame is there; bytes after it are ignored */
    PROGRESS_TOO_LONG,
    PROGRESS_LEFT, /* the client closed first */
};

static enum progress frame_progress(const struct aesm_connection *c)
{
    struct reader r = reader_of(buf_span(&c->in));
    uint32_t size = reader_u32le(&r);

    if (!reader_ok(&r))
        return PROGRESS_MORE;
    if (size > AESM_REQUEST_SIZE_MAX)
        return PROGRESS_TOO_LONG;
    return r.rest.len >= size ? PROGRESS_WHOLE : PROGRESS_MORE;
}

/* Take what has arrived. */
static enum progress request_read(struct aesm_connection *c)
{
    uint8_t chunk[CHUNK_SIZE];
    enum progress progress;

    while ((progress = frame_progress(c)) == PROGRESS_MORE) {
        ssize_t n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return PROGRESS_MORE;
        if (n <= 0)
            return PROGRESS_LEFT;
        buf_put(&c->in, span_of(chunk, (size_t)n));
        if (buf_status(&c->in) < 0)
            return PROGRESS_LEFT;
    }
    return progress;
}

/* Read, and act on it. The connection may be gone afterwards. */
static void connection_serve(struct aesm_connection *c)
{
    switch (request_read(c)) {
    case PROGRESS_MORE:
        if (!c->watch)
            watch_add(c);
        return;
    case PROGRESS_WHOLE:
        request_handle(c);
        return;
    case PROGRESS_TOO_LONG:
        connection_drop(c, AESM_METRICS_DROP_OVERSIZED);
        return;
    case PROGRESS_LEFT:
        connection_drop(c, AESM_METRICS_DROP_LEFT);
        return;
    }
}

/* The client of a waiting request did something. If it has gone, its request is cancelled. If it
 * only shut its sending side down, it still wants the answer. */
static void client_look(struct aesm_connection *c)
{
    struct pollfd p = {.fd = c->fd};
    uint8_t chunk[CHUNK_SIZE];
    ssize_t n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

    if (n > 0 || (n < 0 && errno == EAGAIN))
        return;
    if (n < 0 || (poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)))) {
        connection_drop(c, AESM_METRICS_DROP_LEFT);
        return;
    }
    loop_watch_free(c->watch);
    c->watch = NULL;
}

static void on_readable(void *userdata)
{
    struct aesm_connection *c = userdata;
    struct aesm_service *service = c->server->service;

    if (c->is_waiting) {
        client_look(c);
        return;
    }
    connection_serve(c);
    aesm_service_run(service);
}

static void on_timer(void *userdata)
{
    struct aesm_server *s = userdata;
    int64_t now_ms = clock_monotonic_ms();
    struct aesm_connection *c;

    while ((c = TAILQ_FIRST(&s->reading)) && c->accepted_ms + s->request_ms <= now_ms)
        connection_drop(c, AESM_METRICS_DROP_SLOW);
    timer_arm(s);
}

static bool room_make(struct aesm_server *s)
{
    struct aesm_connection *oldest = TAILQ_FIRST(&s->reading);

    if (s->count < s->count_max)
        return true;
    if (!oldest)
        return false;
    connection_drop(oldest, AESM_METRICS_DROP_CROWDED);
    return true;
}

static struct aesm_connection *connection_new(struct aesm_server *s, int fd, const char *container,
                                              int64_t now_ms)
{
    struct aesm_connection *c = room_make(s) ? calloc(1, sizeof(*c)) : NULL;
    const char *name;

    if (!c) {
        s->metrics->drops[AESM_METRICS_DROP_CROWDED]++;
        fd_close(fd);
        return NULL;
    }
    c->server = s;
    c->fd = fd;
    c->in = buf_init(FRAME_SIZE_MAX + CHUNK_SIZE);
    c->client.respond = on_respond;
    c->accepted_ms = now_ms;
    if (container) {
        snprintf(c->pod, sizeof(c->pod), "container %s", container);
    } else {
        name = aesm_peer_name_of(&s->peers, fd, s->proc, now_ms);
        memcpy(c->pod, name, strnlen(name, sizeof(c->pod) - 1));
    }
    TAILQ_INSERT_TAIL(&s->reading, c, link);
    s->count++;
    s->metrics->connections++;
    return c;
}

/* @container: whose socket it is; NULL for the socket that all share. */
static void accept_turn(struct aesm_server *s, int listener, const char *container)
{
    int64_t now_ms = clock_monotonic_ms();

    for (unsigned i = 0; i < AESM_SERVER_ACCEPTS_A_TURN; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        struct aesm_connection *c;

        if (fd < 0 && (errno == EMFILE || errno == ENFILE) && TAILQ_FIRST(&s->reading))
            connection_drop(TAILQ_FIRST(&s->reading), AESM_METRICS_DROP_CROWDED);
        if (fd < 0)
            break;
        c = connection_new(s, fd, container, now_ms);
        if (c)
            connection_serve(c);
    }
    aesm_service_run(s->service);
}

static void on_listener(void *userdata)
{
    struct aesm_server *s = userdata;

    accept_turn(s, s->fds[0], NULL);
}

static void on_abstract_listener(void *userdata)
{
    struct aesm_server *s = userdata;

    accept_turn(s, s->fds[1], NULL);
}

static void on_container(void *userdata, int fd, const char *name)
{
    accept_turn(userdata, fd, name);
}

static void on_dirs_trouble(void *userdata, const struct err *err)
{
    (void)userdata;
    log_warn("sockets of containers", "reason=\"%s\"", err->text);
}

static const struct socket_dirs_ops dirs_ops = {
    .connection = on_container,
    .trouble = on_dirs_trouble,
};

static int dirs_open(struct aesm_server *s, const char *dir, struct err *err)
{
    const struct socket_dirs_options options = {
        .dir = dir,
        .file = "aesm.socket",
        .type = SOCK_STREAM,
        .mode = AESM_LISTEN_MODE,
        .backlog = AESM_LISTEN_BACKLOG,
    };

    return dir ? socket_dirs_new(s->loop, &options, &dirs_ops, s, &s->dirs, err) : 0;
}

static int listeners_open(struct aesm_server *s, const struct aesm_server_options *options,
                          struct err *err)
{
    int r = dirs_open(s, options->containers_dir, err);

    if (r < 0)
        return r;
    r = aesm_listen_path(options->path, options->take_over, &s->fds[0], err);
    if (r < 0)
        return r;
    r = loop_watch_fd(s->loop, s->fds[0], on_listener, s, &s->watches[0], err);
    if (r < 0 || !options->abstract)
        return r;
    r = aesm_listen_abstract(&s->fds[1], err);
    if (r < 0)
        return r;
    return loop_watch_fd(s->loop, s->fds[1], on_abstract_listener, s, &s->watches[1], err);
}

int aesm_server_new(const struct aesm_server_options *options, struct aesm_service *service,
                    struct loop *loop, struct aesm_metrics *metrics, struct aesm_server **ret,
                    struct err *err)
{
    CLEANUP(aesm_server_freep) struct aesm_server *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return err_set(err, -ENOMEM, "quote server");
    TAILQ_INIT(&s->reading);
    TAILQ_INIT(&s->waiting);
    s->service = service;
    s->loop = loop;
    s->metrics = metrics;
    s->request_ms = options->request_ms;
    s->proc = options->proc;
    s->count_max = options->connections;
    s->fds[0] = s->fds[1] = -1;
    r = loop_timer_new(loop, on_timer, s, &s->timer, err);
    if (r == 0)
        r = listeners_open(s, options, err);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(s);
    return 0;
}

void aesm_server_drain(struct aesm_server *s)
{
    accept_turn(s, s->fds[0], NULL);
    if (s->dirs)
        socket_dirs_visit(s->dirs);
    while (aesm_service_depth(s->service) > 0 && !aesm_service_is_slow(s->service))
        aesm_service_run(s->service);
}

void aesm_server_free(struct aesm_server *s)
{
    struct aesm_connection *c;

    if (!s)
        return;
    while ((c = TAILQ_FIRST(&s->reading)))
        connection_close(c);
    while ((c = TAILQ_FIRST(&s->waiting)))
        connection_close(c);
    socket_dirs_free(s->dirs);
    for (size_t i = 0; i < ARRAY_COUNT(s->fds); i++) {
        loop_watch_free(s->watches[i]);
        fd_close(s->fds[i]);
    }
    loop_timer_free(s->timer);
    free(s);
}

void aesm_server_freep(struct aesm_server **s)
{
    aesm_server_free(*s);
}

unsigned aesm_server_connections(const struct aesm_server *s)
{
    return s->count;
}
