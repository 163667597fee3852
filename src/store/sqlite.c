/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded engine: one file, in write-ahead mode, so that readers (the command line beside the
 * service) and the writer do not wait for each other. synchronous=FULL makes a commit durable
 * before it is acknowledged: SQLite's default for this mode would lose the last commits in a power
 * cut.
 *
 * A statement is prepared once. SQLite numbers named parameters by their first appearance, so $2
 * before $1 in a statement would change places; parameter_bind() therefore asks for each by its
 * name.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "store/backend.h"

enum {
    STATEMENTS_MAX = 64, /* prepared ones that are kept */
};

struct sqlite_statement {
    const char *sql;
    sqlite3_stmt *statement;
};

struct sqlite_engine {
    sqlite3 *db;
    unsigned count;
    struct sqlite_statement kept[STATEMENTS_MAX];
};

static int code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EAGAIN;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return -EACCES;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return -EINVAL;
    default:
        return -EIO;
    }
}

static int failure_set(const struct sqlite_engine *e, int result, struct err *err)
{
    const char *text = e->db ? sqlite3_errmsg(e->db) : sqlite3_errstr(result);

    return err_set(err, code_of(result), "SQLite: %s", text);
}

static void sqlite_done(void *engine)
{
    struct sqlite_engine *e = engine;

    for (unsigned i = 0; i < e->count; i++)
        sqlite3_finalize(e->kept[i].statement);
    sqlite3_close(e->db);
    free(e);
}

static int settings_apply(struct sqlite_engine *e, struct err *err)
{
    static const char settings[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON";
    int result = sqlite3_busy_timeout(e->db, store_timeout_ms);

    if (result == SQLITE_OK)
        result = sqlite3_exec(e->db, settings, NULL, NULL, NULL);
    return result == SQLITE_OK ? 0 : failure_set(e, result, err);
}

static int sqlite_open(const char *target, void **ret, struct err *err)
{
    struct sqlite_engine *e = calloc(1, sizeof(*e));
    int result, r;

    if (!e)
        return err_set(err, -ENOMEM, "SQLite store");
    result = sqlite3_open_v2(target, &e->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_NOFOLLOW,
                             NULL);
    r = result == SQLITE_OK ? settings_apply(e, err) : failure_set(e, result, err);
    if (r < 0) {
        sqlite_done(e);
        return err_wrap(err, "store %s", target);
    }
    *ret = e;
    return 0;
}

static int sqlite_ready(void *engine, struct err *err)
{
    (void)engine;
    (void)err;
    return 0;
}

/* Give the prepared form of @sql. When there is no place left, the caller owns it: *@ret_owned. */
static int statement_find(struct sqlite_engine *e, const char *sql, sqlite3_stmt **ret,
                          bool *ret_owned, struct err *err)
{
    sqlite3_stmt *statement;
    int result;

    for (unsigned i = 0; i < e->count; i++)
        if (e->kept[i].sql == sql) {
            *ret = e->kept[i].statement;
            *ret_owned = false;
            return 0;
        }
    result = sqlite3_prepare_v3(e->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (result != SQLITE_OK)
        return failure_set(e, result, err);
    *ret_owned = e->count == STATEMENTS_MAX;
    if (!*ret_owned)
        e->kept[e->count++] = (struct sqlite_statement){.sql = sql, .statement = statement};
    *ret = statement;
    return 0;
}

static int parameter_bind(sqlite3_stmt *statement, unsigned number, const struct store_value *value)
{
    const char *data = value->bytes.len ? (const char *)value->bytes.data : "";
    char name[16];
    int index;

    snprintf(name, sizeof(name), "$%u", number);
    index = sqlite3_bind_parameter_index(statement, name);
    if (index == 0)
        return SQLITE_RANGE;
    switch (value->type) {
    case STORE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case STORE_TEXT:
        return sqlite3_bind_text64(statement, index, data, value->bytes.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case STORE_BYTES:
        return sqlite3_bind_blob64(statement, index, data, value->bytes.len, SQLITE_STATIC);
    case STORE_NULL:
        break;
    }
    return sqlite3_bind_null(statement, index);
}

static struct store_value column_value(sqlite3_stmt *statement, int i)
{
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return store_integer(sqlite3_column_int64(statement, i));
    case SQLITE_NULL:
        return store_null();
    case SQLITE_BLOB:
        return store_bytes(
            span_of(sqlite3_column_blob(statement, i), (size_t)sqlite3_column_bytes(statement, i)));
    default:
        return store_text(
            span_of(sqlite3_column_text(statement, i), (size_t)sqlite3_column_bytes(statement, i)));
    }
}

static int row_give(sqlite3_stmt *statement, const struct store_query *query, struct err *err)
{
    struct store_value columns[STORE_COLUMNS_MAX];
    int count = sqlite3_column_count(statement);

    if (!query->on_row)
        return 0;
    if (count > STORE_COLUMNS_MAX)
        return err_set(err, -EINVAL, "a row has %d columns, the limit is %d", count,
                       STORE_COLUMNS_MAX);
    for (int i = 0; i < count; i++)
        columns[i] = column_value(statement, i);
    return query->on_row(query->userdata, columns, (unsigned)count, err);
}

static int statement_run(struct sqlite_engine *e, sqlite3_stmt *statement,
                         const struct store_query *query, struct err *err)
{
    for (unsigned i = 0; i < query->value_count; i++) {
        int result = parameter_bind(statement, i + 1, &query->values[i]);

        if (result == SQLITE_RANGE)
            return err_set(err, -EINVAL, "the statement has no parameter $%u", i + 1);
        if (result != SQLITE_OK)
            return failure_set(e, result, err);
    }
    for (;;) {
        int result = sqlite3_step(statement), r;

        if (result == SQLITE_DONE)
            return 0;
        if (result != SQLITE_ROW)
            return failure_set(e, result, err);
        r = row_give(statement, query, err);
        if (r < 0)
            return r;
    }
}

static int sqlite_run(void *engine, const struct store_query *query, struct err *err)
{
    struct sqlite_engine *e = engine;
    sqlite3_stmt *statement = NULL;
    bool is_owned = false;
    int r = statement_find(e, query->sql, &statement, &is_owned, err);

    if (r < 0)
        return r;
    r = statement_run(e, statement, query, err);
    if (is_owned) {
        sqlite3_finalize(statement);
    } else {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
    return r;
}

const struct store_backend store_sqlite = {
    .name = "sqlite",
    .begin = "BEGIN IMMEDIATE",
    .open = sqlite_open,
    .close = sqlite_done,
    .ready = sqlite_ready,
    .run = sqlite_run,
};
