/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/store.h: durable rows in SQLite or in PostgreSQL, by one set of statements.
 *
 * A service writes its schema and its statements once, in the part of SQL that both engines share:
 * parameters are $1, $2, ...; column types are BIGINT, TEXT and BYTEA; an existing row is replaced
 * by INSERT ... ON CONFLICT ... DO UPDATE; a row that a statement changed is returned by RETURNING.
 *
 * A store is one connection and belongs to one thread. Every call may wait for a disk, for a lock
 * or for a network, though never longer than twice STORE_TIMEOUT_MS, so a service calls it from a
 * thread beside its loop.
 *
 * Every write must be idempotent: when a connection breaks during a commit, nobody can tell whether
 * the commit was carried out, and the caller has to repeat it.
 */
#ifndef COFFER_STORE_STORE_H
#define COFFER_STORE_STORE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    STORE_TIMEOUT_MS = 10000,      /* one statement, also while another process holds a lock */
    STORE_COLUMNS_MAX = 32,        /* of one row */
    STORE_VALUES_MAX = 32,         /* parameters of one statement */
    STORE_TARGET_SIZE_MAX = 4096,  /* bytes of a path or a connection string */
    STORE_VALUE_SIZE_MAX = 1 << 24 /* bytes of one text or byte value */
};

/** enum store_type - the type of a parameter or a column */
enum store_type {
    STORE_NULL,
    STORE_INTEGER,
    STORE_TEXT,
    STORE_BYTES,
};

/** struct store_value - a parameter, or a column of a row. Bytes are borrowed. */
struct store_value {
    enum store_type type;
    int64_t integer;   /* of STORE_INTEGER, 0 otherwise */
    struct span bytes; /* of STORE_TEXT and STORE_BYTES, empty otherwise */
};

static inline struct store_value store_null(void)
{
    return (struct store_value){.type = STORE_NULL};
}

static inline struct store_value store_integer(int64_t value)
{
    return (struct store_value){.type = STORE_INTEGER, .integer = value};
}

/** store_text() - UTF-8 text without a NUL byte, which PostgreSQL cannot hold */
static inline struct store_value store_text(struct span text)
{
    return (struct store_value){.type = STORE_TEXT, .bytes = text};
}

static inline struct store_value store_bytes(struct span bytes)
{
    return (struct store_value){.type = STORE_BYTES, .bytes = bytes};
}

/**
 * store_row - called once for each row of a result, in order; it must not use the store
 * @columns: borrowed for the call
 * @count:   their number, at most STORE_COLUMNS_MAX
 * Return: 0; a negative errno with @err set ends the query with that error.
 */
typedef int (*store_row)(void *userdata, const struct store_value *columns, unsigned count,
                         struct err *err);

/** struct store_query - a statement with its parameters */
struct store_query {
    const char *sql; /* a string constant: a prepared statement is remembered by this address */
    const struct store_value *values;
    unsigned value_count;
    store_row on_row; /* NULL: rows are not wanted */
    void *userdata;   /* of @on_row */
};

/** struct store_migration - one step of a schema; a step that was released is never changed */
struct store_migration {
    const char *const *statements; /* ends with NULL */
};

struct store_backend; /* see store/backend.h */
struct store;         /* opaque */

/** store_sqlite - the embedded engine. Its target is the path of a file. */
extern const struct store_backend store_sqlite;

/**
 * store_postgres - the shared engine. Its target is a connection string or a postgresql:// address,
 * as libpq takes them. It is in a library of its own, since libpq loads 20 others.
 */
extern const struct store_backend store_postgres;

/**
 * store_open() - open or make a store
 * @target: as the backend defines it
 * Return: 0; -EINVAL for a target that cannot be; -EACCES; -EBADMSG for a damaged file; -ENOTCONN
 * when the server does not answer; -EROFS; -ENOMEM; -EIO.
 */
NODISCARD int store_open(const struct store_backend *backend, const char *target,
                         struct store **ret, struct err *err);
void store_close(struct store *s);
void store_closep(struct store **s);

/**
 * store_run() - run one statement
 *
 * A connection that broke earlier is made again first, unless a transaction is open.
 *
 * Return: 0; -EEXIST when a constraint forbids it; -EAGAIN when another process holds a lock, so
 * that a repetition may succeed; -ENOTCONN when the server went away; -ENOSPC; -EROFS; -EBADMSG for
 * a damaged file; -EINVAL for a wrong statement or too many values; -ENOMEM; -EIO; or what @on_row
 * gave.
 */
NODISCARD int store_run(struct store *s, const struct store_query *query, struct err *err);

/**
 * store_transaction() - run @body inside a transaction that writes
 *
 * The transaction is committed when @body gives 0 and rolled back otherwise. Inside an open
 * transaction @body becomes a part of that one; when it fails there, the open one is rolled back.
 *
 * Return: 0; the error of @body; errors of store_run().
 */
NODISCARD int store_transaction(struct store *s,
                                int (*body)(struct store *s, void *userdata, struct err *err),
                                void *userdata, struct err *err);

/**
 * store_migrate() - bring the schema @name to the newest step
 *
 * Steps that were carried out before are skipped. The others are carried out in one transaction, by
 * one process at a time.
 *
 * Return: 0; -ENOTSUP when the store's schema is newer than @count; errors of store_run().
 */
NODISCARD int store_migrate(struct store *s, const char *name,
                            const struct store_migration *migrations, unsigned count,
                            struct err *err);

/** store_backend_name() - "sqlite" or "postgresql", for messages and metrics */
const char *store_backend_name(const struct store *s);

#endif
