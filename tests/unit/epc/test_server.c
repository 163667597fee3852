/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's server, with processes that do not keep to the protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto_bare/bytes.h"
#include "epc/server.h"

enum {
    CAPACITY = 100, /* pages */
    UNREAD = 100000 /* requests, more than any socket's buffers hold answers to */
};

struct node {
    struct loop *loop;
    struct epc_server *server;
    char directory[32];
    struct sockaddr_un address;
    int victim; /* holds 10 pages */
};

static void turn(const struct node *n)
{
    for (int i = 0; i < 8; i++)
        assert_int_equal(loop_step(n->loop, false, NULL), 0);
}

static int join(const struct node *n)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&n->address, sizeof(n->address)), 0);
    turn(n);
    return fd;
}

static void request(uint8_t wire[EPC_REQUEST_SIZE], uint32_t operation, uint64_t pages,
                    const char *group)
{
    memset(wire, 0, EPC_REQUEST_SIZE);
    store_u32le(wire, EPC_MAGIC);
    store_u32le(wire + 4, operation);
    store_u64le(wire + 8, pages);
    memcpy(wire + 24, group, strlen(group));
}

/* The answer's errno, @ret_pages what is granted; -1: none, and the connection has ended */
static int exchange(const struct node *n, int fd, const uint8_t *wire, size_t size,
                    uint64_t *ret_pages)
{
    uint8_t answer[EPC_ANSWER_SIZE];

    assert_int_equal(send(fd, wire, size, MSG_NOSIGNAL), size);
    turn(n);
    if (recv(fd, answer, sizeof(answer), 0) != sizeof(answer))
        return -1;
    assert_int_equal(load_u32le(answer), EPC_MAGIC);
    *ret_pages = load_u64le(answer + 8);
    return (int)load_u32le(answer + 4);
}

static int ask(const struct node *n, int fd, uint32_t operation, uint64_t pages,
               uint64_t *ret_pages)
{
    uint8_t wire[EPC_REQUEST_SIZE];

    request(wire, operation, pages, "");
    return exchange(n, fd, wire, sizeof(wire), ret_pages);
}

static bool has_ended(int fd)
{
    char byte;

    return recv(fd, &byte, 1, 0) == 0;
}

static int setup(void **state)
{
    static struct node n;
    uint64_t granted;

    n = (struct node){.directory = "/tmp/coffer-epc-XXXXXX", .address = {.sun_family = AF_UNIX}};
    assert_non_null(mkdtemp(n.directory));
    snprintf(n.address.sun_path, sizeof(n.address.sun_path), "%s/ledger.sock", n.directory);
    assert_int_equal(loop_new(&n.loop, NULL), 0);
    assert_int_equal(
        epc_server_new(n.loop, n.address.sun_path, CAPACITY * 4096, EPC_REFUSE, &n.server, NULL),
        0);
    n.victim = join(&n);
    assert_int_equal(ask(&n, n.victim, EPC_HELLO, 0, &granted), 0);
    assert_int_equal(ask(&n, n.victim, EPC_CHARGE, 10, &granted), 0);
    *state = &n;
    return 0;
}

static void victim_visit(void *userdata, pid_t pid, uint64_t charged, uint64_t resident)
{
    unsigned *count = userdata;

    assert_int_equal(pid, getpid());
    assert_int_equal(charged, 10 * 4096);
    assert_int_equal(resident, 10 * 4096);
    ++*count;
}

/* After each test only the victim is there, as it was. */
static int teardown(void **state)
{
    struct node *n = *state;
    unsigned count = 0;

    turn(n);
    assert_int_equal(epc_server_client_count(n->server), 1);
    assert_int_equal(epc_server_ledger(n->server)->charged, 10);
    epc_server_visit(n->server, victim_visit, &count);
    assert_int_equal(count, 1);
    close(n->victim);
    epc_server_free(n->server);
    loop_free(n->loop);
    rmdir(n->directory);
    return 0;
}

