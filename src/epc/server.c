/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each connection is one process, and that is the whole of the bookkeeping: when the process ends,
 * by whatever signal, the kernel closes its connection and its pages come back. A packet is at most
 * one request, and each is answered before the next is read, so a client has no way to fill a
 * buffer here.
 *
 * A packet that is no request ends the connection after an answer that says so (EBADMSG). A request
 * before HELLO is answered with EPROTO and changes nothing.
 *
 * A process's word about itself is believed only where it can harm nobody else, as with `coffer
 * run`, where all clients are one user's. On a node each container has a socket of its own, in a
 * directory that the agent makes; its name tells the container and its limit. The group and the
 * limit in HELLO are then ignored, and a process that claims to hold pages already (the server was
 * started again) gets no more than its container's limit, or the node's size, has room for.
 *
 * Connections are counted by their owner, a container or a process. An owner has a limit; when the
 * server is full, or no descriptor is left, the owner with most connections loses its newest. If
 * the newcomer's owner is that owner, the newcomer is closed instead.
 */
#include "epc/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/reader.h"
#include "epc/owners.h"
#include "net/socket_dirs.h"
#include "net/unix_socket.h"

enum {
    PAGE_SHIFT = 12,
    SOCKET_MODE = 0666,
    ACCEPT_PAUSE_MS = 100, /* after the process has run out of descriptors */
};

struct client {
    struct epc_server *server;
    struct client *next;
    struct loop_watch *watch;
    struct epc_holder *holder; /* NULL before HELLO */
    struct epc_owner *owner;
    pid_t pid;
    int fd;
};

struct epc_server {
    struct loop *loop;
    struct loop_watch *watch;
    struct epc_ledger ledger;
    struct client *clients; /* newest first */
    uint32_t client_count;
    struct epc_owners owners;
    struct socket_dirs *dirs; /* sockets of containers, or NULL */
    struct loop_timer *resume;
    epc_trouble_fn trouble;
    int fd;
    char path[UNIX_SOCKET_PATH_MAX + 1]; /* empty until the socket is there */
};

static void client_free(struct client *c)
{
    struct client **at = &c->server->clients;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->server->client_count--;
    c->owner->count--;
    epc_owners_release(&c->server->owners, c->owner);
    epc_ledger_leave(&c->server->ledger, c->holder);
    loop_watch_free(c->watch);
    fd_close(c->fd);
    free(c);
}

static bool owner_is_container(const struct epc_owner *owner)
{
    return owner->container[0] != 0;
}

/* @limit and @held are the process's word; see the top of this file. */
static struct epc_holder *process_join(struct client *c, const struct epc_ledger_group *group,
                                       uint64_t limit, uint64_t held)
{
    struct epc_ledger *ledger = &c->server->ledger;
    struct epc_ledger_group own = *group;

    if (!c->server->dirs)
        return epc_ledger_join(ledger, group, limit, held);
    if (owner_is_container(c->owner)) {
        own.is_container = true;
        memcpy(own.name, c->owner->container, sizeof(own.name));
        limit = c->owner->limit;
    }
    limit = limit ? MIN(limit, ledger->capacity) : ledger->capacity;
    return epc_ledger_join(ledger, &own, limit, MIN(held, epc_ledger_room(ledger, &own, limit)));
}

/* Return: errno for the answer; @ret_pages is what was granted. */
static uint32_t request_serve(struct client *c, struct span wire, uint64_t *ret_pages)
{
    struct epc_ledger *ledger = &c->server->ledger;
    struct reader r = reader_of(wire);
    uint32_t magic = reader_u32le(&r), operation = reader_u32le(&r);
    uint64_t pages = reader_u64le(&r), limit = reader_u64le(&r);
    struct epc_ledger_group group = {0};

    reader_copy(&r, group.name, sizeof(group.name));
    *ret_pages = 0;
    if (!reader_ok(&r) || r.rest.len || magic != EPC_MAGIC)
        return EBADMSG;
    if (operation == EPC_HELLO && !c->holder) {
        c->holder = process_join(c, &group, limit, pages);
        *ret_pages = c->holder ? epc_ledger_charged(c->holder) : 0;
        return c->holder ? 0 : ENOMEM;
    }
    if (!c->holder)
        return EPROTO;
    if (operation == EPC_CHARGE) {
        *ret_pages = epc_ledger_charge(ledger, c->holder, pages);
        return 0;
    }
    if (operation == EPC_RETURN) {
        epc_ledger_return(ledger, c->holder, pages);
        return 0;
    }
    if (operation == EPC_CAPACITY) {
        *ret_pages = ledger->capacity;
        return 0;
    }
    return EBADMSG;
}

/* The answer always fits the socket's buffer: a client has one request under way. */
static bool answer_send(const struct client *c, uint32_t code, uint64_t pages)
{
    CLEANUP(buf_done) struct buf answer = buf_init(EPC_ANSWER_SIZE);

    buf_put_u32le(&answer, EPC_MAGIC);
    buf_put_u32le(&answer, code);
    buf_put_u64le(&answer, pages);
    return buf_status(&answer) == 0 &&
           send(c->fd, answer.data, answer.len, MSG_DONTWAIT | MSG_NOSIGNAL) == EPC_ANSWER_SIZE;
}

static void on_request(void *userdata)
{
    struct client *c = userdata;
    uint8_t wire[EPC_REQUEST_SIZE + 1];
    ssize_t len = recv(c->fd, wire, sizeof(wire), MSG_DONTWAIT);
    uint64_t pages;
    uint32_t code;

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        client_free(c);
        return;
    }
    code = request_serve(c, span_of(wire, (size_t)len), &pages);
    if (!answer_send(c, code, pages) || code == EBADMSG)
        client_free(c);
}

/* Closes the newest connection of the owner that has most, for one of @owner (or for nobody). */
static bool place_take(struct epc_server *s, const struct epc_owner *owner)
{
    struct epc_owner *largest = epc_owners_largest(&s->owners);

    if (!largest || (owner && largest->count <= owner->count + 1))
        return false;
    for (struct client *c = s->clients; c; c = c->next) {
        if (c->owner != largest)
            continue;
        client_free(c);
        return true;
    }
    return false;
}

static int client_add(struct epc_server *s, int fd, struct epc_owner *owner, pid_t pid)
{
    struct client *c;

    if (owner->count >= EPC_CLIENTS_PER_OWNER ||
        (s->client_count >= EPC_CLIENTS_MAX && !place_take(s, owner)))
        return -EUSERS;
    c = calloc(1, sizeof(*c));
    if (!c || loop_watch_fd(s->loop, fd, on_request, c, &c->watch, NULL) < 0) {
        free(c);
        return -ENOMEM;
    }
    *c = (struct client){
        .server = s, .next = s->clients, .watch = c->watch, .owner = owner, .pid = pid, .fd = fd};
    s->clients = c;
    s->client_count++;
    owner->count++;
    return 0;
}

static void accepting_set(struct epc_server *s, bool is_accepting)
{
    unsigned events = is_accepting ? LOOP_READ : LOOP_NOTHING;

    (void)!loop_watch_want(s->watch, events);
    if (s->dirs)
        socket_dirs_accept(s->dirs, is_accepting);
}

static void on_resume(void *userdata)
{
    accepting_set(userdata, true);
}

/* The socket stays readable without a descriptor for the connection: make one free, and let the
 * loop do something else first. */
static void shortage_handle(struct epc_server *s)
{
    (void)place_take(s, NULL);
    accepting_set(s, false);
    loop_timer_arm(s->resume, ACCEPT_PAUSE_MS);
}

/* @container: whose socket it is; NULL for the socket that all share. */
static void connection_accept(struct epc_server *s, int listener, const char *container)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);
    struct epc_owner *owner;

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            shortage_handle(s);
        return;
    }
    (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    owner = container ? epc_owners_container(&s->owners, container)
                      : epc_owners_process(&s->owners, peer.uid, peer.pid);
    if (owner && client_add(s, fd, owner, peer.pid) == 0)
        return;
    if (owner)
        epc_owners_release(&s->owners, owner);
    close(fd);
}

static void on_connection(void *userdata)
{
    struct epc_server *s = userdata;

    connection_accept(s, s->fd, NULL);
}

static void on_container(void *userdata, int fd, const char *name)
{
    connection_accept(userdata, fd, name);
}

static void on_dirs_trouble(void *userdata, const struct err *err)
{
    struct epc_server *s = userdata;

    if (s->trouble)
        s->trouble(err);
}

static const struct socket_dirs_ops dirs_ops = {
    .connection = on_container,
    .trouble = on_dirs_trouble,
};

int epc_server_serve_containers(struct epc_server *s, const char *dir, epc_trouble_fn trouble,
                                struct err *err)
{
    const struct socket_dirs_options options = {
        .dir = dir,
        .file = EPC_SOCKET_NAME,
        .type = SOCK_SEQPACKET,
        .mode = SOCKET_MODE,
        .backlog = UNIX_SOCKET_BACKLOG,
    };

    s->trouble = trouble;
    return socket_dirs_new(s->loop, &options, &dirs_ops, s, &s->dirs, err);
}

int epc_server_new(struct loop *loop, const char *path, uint64_t epc_size,
                   enum epc_overcommit overcommit, struct epc_server **ret, struct err *err)
{
    struct epc_server *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return err_set(err, -ENOMEM, "EPC ledger");
    s->loop = loop;
    s->fd = -1;
    s->ledger.capacity = epc_size >> PAGE_SHIFT;
    s->ledger.overcommit = overcommit;
    r = unix_socket_listen(SOCK_SEQPACKET, path, SOCKET_MODE, &s->fd, err);
    if (r == 0) {
        memcpy(s->path, path, strlen(path) + 1);
        r = loop_watch_fd(loop, s->fd, on_connection, s, &s->watch, err);
    }
    if (r == 0)
        r = loop_timer_new(loop, on_resume, s, &s->resume, err);
    if (r < 0) {
        epc_server_free(s);
        return err_wrap(err, "EPC ledger");
    }
    *ret = s;
    return 0;
}

void epc_server_free(struct epc_server *s)
{
    if (!s)
        return;
    while (s->clients)
        client_free(s->clients);
    socket_dirs_free(s->dirs);
    loop_watch_free(s->watch);
    loop_timer_free(s->resume);
    if (s->path[0])
        unlink(s->path);
    fd_close(s->fd);
    free(s);
}

uint32_t epc_server_client_count(const struct epc_server *s)
{
    return s->client_count;
}

const struct epc_ledger *epc_server_ledger(const struct epc_server *s)
{
    return &s->ledger;
}

void epc_server_visit(const struct epc_server *s, epc_visit_fn visit, void *userdata)
{
    for (const struct client *c = s->clients; c; c = c->next)
        if (c->holder && epc_ledger_charged(c->holder))
            visit(userdata, c->pid, epc_ledger_charged(c->holder) << PAGE_SHIFT,
                  epc_ledger_resident(&s->ledger, c->holder) << PAGE_SHIFT);
}
