/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/net/grpc_fixture.h: a gRPC server and its client in one loop. */
#ifndef COFFER_TESTS_GRPC_FIXTURE_H
#define COFFER_TESTS_GRPC_FIXTURE_H

#include "net/grpc/client.h"
#include "net/grpc/server.h"

enum {
    GRPC_FIXTURE_BIG = 3 * 1024 * 1024, /* bytes: many flow-control windows */
    GRPC_FIXTURE_PATIENCE_MS = 20000,
};

/** struct grpc_fixture - serves /t.T/Echo, /t.T/Refuse (fails) and /t.T/Forget (never answers) */
struct grpc_fixture {
    struct loop *loop;
    struct grpc_server *server;
    char dir[32];
    char path[64];
    uint8_t *big; /* GRPC_FIXTURE_BIG bytes of 'b' */
    /* the result of the last call */
    bool is_done;
    enum grpc_status status;
    char why[256];
    size_t len;
    uint8_t last;
};

/* For cmocka_unit_test_setup_teardown(). */
int grpc_fixture_set_up(void **state);
int grpc_fixture_tear_down(void **state);

/** grpc_fixture_start() - start a call; its result goes into @f */
struct grpc_client *grpc_fixture_start(struct grpc_fixture *f, const char *method,
                                       struct span message, int64_t timeout_ms);

/** grpc_fixture_wait() - run the loop until the call is over */
void grpc_fixture_wait(struct grpc_fixture *f);

/** grpc_fixture_call() - start a call and wait for its end */
void grpc_fixture_call(struct grpc_fixture *f, const char *method, struct span message);

/** grpc_fixture_settle() - dispatch all that is under way; both ends live in this loop */
void grpc_fixture_settle(const struct grpc_fixture *f);

#endif
