/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared engine, for several replicas of a service.
 *
 * libpq's blocking calls wait for as long as the server is silent, and a server that is stopped, or
 * whose machine went away, is silent for ever. So a statement is sent without blocking, and
 * result_wait() polls the socket until a deadline. The server has a shorter deadline of its own
 * (statement_timeout), so ours passes only when the server is silent. A connection that missed its
 * deadline is closed: its late answer would otherwise be taken for the answer to the next
 * statement.
 *
 * Results are binary, so bytes need no unescaping: BIGINT is eight bytes, most significant first;
 * TEXT and BYTEA are their bytes. A prepared statement lives as long as its connection.
 */
#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "store/backend.h"

enum {
    STATEMENTS_MAX = 64,   /* prepared ones of a connection; further ones are sent as text */
    NAME_SIZE = 16,        /* bytes of a prepared statement's name */
    CONNECT_TIMEOUT_S = 5, /* one connection attempt */
    DEADLINES = 2, /* store_timeout_ms that we wait, since the server keeps the same deadline */
};

/* Object identifiers of types: PostgreSQL's catalog pg_type. */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
};

struct postgres_engine {
    char *target;
    PGconn *connection;
    unsigned count;
    const char *prepared[STATEMENTS_MAX];
};

/* -- errors -- */