static void nothing_before_hello(void **state)
{
    const struct node *n = *state;
    int fd = join(n);
    uint64_t pages;

    assert_int_equal(ask(n, fd, EPC_CHARGE, 5, &pages), EPROTO);
    assert_int_equal(pages, 0);
    assert_int_equal(ask(n, fd, EPC_RETURN, 5, &pages), EPROTO);
    assert_int_equal(ask(n, fd, EPC_HELLO, 5, &pages), 0);
    assert_int_equal(pages, 5);
    close(fd);
}

static void a_second_hello_ends_it(void **state)
{
    const struct node *n = *state;
    int fd = join(n);
    uint64_t pages;

    assert_int_equal(ask(n, fd, EPC_HELLO, 20, &pages), 0);
    assert_int_equal(ask(n, fd, EPC_HELLO, 70, &pages), EBADMSG);
    assert_true(has_ended(fd));
    close(fd);
}

static void more_is_returned_than_is_held(void **state)
{
    const struct node *n = *state;
    int fd = join(n);
    uint64_t pages;

    assert_int_equal(ask(n, fd, EPC_HELLO, UINT64_MAX, &pages), 0);
    assert_true(pages == EPC_HOLDER_PAGES_MAX);
    assert_int_equal(ask(n, fd, EPC_RETURN, UINT64_MAX, &pages), 0);
    assert_int_equal(epc_server_ledger(n->server)->charged, 10);
    assert_int_equal(ask(n, fd, EPC_RETURN, 1, &pages), 0);
    assert_int_equal(ask(n, fd, EPC_CHARGE, UINT64_MAX, &pages), 0);
    assert_int_equal(pages, CAPACITY - 10);
    close(fd);
}

static void garbage_ends_it(void **state)
{
    const struct node *n = *state;
    uint8_t wire[EPC_REQUEST_SIZE + 1];
    uint64_t pages;

    for (size_t size = 1; size <= sizeof(wire); size++) {
        int fd = join(n);

        wire[EPC_REQUEST_SIZE] = 0;
        request(wire, EPC_HELLO, 20, "");
        wire[0] ^= size == EPC_REQUEST_SIZE; /* the right size with a wrong magic */
        assert_int_equal(exchange(n, fd, wire, size, &pages), EBADMSG);
        assert_true(has_ended(fd));
        close(fd);
    }
}

static void a_group_joined_without_limit_has_its_own_numbers(void **state)
{
    const struct node *n = *state;
    uint8_t wire[EPC_REQUEST_SIZE];
    int member = join(n), stranger = join(n);
    uint64_t pages;

    request(wire, EPC_HELLO, 0, "pod");
    assert_int_equal(exchange(n, stranger, wire, sizeof(wire), &pages), 0);
    store_u64le(wire + 16, 30);
    assert_int_equal(exchange(n, member, wire, sizeof(wire), &pages), 0);
    assert_int_equal(ask(n, member, EPC_CHARGE, 20, &pages), 0);
    assert_int_equal(pages, 20);
    assert_int_equal(ask(n, stranger, EPC_RETURN, 20, &pages), 0);
    assert_int_equal(epc_server_ledger(n->server)->charged, 30);
    close(stranger);
    turn(n);
    assert_int_equal(ask(n, member, EPC_CHARGE, 20, &pages), 0);
    assert_int_equal(pages, 10);
    close(member);
}

static void who_does_not_read_is_let_go(void **state)
{
    const struct node *n = *state;
    uint8_t wire[EPC_REQUEST_SIZE];
    int fd = join(n), sent = 0;

    request(wire, EPC_HELLO, 1, "");
    for (; sent < UNREAD && send(fd, wire, sizeof(wire), MSG_NOSIGNAL) > 0; sent++) {
        turn(n);
        store_u32le(wire + 4, EPC_CHARGE);
    }
    assert_true(sent < UNREAD);
    close(fd);
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(nothing_before_hello),
        WITH_NODE(a_second_hello_ends_it),
        WITH_NODE(more_is_returned_than_is_held),
        WITH_NODE(garbage_ends_it),
        WITH_NODE(a_group_joined_without_limit_has_its_own_numbers),
        WITH_NODE(who_does_not_read_is_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
