/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection is accepted, its request read as far as it is there, and what is complete handed to
 * the service; only what is not complete gets a watch of the loop. An answer is at most 34 KiB,
 * which an empty socket of 208 KiB takes at once: nothing ever waits for a client that does not
 * read.
 */
#include "aesm/server.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "aesm/peer.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/reader.h"
#include "net/unix_socket.h"

#define LOG_AREA "aesm"
#include "base/log.h"

enum {
    SOCKET_MODE = 0777, /* like aesmd's: any container's user may ask */
    FRAME_SIZE_MAX = AESM_FRAME_HEADER_SIZE + AESM_REQUEST_SIZE_MAX,
    PATH_SIZE = 4096,
    CHUNK_SIZE = 4096, /* bytes read at once; a request is hardly ever longer */
};

struct connection {
    struct service_client client; /* first: the service's callbacks lead back here */
    TAILQ_ENTRY(connection) link; /* in server.reading or server.waiting */
    struct server *server;
    struct loop_watch *watch; /* NULL until the request has to be waited for */
    struct buf in;
    int64_t accepted_ms;
    int fd;
    bool is_waiting; /* the request is complete */
    char pod[PEER_NAME_SIZE];
};

static_assert(offsetof(struct connection, client) == 0, "on_respond() casts");

TAILQ_HEAD(connection_list, connection);

struct server {
    struct service *service;
    struct loop *loop;
    struct metrics *metrics;
    struct peer_cache peers;
    struct connection_list reading; /* oldest first */
    struct connection_list waiting;
    struct loop_watch *watches[2];
    struct loop_timer *timer; /* the oldest unfinished request's time */
    int64_t request_ms;
    const char *proc;
    unsigned count;
    unsigned count_max;
    int fds[2]; /* the file's socket, the abstract one or -1 */
};

static void connection_close(struct connection *c)
{
    struct server *s = c->server;

    service_cancel(&c->client);
    loop_watch_free(c->watch);
    TAILQ_REMOVE(c->is_waiting ? &s->waiting : &s->reading, c, link);
    s->count--;
    fd_close(c->fd);
    buf_done(&c->in);
    free(c);
}

static void connection_drop(struct connection *c, enum metrics_drop drop)
{
    c->server->metrics->drops[drop]++;
    log_debug("connection dropped", "cause=%s pod=\"%s\"", metrics_drop_name(drop), c->pod);
    connection_close(c);
}

static void on_respond(struct service_client *client, struct span frame)
{
    struct connection *c = (struct connection *)client;
    ssize_t n = send(c->fd, frame.data, frame.len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n == (ssize_t)frame.len)
        connection_close(c);
    else
        connection_drop(c, METRICS_DROP_UNWRITTEN);
}

static void timer_arm(struct server *s)
{
    const struct connection *oldest = TAILQ_FIRST(&s->reading);

    if (oldest)
        loop_timer_arm(s->timer,
                       MAX(oldest->accepted_ms + s->request_ms - clock_monotonic_ms(), (int64_t)1));
}

static void on_readable(void *userdata);

/* Return: false when the connection had to be dropped. */
static bool watch_add(struct connection *c)
{
    struct server *s = c->server;

    if (loop_watch_fd(s->loop, c->fd, on_readable, c, &c->watch, NULL) < 0) {
        connection_drop(c, METRICS_DROP_CROWDED);
        return false;
    }
    if (TAILQ_FIRST(&s->reading) == c)
        timer_arm(s);
    return true;
}

/* The whole frame is there. */
static void request_handle(struct connection *c)
{
    struct server *s = c->server;
    struct reader r = reader_of(buf_span(&c->in));
    size_t size = reader_u32le(&r);
    struct aesm_request request;

    if (aesm_request_parse(reader_bytes(&r, size), &request, NULL) < 0) {
        connection_drop(c, METRICS_DROP_GARBAGE);
        return;
    }
    TAILQ_REMOVE(&s->reading, c, link);
    TAILQ_INSERT_TAIL(&s->waiting, c, link);
    c->is_waiting = true;
    if (service_is_slow(s->service) && !c->watch && !watch_add(c))
        return;
    service_submit(s->service, c->pod, &request, &c->client);
}

enum progress {
    PROGRESS_MORE,  /* bytes are still to come */
    PROGRESS_WHOLE, /* the frame is there, and perhaps bytes behind it, which nobody wants */
    PROGRESS_TOO_LONG,
    PROGRESS_LEFT, /* the client closed first */
};

static enum progress frame_progress(const struct connection *c)
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
static enum progress request_read(struct connection *c)
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
static void connection_serve(struct connection *c)
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
        connection_drop(c, METRICS_DROP_OVERSIZED);
        return;
    case PROGRESS_LEFT:
        connection_drop(c, METRICS_DROP_LEFT);
        return;
    }
}

/* While the request waits its turn: has the client gone? One that only shut its sending side down
 * still wants the answer. */
static void waiting_look(struct connection *c)
{
    struct pollfd p = {.fd = c->fd};
    uint8_t chunk[CHUNK_SIZE];
    ssize_t n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

    if (n > 0 || (n < 0 && errno == EAGAIN))
        return;
    if (n < 0 || (poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)))) {
        connection_drop(c, METRICS_DROP_LEFT);
        return;
    }
    loop_watch_free(c->watch);
    c->watch = NULL;
}

