/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The EPC ledger and four processes that ask it for pages, each as hostile as the input says. After
 * each packet: an answer or the end of the connection, nothing granted beyond what was asked and
 * what there is, and the numbers of the processes that did not send it are as they were.
 *
 * The end of a connection is awaited and not expected at once: whoever reads /proc/PID/fdinfo, or
 * holds a copy of the descriptor, keeps the socket open for a moment after close() has returned.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "crypto_bare/bytes.h"
#include "epc/server.h"

enum {
    CLIENTS = 4,
    CAPACITY = 100, /* pages */
    TURNS = 8,      /* of the loop, for one packet */
    WIRE_MAX = EPC_REQUEST_SIZE + 8,
    PACKETS_MAX = 200,
    END_MS = 10000, /* a close is seen by then, or never */
};

/** struct packet - what the input says about one */
struct packet {
    uint8_t client, operation, pages, limit, group, spoil;
};

/** struct process - what the ledger should know of it */
struct process {
    int fd; /* -1: not connected */
    bool joined;
    uint64_t held, limit;
    uint8_t group;
    unsigned since; /* counts connections */
};

static struct loop *loop;
static char directory[] = "/tmp/coffer-fuzz-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static struct epc_server *server;
static struct process processes[CLIENTS];
static unsigned connections;
static enum epc_overcommit mode;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void remove_directory(void)
{
    rmdir(directory);
}

static void prepare(uint8_t byte)
{
    if (!loop && (!mkdtemp(directory) || loop_new(&loop, NULL) < 0 || atexit(remove_directory)))
        abort();
    mode = byte & 1 ? EPC_REFUSE : EPC_PAGE;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/ledger.sock", directory);
    if (epc_server_new(loop, address.sun_path, CAPACITY * 4096, mode, &server, NULL) < 0)
        abort();
    for (size_t i = 0; i < CLIENTS; i++)
        processes[i] = (struct process){.fd = -1};
}

static void turn(void)
{
    for (int i = 0; i < TURNS; i++)
        if (loop_step(loop, false, NULL) < 0)
            abort();
}

static void process_connect(struct process *p)
{
    *p = (struct process){.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                          .since = ++connections};
    if (p->fd < 0 || connect(p->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        abort();
    turn();
}

static uint32_t connected_count(void)
{
    uint32_t connected = 0;

    for (size_t i = 0; i < CLIENTS; i++)
        connected += processes[i].fd >= 0;
    return connected;
}

static void process_end(struct process *p)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    close(p->fd);
    *p = (struct process){.fd = -1};
    turn();
    for (int ms = 0; ms < END_MS && epc_server_client_count(server) > connected_count(); ms++) {
        nanosleep(&pause, NULL);
        turn();
    }
}

static uint64_t amount(uint8_t byte)
{
    if (byte < 0xd0)
        return byte;
    return byte < 0xe0   ? EPC_HOLDER_PAGES_MAX - 0xd8 + byte
           : byte < 0xf0 ? UINT64_C(1) << (byte - 0xe0) * 4
                         : 0 - (uint64_t)(byte & 15);
}

static size_t wire_build(const struct packet *k, uint8_t wire[WIRE_MAX])
{
    memset(wire, 0, WIRE_MAX);
    store_u32le(wire, EPC_MAGIC ^ (k->spoil == 1));
    store_u32le(wire + 4, k->operation);
    store_u64le(wire + 8, amount(k->pages));
    store_u64le(wire + 16, amount(k->limit));
    wire[24] = k->group;
    wire[63] = k->spoil == 2;
    return k->spoil >= 0x80 ? (k->spoil & 0x7fU) % WIRE_MAX : EPC_REQUEST_SIZE;
}

static uint64_t held_by(uint8_t group, const struct process *self)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < CLIENTS; i++)
        if (&processes[i] == self || (group && processes[i].joined && processes[i].group == group))
            sum += processes[i].held;
    return sum;
}

static uint64_t held_by_all(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < CLIENTS; i++)
        sum += processes[i].held;
    return sum;
}

