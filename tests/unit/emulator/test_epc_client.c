/* SPDX-License-Identifier: Apache-2.0 */
/* The client of the EPC ledger, against the server that coffer node runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulator/process/auxv.h"
#include "emulator/enclave/epc_client.h"
#include "epc/server.h"
#include "software/environment.h"

enum {
    CAPACITY = 200, /* pages */
    AHEAD = 32,     /* pages that the client asks for in advance */
};

static char directory[] = "/tmp/coffer-ledger-XXXXXX", path[64];
static const char *limit;

/* These stand for the process that the emulator is loaded into. */
const char *auxv_environment(const char *name)
{
    if (strcmp(name, SOFTWARE_ENV_LEDGER) == 0)
        return path;
    return strcmp(name, SOFTWARE_ENV_LIMIT) == 0 ? limit : NULL;
}

uint64_t auxv_get(uint64_t type)
{
    (void)type;
    return 0;
}

struct node {
    struct loop *loop;
    struct epc_server *server;
    pthread_t thread;
    bool stops;
};

static struct node node;

static void *serve(void *unused)
{
    while (!__atomic_load_n(&node.stops, __ATOMIC_ACQUIRE))
        if (loop_step(node.loop, false, NULL) < 0)
            abort();
        else
            usleep(200);
    return unused;
}

static void server_start(void)
{
    node = (struct node){0};
    assert_int_equal(loop_new(&node.loop, NULL), 0);
    assert_int_equal(
        epc_server_new(node.loop, path, CAPACITY * 4096, EPC_REFUSE, &node.server, NULL), 0);
    assert_int_equal(pthread_create(&node.thread, NULL, serve, NULL), 0);
}

static void server_stop(void)
{
    __atomic_store_n(&node.stops, true, __ATOMIC_RELEASE);
    pthread_join(node.thread, NULL);
    epc_server_free(node.server);
    loop_free(node.loop);
}

/* The pages that the server counts; only requests of this test change them. */
static uint64_t counted(void)
{
    return epc_server_ledger(node.server)->charged;
}

static int setup(void **state)
{
    (void)state;
    limit = NULL;
    server_start();
    epc_client_setup();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(counted(), 0);
    server_stop();
    return 0;
}

static void pages_are_asked_ahead_and_given_back(void **state)
{
    struct enclave e = {0};

    (void)state;
    for (int i = 0; i <= AHEAD; i++) {
        assert_int_equal(epc_client_charge(&e, 1), 1);
        assert_int_equal(counted(), 1 + AHEAD);
    }
    assert_int_equal(epc_client_charge(&e, 100), 100);
    assert_int_equal(e.charged, 133);
    epc_client_trim(&e);
    assert_int_equal(counted(), 133);
    assert_int_equal(epc_client_charge(&e, 100), CAPACITY - 133);
    epc_client_return(&e, 3);
    assert_int_equal(e.charged, CAPACITY - 3);
    epc_client_return(&e, 1000);
    assert_int_equal(e.charged, 0);
    epc_client_released(&e);
}

static void a_server_started_again_hears_what_is_held(void **state)
{
    struct enclave e = {0};

    (void)state;
    assert_int_equal(epc_client_charge(&e, 50), 50);
    server_stop();
    server_start();
    assert_int_equal(counted(), 0);
    assert_int_equal(epc_client_charge(&e, 40), 40);
    assert_int_equal(counted(), 90);
    epc_client_released(&e);
}

static void without_a_server_the_limit_holds(void **state)
{
    struct enclave e = {0};

    (void)state;
    server_stop();
    limit = "409600";
    epc_client_setup();
    assert_int_equal(epc_client_charge(&e, 70), 70);
    assert_int_equal(epc_client_charge(&e, 70), 30);
    assert_int_equal(epc_client_charge(&e, 1), 0);
    assert_int_equal(epc_client_capacity() % 4096, 0);
    epc_client_released(&e);
    server_start();
}

/* cmocka of a child reports to nobody, so the exit status is the line that failed. */
#define CHILD_CHECK(condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            _exit(__LINE__ & 0xff);                                                                \
    } while (0)

static void child_run(struct enclave *inherited)
{
    struct enclave own = {0};

    CHILD_CHECK(epc_client_charge(&own, 1) == 1);
    CHILD_CHECK(own.charged == 1);
    CHILD_CHECK(epc_client_charge(&own, 60) == 60);
    inherited->charged =
        0; /* fork_notice() does this for enclaves of the table; this one is not in it */
    epc_client_return(inherited, 5);
    epc_client_released(inherited);
    CHILD_CHECK(epc_client_charge(&own, 200) == CAPACITY - (20 + AHEAD) - 61);
    _exit(0);
}

static void a_child_has_numbers_of_its_own(void **state)
{
    struct enclave e = {0};
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(epc_client_charge(&e, 20), 20);
    assert_int_equal(epc_client_charge(&e, 30), 30);
    pid = fork();
    if (pid == 0)
        child_run(&e);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    while (epc_server_client_count(node.server) > 1)
        usleep(1000);
    assert_int_equal(counted(), 20 + AHEAD);
    epc_client_released(&e);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(pages_are_asked_ahead_and_given_back),
        WITH_SERVER(a_server_started_again_hears_what_is_held),
        WITH_SERVER(without_a_server_the_limit_holds),
        WITH_SERVER(a_child_has_numbers_of_its_own),
    };
    int failed;

    if (!mkdtemp(directory))
        return 2;
    snprintf(path, sizeof(path), "%s/ledger.sock", directory);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return failed;
}