static void on_readable(void *userdata)
{
    struct connection *c = userdata;
    struct service *service = c->server->service;

    if (c->is_waiting) {
        waiting_look(c);
        return;
    }
    connection_serve(c);
    service_run(service);
}

static void on_timer(void *userdata)
{
    struct server *s = userdata;
    int64_t now_ms = clock_monotonic_ms();
    struct connection *c;

    while ((c = TAILQ_FIRST(&s->reading)) && c->accepted_ms + s->request_ms <= now_ms)
        connection_drop(c, METRICS_DROP_SLOW);
    timer_arm(s);
}

/* A full house: the unfinished request that has had most time gives way. */
static bool make_room(struct server *s)
{
    struct connection *oldest = TAILQ_FIRST(&s->reading);

    if (s->count < s->count_max)
        return true;
    if (!oldest)
        return false;
    connection_drop(oldest, METRICS_DROP_CROWDED);
    return true;
}

static struct connection *connection_new(struct server *s, int fd, int64_t now_ms)
{
    struct connection *c = make_room(s) ? calloc(1, sizeof(*c)) : NULL;
    const char *name;

    if (!c) {
        s->metrics->drops[METRICS_DROP_CROWDED]++;
        fd_close(fd);
        return NULL;
    }
    c->server = s;
    c->fd = fd;
    c->in = buf_init(FRAME_SIZE_MAX + CHUNK_SIZE);
    c->client.respond = on_respond;
    c->accepted_ms = now_ms;
    name = peer_name_of(&s->peers, fd, s->proc, now_ms);
    memcpy(c->pod, name, strnlen(name, sizeof(c->pod) - 1));
    TAILQ_INSERT_TAIL(&s->reading, c, link);
    s->count++;
    s->metrics->connections++;
    return c;
}

static void accept_turn(struct server *s, int listener)
{
    int64_t now_ms = clock_monotonic_ms();

    for (unsigned i = 0; i < SERVER_ACCEPTS_A_TURN; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        struct connection *c;

        if (fd < 0 && (errno == EMFILE || errno == ENFILE) && TAILQ_FIRST(&s->reading))
            connection_drop(TAILQ_FIRST(&s->reading), METRICS_DROP_CROWDED);
        if (fd < 0)
            break;
        c = connection_new(s, fd, now_ms);
        if (c)
            connection_serve(c);
    }
    service_run(s->service);
}

static void on_listener(void *userdata)
{
    struct server *s = userdata;

    accept_turn(s, s->fds[0]);
}

static void on_abstract_listener(void *userdata)
{
    struct server *s = userdata;

    accept_turn(s, s->fds[1]);
}

static int listen_abstract(int *ret, struct err *err)
{
    CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (fd < 0)
        return err_errno(err, "socket");
    memcpy(address.sun_path + 1, SERVER_ABSTRACT_NAME, strlen(SERVER_ABSTRACT_NAME));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, SERVER_BACKLOG) < 0)
        return err_errno(err, "listen on the abstract socket " SERVER_ABSTRACT_NAME);
    *ret = TAKE_FD(fd);
    return 0;
}

/* Listen beside the socket that is served, then put ours in its place: no client finds neither. */
static int listen_over(const char *path, int *ret, struct err *err)
{
    char beside[PATH_SIZE];
    int r;

    if (snprintf(beside, sizeof(beside), "%s.%d", path, getpid()) >= PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%s", path);
    r = unix_socket_listen(SOCK_STREAM, beside, SOCKET_MODE, ret, err);
    if (r < 0)
        return r;
    if (rename(beside, path) == 0)
        return 0;
    r = err_errno(err, "put the socket at %s", path);
    unlink(beside);
    return r;
}

static int listeners_open(struct server *s, const struct server_options *options, struct err *err)
{
    int r = options->take_over
                ? listen_over(options->path, &s->fds[0], err)
                : unix_socket_listen(SOCK_STREAM, options->path, SOCKET_MODE, &s->fds[0], err);

    if (r < 0)
        return r;
    if (listen(s->fds[0], SERVER_BACKLOG) < 0)
        return err_errno(err, "listen on %s", options->path);
    r = loop_watch_fd(s->loop, s->fds[0], on_listener, s, &s->watches[0], err);
    if (r < 0 || !options->abstract)
        return r;
    r = listen_abstract(&s->fds[1], err);
    if (r < 0)
        return r;
    return loop_watch_fd(s->loop, s->fds[1], on_abstract_listener, s, &s->watches[1], err);
}

int server_new(const struct server_options *options, struct service *service, struct loop *loop,
               struct metrics *metrics, struct server **ret, struct err *err)
{
    CLEANUP(server_freep) struct server *s = calloc(1, sizeof(*s));
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

void server_drain(struct server *s)
{
    accept_turn(s, s->fds[0]);
    while (service_depth(s->service) > 0 && !service_is_slow(s->service))
        service_run(s->service);
}

void server_free(struct server *s)
{
    struct connection *c;

    if (!s)
        return;
    while ((c = TAILQ_FIRST(&s->reading)))
        connection_close(c);
    while ((c = TAILQ_FIRST(&s->waiting)))
        connection_close(c);
    for (size_t i = 0; i < ARRAY_COUNT(s->fds); i++) {
        loop_watch_free(s->watches[i]);
        fd_close(s->fds[i]);
    }
    loop_timer_free(s->timer);
    free(s);
}

void server_freep(struct server **s)
{
    server_free(*s);
}

unsigned server_connections(const struct server *s)
{
    return s->count;
}