static void charge_account(struct process *p, uint64_t asked, uint64_t granted)
{
    assert(granted <= asked);
    p->held += granted;
    assert(p->held <= EPC_HOLDER_PAGES_MAX);
    assert(!granted || !p->limit || held_by(p->group, p) <= p->limit);
    assert(!granted || mode == EPC_PAGE || held_by_all() <= CAPACITY);
    assert(granted == asked || p->limit || mode == EPC_REFUSE || p->held == EPC_HOLDER_PAGES_MAX);
}

static void answer_account(struct process *p, const struct packet *k, uint64_t granted)
{
    uint64_t asked = amount(k->pages);

    if (k->operation == EPC_HELLO) {
        assert(!p->joined && granted == MIN(asked, EPC_HOLDER_PAGES_MAX));
        p->joined = true;
        p->held = granted;
        p->limit = amount(k->limit);
        p->group = k->spoil == 2 ? 0 : k->group; /* a name that nobody else has */
        return;
    }
    assert(p->joined);
    if (k->operation == EPC_CHARGE)
        charge_account(p, asked, granted);
    else if (k->operation == EPC_RETURN)
        p->held -= MIN(asked, p->held);
    else
        assert(k->operation == EPC_CAPACITY && granted == CAPACITY);
}

/* The server has closed the connection. */
static void end_await(struct process *p)
{
    struct pollfd end = {.fd = p->fd, .events = POLLIN};
    uint8_t byte;

    assert(poll(&end, 1, END_MS) == 1 && recv(p->fd, &byte, sizeof(byte), 0) == 0);
    process_end(p);
}

static void packet_send(struct process *p, const struct packet *k)
{
    uint8_t wire[WIRE_MAX], answer[EPC_ANSWER_SIZE + 1];
    size_t len = wire_build(k, wire);
    ssize_t got;

    if (send(p->fd, wire, len, MSG_NOSIGNAL) != (ssize_t)len)
        abort();
    turn();
    if (len == 0) {
        end_await(p);
        return;
    }
    got = recv(p->fd, answer, sizeof(answer), 0);
    assert(got == EPC_ANSWER_SIZE && load_u32le(answer) == EPC_MAGIC);
    if (load_u32le(answer + 4) == 0) {
        assert(len == EPC_REQUEST_SIZE && k->spoil != 1);
        answer_account(p, k, load_u64le(answer + 8));
    } else {
        assert(load_u64le(answer + 8) == 0);
        if (load_u32le(answer + 4) == EBADMSG)
            end_await(p);
    }
}

/* visits go from the newest connection to the oldest */
static void on_visit(void *userdata, pid_t pid, uint64_t charged, uint64_t resident)
{
    unsigned *before = userdata, newest = 0;
    const struct process *p = NULL;

    for (size_t i = 0; i < CLIENTS; i++)
        if (processes[i].held && processes[i].since < *before && processes[i].since > newest) {
            p = &processes[i];
            newest = p->since;
        }
    assert(p && pid == getpid());
    assert(charged == p->held << 12 && resident <= charged && resident <= CAPACITY << 12);
    *before = newest;
}

static void books_check(void)
{
    unsigned before = UINT32_MAX;

    epc_server_visit(server, on_visit, &before);
    for (size_t i = 0; i < CLIENTS; i++)
        assert(!processes[i].held || processes[i].since >= before);
    assert(epc_server_ledger(server)->charged == held_by_all());
    assert(epc_server_client_count(server) == connected_count());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    prepare(size ? data[0] : 0);
    for (size_t i = 0; i < PACKETS_MAX && 1 + (i + 1) * sizeof(struct packet) <= size; i++) {
        struct packet k;
        struct process *p;

        memcpy(&k, data + 1 + i * sizeof(k), sizeof(k));
        p = &processes[k.client % CLIENTS];
        if (p->fd < 0)
            process_connect(p);
        if (k.operation == UINT8_MAX)
            process_end(p);
        else
            packet_send(p, &k);
        books_check();
    }
    for (size_t i = 0; i < CLIENTS; i++)
        if (processes[i].fd >= 0)
            process_end(&processes[i]);
    books_check();
    epc_server_free(server);
    return 0;
}