/* PostgreSQL, appendix A: the class is the first two characters of SQLSTATE. */
static int code_of(const char *state)
{
    static const struct {
        const char *prefix;
        int code;
    } rows[] = {
        {.prefix = "08", .code = -ENOTCONN},   /* connection exception */
        {.prefix = "23", .code = -EEXIST},     /* integrity constraint violation */
        {.prefix = "25006", .code = -EROFS},   /* read-only transaction */
        {.prefix = "28", .code = -EACCES},     /* invalid authorization */
        {.prefix = "40", .code = -EAGAIN},     /* serialization failure, deadlock */
        {.prefix = "42501", .code = -EACCES},  /* insufficient privilege */
        {.prefix = "42", .code = -EINVAL},     /* syntax error, undefined table */
        {.prefix = "53100", .code = -ENOSPC},  /* disk full */
        {.prefix = "53", .code = -EAGAIN},     /* insufficient resources */
        {.prefix = "55P03", .code = -EAGAIN},  /* lock not available */
        {.prefix = "57014", .code = -EAGAIN},  /* statement timeout */
        {.prefix = "57P", .code = -ENOTCONN},  /* shutdown */
        {.prefix = "XX001", .code = -EBADMSG}, /* data corrupted */
    };

    for (size_t i = 0; state && i < ARRAY_COUNT(rows); i++)
        if (strncmp(state, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return rows[i].code;
    return -EIO;
}

/* libpq's messages end with a line feed and may have several lines. */
static int failure_set(int code, const char *message, struct err *err)
{
    return err_set(err, code, "PostgreSQL: %.*s", (int)strcspn(message, "\n"), message);
}

/* -- connection -- */

static void connection_drop(struct postgres_engine *e)
{
    PQfinish(e->connection);
    e->connection = NULL;
    e->count = 0;
}

static void notice_ignore(void *userdata, const char *message)
{
    (void)userdata;
    (void)message;
}

static int connection_make(struct postgres_engine *e, struct err *err)
{
    char timeout[16], options[64];
    const char *keywords[] = {"connect_timeout", "options", "application_name",
                              "client_encoding", "dbname",  NULL};
    const char *values[] = {timeout, options, "coffer", "UTF8", e->target, NULL};

    snprintf(timeout, sizeof(timeout), "%d", CONNECT_TIMEOUT_S);
    snprintf(options, sizeof(options), "-c statement_timeout=%d -c lock_timeout=%d",
             store_timeout_ms, store_timeout_ms);
    e->connection = PQconnectdbParams(keywords, values, 1);
    if (!e->connection)
        return err_set(err, -ENOMEM, "PostgreSQL connection");
    if (PQstatus(e->connection) != CONNECTION_OK) {
        int r = failure_set(-ENOTCONN, PQerrorMessage(e->connection), err);

        connection_drop(e);
        return r;
    }
    PQsetNoticeProcessor(e->connection, notice_ignore, NULL);
    if (PQsetnonblocking(e->connection, 1) < 0)
        return err_set(err, -EIO, "PostgreSQL connection stays blocking");
    return 0;
}

static void postgres_done(void *engine)
{
    struct postgres_engine *e = engine;

    connection_drop(e);
    free(e->target);
    free(e);
}

static int postgres_open(const char *target, void **ret, struct err *err)
{
    struct postgres_engine *e = calloc(1, sizeof(*e));
    int r;

    if (!e || !(e->target = strdup(target))) {
        free(e);
        return err_set(err, -ENOMEM, "PostgreSQL store");
    }
    r = connection_make(e, err);
    if (r < 0) {
        postgres_done(e);
        return r;
    }
    *ret = e;
    return 0;
}

/* A connection that the server closed is only noticed when somebody reads from it. */
static int postgres_ready(void *engine, struct err *err)
{
    struct postgres_engine *e = engine;

    if (e->connection &&
        (!PQconsumeInput(e->connection) || PQstatus(e->connection) != CONNECTION_OK))
        connection_drop(e);
    return e->connection ? 0 : connection_make(e, err);
}

/* -- results -- */

static int socket_wait(const struct postgres_engine *e, short events, int64_t deadline_ms)
{
    struct pollfd p = {.fd = PQsocket(e->connection), .events = events};
    int64_t left = deadline_ms - clock_monotonic_ms();

    return left <= 0 ? 0 : poll(&p, 1, (int)left);
}

/* Send all that is buffered and wait until libpq can give a result without blocking. */
static int result_wait(struct postgres_engine *e, struct err *err)
{
    int64_t deadline_ms = clock_monotonic_ms() + DEADLINES * store_timeout_ms;
    int unsent = PQflush(e->connection);

    while (unsent == 1 || PQisBusy(e->connection)) {
        int n = socket_wait(e, unsent == 1 ? POLLIN | POLLOUT : POLLIN, deadline_ms);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            return err_set(err, -ENOTCONN, "PostgreSQL gave no answer within %d ms",
                           DEADLINES * store_timeout_ms);
        if (n < 0 || !PQconsumeInput(e->connection))
            return failure_set(-ENOTCONN, PQerrorMessage(e->connection), err);
        unsent = PQflush(e->connection);
    }
    return unsent < 0 ? failure_set(-ENOTCONN, PQerrorMessage(e->connection), err) : 0;
}

/* Give the last result of the statement that was sent; the others of a statement are empty. */
static int result_take(struct postgres_engine *e, PGresult **ret, struct err *err)
{
    PGresult *last = NULL;

    for (;;) {
        int r = result_wait(e, err);
        PGresult *next = r < 0 ? NULL : PQgetResult(e->connection);

        if (r < 0) {
            PQclear(last);
            return r;
        }
        if (!next)
            break;
        PQclear(last);
        last = next;
    }
    if (!last)
        return failure_set(-ENOTCONN, PQerrorMessage(e->connection), err);
    *ret = last;
    return 0;
}

static int result_check(const struct postgres_engine *e, const PGresult *result, struct err *err)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return 0;
    if (PQstatus(e->connection) != CONNECTION_OK)
        return failure_set(-ENOTCONN, PQresultErrorMessage(result), err);
    return failure_set(code_of(PQresultErrorField(result, PG_DIAG_SQLSTATE)),
                       PQresultErrorMessage(result), err);
}

/* Two's complement of 1, 2, 4 or 8 bytes, most significant first. */
static int64_t integer_of(const uint8_t *bytes, size_t size)
{
    uint64_t value = size && size < 8 && bytes[0] & 0x80 ? UINT64_MAX : 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

static struct store_value cell_value(const PGresult *result, int row, int column)
{
    const uint8_t *data = (const uint8_t *)PQgetvalue(result, row, column);
    size_t size = (size_t)PQgetlength(result, row, column);

    if (PQgetisnull(result, row, column))
        return store_null();
    switch (PQftype(result, column)) {
    case TYPE_INT8:
    case TYPE_INT4:
    case TYPE_INT2:
        return store_integer(integer_of(data, size));
    case TYPE_BOOL:
        return store_integer(data[0]);
    case TYPE_BYTEA:
        return store_bytes(span_of(data, size));
    default:
        return store_text(span_of(data, size));
    }
}

static int rows_give(const PGresult *result, const struct store_query *query, struct err *err)
{
    struct store_value columns[STORE_COLUMNS_MAX];
    int count = PQnfields(result), r = 0;

    if (!query->on_row)
        return 0;
    if (count > STORE_COLUMNS_MAX)
        return err_set(err, -EINVAL, "a row has %d columns, the limit is %d", count,
                       STORE_COLUMNS_MAX);
    for (int row = 0; r == 0 && row < PQntuples(result); row++) {
        for (int i = 0; i < count; i++)
            columns[i] = cell_value(result, row, i);
        r = query->on_row(query->userdata, columns, (unsigned)count, err);
    }
    return r;
}

/* -- statements -- */

/** struct postgres_values - parameters in libpq's form */
struct postgres_values {
    Oid types[STORE_VALUES_MAX];
    const char *data[STORE_VALUES_MAX];
    int sizes[STORE_VALUES_MAX];
    int formats[STORE_VALUES_MAX];
    uint64_t integers[STORE_VALUES_MAX];
};

static void values_fill(struct postgres_values *p, const struct store_query *query)
{
    for (unsigned i = 0; i < query->value_count; i++) {
        const struct store_value *v = &query->values[i];

        p->formats[i] = 1;
        p->types[i] = v->type == STORE_INTEGER ? TYPE_INT8
                      : v->type == STORE_BYTES ? TYPE_BYTEA
                                               : TYPE_TEXT;
        p->integers[i] = htobe64((uint64_t)v->integer);
        p->data[i] = v->bytes.len ? (const char *)v->bytes.data : "";
        p->sizes[i] = (int)v->bytes.len;
        if (v->type == STORE_INTEGER) {
            p->data[i] = (const char *)&p->integers[i];
            p->sizes[i] = sizeof(p->integers[i]);
        } else if (v->type == STORE_NULL) {
            p->types[i] = 0; /* the server finds the type by the parameter's place */
            p->data[i] = NULL;
        }
    }
}

static int sent_finish(struct postgres_engine *e, int is_sent, const struct store_query *query,
                       struct err *err)
{
    PGresult *result = NULL;
    int r;

    if (!is_sent)
        return failure_set(-ENOTCONN, PQerrorMessage(e->connection), err);
    r = result_take(e, &result, err);
    if (r < 0)
        return r;
    r = result_check(e, result, err);
    if (r == 0)
        r = rows_give(result, query, err);
    PQclear(result);
    return r;
}

/* A NULL parameter has no type of its own, so the types of a statement may differ between two runs.
 * Such a statement, and one for which there is no place, is sent as text. */
static bool can_prepare(const struct postgres_engine *e, const struct store_query *query)
{
    if (e->count == STATEMENTS_MAX || query->value_count == 0)
        return false;
    for (unsigned i = 0; i < query->value_count; i++)
        if (query->values[i].type == STORE_NULL)
            return false;
    return true;
}

static int prepared_find(struct postgres_engine *e, const struct store_query *query,
                         const struct postgres_values *p, char name[static NAME_SIZE],
                         struct err *err)
{
    const struct store_query no_rows = {.sql = query->sql};
    unsigned i = 0;
    int r;

    while (i < e->count && e->prepared[i] != query->sql)
        i++;
    snprintf(name, NAME_SIZE, "s%u", i);
    if (i < e->count)
        return 0;
    r = sent_finish(
        e, PQsendPrepare(e->connection, name, query->sql, (int)query->value_count, p->types),
        &no_rows, err);
    if (r == 0)
        e->prepared[e->count++] = query->sql;
    return r;
}

static int query_send(struct postgres_engine *e, const struct store_query *query, struct err *err)
{
    struct postgres_values p;
    char name[NAME_SIZE];
    int r, count = (int)query->value_count;

    values_fill(&p, query);
    if (!can_prepare(e, query))
        return sent_finish(e,
                           PQsendQueryParams(e->connection, query->sql, count, p.types, p.data,
                                             p.sizes, p.formats, 1),
                           query, err);
    r = prepared_find(e, query, &p, name, err);
    if (r < 0)
        return r;
    return sent_finish(
        e, PQsendQueryPrepared(e->connection, name, count, p.data, p.sizes, p.formats, 1), query,
        err);
}

static int postgres_run(void *engine, const struct store_query *query, struct err *err)
{
    struct postgres_engine *e = engine;
    int r;

    if (!e->connection)
        return err_set(err, -ENOTCONN, "PostgreSQL: the connection was lost");
    r = query_send(e, query, err);
    if (r == -ENOTCONN)
        connection_drop(e);
    return r;
}

PUBLIC const struct store_backend store_postgres = {
    .name = "postgresql",
    .begin = "BEGIN",
    /* Any number serves, as long as all migrations take the same one. */
    .lock_schema = "SELECT pg_advisory_xact_lock(4850183377)",
    .open = postgres_open,
    .close = postgres_done,
    .ready = postgres_ready,
    .run = postgres_run,
};
