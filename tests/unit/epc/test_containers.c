/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's server with a socket for each container, some of which lie or flood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "crypto_bare/bytes.h"
#include "epc/owners.h"
#include "epc/server.h"
#include "net/unix_socket.h"

enum {
    CAPACITY = 1000, /* pages */
    PAGE = 4096,
    FILES_LIMIT = 200,
    FLOOD_MAX = 1000, /* connections that are tried */
};

static struct loop *loop;
static struct epc_server *server;
static char top[64], dirs[80];

static void on_trouble(const struct err *err)
{
    fail_msg("%s", err->text);
}

static int setup(void **state)
{
    char path[80];

    (void)state;
    strcpy(top, "/tmp/coffer-epc-XXXXXX");
    assert_non_null(mkdtemp(top));
    snprintf(path, sizeof(path), "%s/ledger.sock", top);
    snprintf(dirs, sizeof(dirs), "%s/dirs", top);
    assert_int_equal(loop_new(&loop, NULL), 0);
    assert_int_equal(epc_server_new(loop, path, CAPACITY * PAGE, EPC_PAGE, &server, NULL), 0);
    return epc_server_serve_containers(server, dirs, on_trouble, NULL);
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    epc_server_free(server);
    loop_free(loop);
    snprintf(command, sizeof(command), "rm -r %s", top);
    return system(command);
}

static void turn(void)
{
    for (int i = 0; i < 8; i++)
        assert_int_equal(loop_step(loop, false, NULL), 0);
}

/* The socket of a container, or with NULL the one that all share. Return: a descriptor or errno. */
static int join(const char *container)
{
    char path[160];
    int fd = -1;
    int r;

    if (container)
        snprintf(path, sizeof(path), "%s/%s", dirs, container);
    else
        snprintf(path, sizeof(path), "%s", top);
    mkdir(path, 0755);
    turn();
    strcat(path, "/ledger.sock");
    r = unix_socket_connect(SOCK_SEQPACKET, path, &fd, NULL);
    turn();
    return r < 0 ? r : fd;
}

/* Return: the pages granted; UINT64_MAX when the connection has ended. */
static uint64_t ask(int fd, uint32_t operation, uint64_t pages, uint64_t limit, const char *group)
{
    uint8_t wire[EPC_REQUEST_SIZE] = {0}, answer[EPC_ANSWER_SIZE];

    store_u32le(wire, EPC_MAGIC);
    store_u32le(wire + 4, operation);
    store_u64le(wire + 8, pages);
    store_u64le(wire + 16, limit);
    memcpy(wire + 24, group, strlen(group));
    if (send(fd, wire, sizeof(wire), MSG_NOSIGNAL) != sizeof(wire))
        return UINT64_MAX;
    turn();
    if (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) != sizeof(answer))
        return UINT64_MAX;
    assert_int_equal(load_u32le(answer + 4), 0);
    return load_u64le(answer + 8);
}

static void the_limit_is_the_directorys(void **state)
{
    int one = join("epc-0.40960"), two = join("epc-0.40960"), other = join("epc-1.0");

    (void)state;
    assert_int_equal(ask(one, EPC_HELLO, 0, UINT64_MAX, "mine"), 0);
    assert_int_equal(ask(two, EPC_HELLO, 0, 0, "yours"), 0);
    assert_int_equal(ask(one, EPC_CHARGE, 7, 0, ""), 7);
    assert_int_equal(ask(two, EPC_CHARGE, 7, 0, ""), 3);
    assert_int_equal(ask(other, EPC_HELLO, 0, 5, "mine"), 0);
    assert_int_equal(ask(other, EPC_CHARGE, 2 * CAPACITY, 0, ""), CAPACITY);
    close(one);
    close(two);
    close(other);
}

static void a_claim_is_held_to_the_limit_and_the_node(void **state)
{
    int one = join("epc-0.40960"), two = join("epc-0.40960"), shared = join(NULL);

    (void)state;
    assert_int_equal(ask(one, EPC_HELLO, UINT64_MAX, 0, ""), 10);
    assert_int_equal(ask(two, EPC_HELLO, 10, 0, ""), 0);
    assert_int_equal(ask(shared, EPC_HELLO, UINT64_MAX, UINT64_MAX, "epc-0.40960"), CAPACITY);
    assert_int_equal(epc_server_ledger(server)->charged, CAPACITY + 10);
    close(one);
    close(two);
    close(shared);
}

/* In a process of its own, with few descriptors. Return: 0 when the honest one is served. */
static int flood(void)
{
    const struct rlimit limit = {FILES_LIMIT, FILES_LIMIT};
    int honest = join("epc-0.40960"), used = 0, late;

    if (ask(honest, EPC_HELLO, 1, 0, "") != 1 || setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1;
    while (used < FLOOD_MAX && join("epc-1.0") >= 0)
        used++;
    if (used < FILES_LIMIT / 4 || ask(honest, EPC_CHARGE, 3, 0, "") != 3)
        return 2;
    late = fcntl(honest, F_DUPFD, 0) < 0 && errno == EMFILE ? 0 : 3;
    return late;
}

static void a_flood_without_descriptors_left_costs_the_flooder(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(flood());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void one_container_has_so_many_connections_and_no_more(void **state)
{
    const struct rlimit limit = {3 * EPC_CLIENTS_PER_OWNER, 3 * EPC_CLIENTS_PER_OWNER};
    static int fds[EPC_CLIENTS_PER_OWNER + 1];
    struct rlimit now;
    int other;

    (void)state;
    if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_max < limit.rlim_max ||
        setrlimit(RLIMIT_NOFILE, &limit) < 0)
        skip();
    for (size_t i = 0; i < ARRAY_COUNT(fds); i++)
        fds[i] = join("epc-1.0");
    assert_int_equal(epc_server_client_count(server), EPC_CLIENTS_PER_OWNER);
    assert_true(ask(fds[EPC_CLIENTS_PER_OWNER], EPC_HELLO, 0, 0, "") == UINT64_MAX);
    assert_int_equal(ask(fds[0], EPC_HELLO, 0, 0, ""), 0);
    other = join("epc-2.0");
    assert_int_equal(ask(other, EPC_HELLO, 0, 0, ""), 0);
    for (size_t i = 0; i < ARRAY_COUNT(fds); i++)
        close(fds[i]);
    close(other);
}

static void limits_are_read_from_names(void **state)
{
    static const struct {
        const char *name;
        uint64_t limit;
    } rows[] = {
        {"epc-0.40960", 10}, {"epc-0.4095", 0},  {"epc-0", 0},
        {"epc.1.8192", 2},   {"epc-0.", 0},      {"epc-0.-1", 0},
        {"epc-0.1x", 0},     {"epc-0. 4096", 0}, {"epc-0.99999999999999999999", 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct epc_owners owners = {0};
        struct epc_owner *owner = epc_owners_container(&owners, rows[i].name);

        assert_int_equal(owner->limit, rows[i].limit);
        assert_ptr_equal(epc_owners_container(&owners, rows[i].name), owner);
        epc_owners_release(&owners, owner);
        assert_null(owners.first);
    }
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(the_limit_is_the_directorys),
        WITH_SERVER(a_claim_is_held_to_the_limit_and_the_node),
        WITH_SERVER(a_flood_without_descriptors_left_costs_the_flooder),
        WITH_SERVER(one_container_has_so_many_connections_and_no_more),
        cmocka_unit_test(limits_are_read_from_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
