/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each connection is one process, and that is the whole of the bookkeeping: when the process ends,
 * by whatever signal, the kernel closes its connection and its pages come back. A packet is at most
 * one request, and each is answered before the next is read, so a client has no way to fill a
 * buffer here.
 *
 * A packet that is no request ends the connection after an answer that says so (EBADMSG). A request
 * before HELLO is answered with EPROTO and changes nothing.
 */
#include "epc/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/reader.h"
#include "net/unix_socket.h"

enum {
    PAGE_SHIFT = 12,
};

struct client {
    struct epc_server *server;
    struct client *next;
    struct loop_watch *watch;
    struct epc_holder *holder; /* NULL before HELLO */
    pid_t pid;
    int fd;
};

struct epc_server {
    struct loop *loop;
    struct loop_watch *watch;
    struct epc_ledger ledger;
    struct client *clients;
    uint32_t client_count;
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
    epc_ledger_leave(&c->server->ledger, c->holder);
    loop_watch_free(c->watch);
    fd_close(c->fd);
    free(c);
}

/* Return: errno for the answer; @ret_pages is what was granted. */
static uint32_t request_serve(struct client *c, struct span wire, uint64_t *ret_pages)
{
    struct epc_ledger *ledger = &c->server->ledger;
    struct reader r = reader_of(wire);
    uint32_t magic = reader_u32le(&r), operation = reader_u32le(&r);
    uint64_t pages = reader_u64le(&r), limit = reader_u64le(&r);
    char group[EPC_GROUP_SIZE];

    reader_copy(&r, group, sizeof(group));
    *ret_pages = 0;
    if (!reader_ok(&r) || r.rest.len || magic != EPC_MAGIC)
        return EBADMSG;
    if (operation == EPC_HELLO && !c->holder) {
        c->holder = epc_ledger_join(ledger, group, limit, pages);
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

static void client_add(struct epc_server *s, int fd)
{
    struct client *c = calloc(1, sizeof(*c));
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);

    if (!c || s->client_count >= EPC_CLIENTS_MAX ||
        loop_watch_fd(s->loop, fd, on_request, c, &c->watch, NULL) < 0) {
        free(c);
        close(fd);
        return;
    }
    (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    c->server = s;
    c->fd = fd;
    c->pid = peer.pid;
    c->next = s->clients;
    s->clients = c;
    s->client_count++;
}

static void on_connection(void *userdata)
{
    struct epc_server *s = userdata;
    int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        client_add(s, fd);
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
    r = unix_socket_listen(SOCK_SEQPACKET, path, 0666, &s->fd, err);
    if (r == 0) {
        memcpy(s->path, path, strlen(path) + 1);
        r = loop_watch_fd(loop, s->fd, on_connection, s, &s->watch, err);
    }
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
    loop_watch_free(s->watch);
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
