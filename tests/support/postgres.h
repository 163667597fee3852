/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/support/postgres.h: a real PostgreSQL server for tests. It lives in a temporary directory,
 * listens on a unix socket there and nowhere else, and runs as an ordinary user, since PostgreSQL
 * refuses to run as root.
 */
#ifndef COFFER_TESTS_POSTGRES_H
#define COFFER_TESTS_POSTGRES_H

#include <stdbool.h>
#include <sys/types.h>

struct postgres_server {
    char directory[64]; /* "" when there is no server */
    char target[128];   /* the connection string */
    pid_t pid;          /* 0 while it is down */
};

/**
 * postgres_server_make() - make a database cluster and start its server
 * Return: true; false when PostgreSQL is not installed, with a message for the skipped test.
 * A server that does not start is a failure of the calling test.
 */
bool postgres_server_make(struct postgres_server *s);

/** postgres_server_up() - start the server of an existing cluster and wait until it answers */
void postgres_server_up(struct postgres_server *s);

/** postgres_server_down() - end the server and wait for its end
 *  @signal: SIGINT closes all connections and stops in order, SIGQUIT stops at once; SIGTERM would
 *           wait for the clients to leave */
void postgres_server_down(struct postgres_server *s, int signal);

/** postgres_server_remove() - end the server and remove its directory */
void postgres_server_remove(struct postgres_server *s);

#endif
