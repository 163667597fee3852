/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions and migrations, which are the same for every engine.
 *
 * After an error inside a transaction the connection may be gone, and with it the transaction. A
 * statement that ran on a connection made anew would be committed alone. For this reason a store
 * remembers the first error of a transaction and refuses every further statement of it.
 */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "store/backend.h"

int store_timeout_ms = STORE_TIMEOUT_MS;

struct store {
    const struct store_backend *backend;
    void *engine;
    bool in_transaction;
    int failure; /* the first error inside the open transaction, 0 = none */
};

int store_open(const struct store_backend *backend, const char *target, struct store **ret,
               struct err *err)
{
    struct store *s;
    int r;

    if (!*target || strlen(target) >= STORE_TARGET_SIZE_MAX)
        return err_set(err, -EINVAL, "the store's target has %zu bytes, expected 1 to %d",
                       strlen(target), STORE_TARGET_SIZE_MAX - 1);
    s = calloc(1, sizeof(*s));
    if (!s)
        return err_set(err, -ENOMEM, "%s store", backend->name);
    s->backend = backend;
    r = backend->open(target, &s->engine, err);
    if (r < 0) {
        free(s);
        return r;
    }
    *ret = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    s->backend->close(s->engine);
    free(s);
}

void store_closep(struct store **s)
{
    store_close(*s);
}

const char *store_backend_name(const struct store *s)
{
    return s->backend->name;
}

static int query_check(const struct store_query *query, struct err *err)
{
    if (query->value_count > STORE_VALUES_MAX)
        return err_set(err, -EINVAL, "the statement has %u values, the limit is %d",
                       query->value_count, STORE_VALUES_MAX);
    for (unsigned i = 0; i < query->value_count; i++) {
        const struct store_value *v = &query->values[i];

        if (v->bytes.len > STORE_VALUE_SIZE_MAX)
            return err_set(err, -EINVAL, "value %u has %zu bytes, the limit is %d", i + 1,
                           v->bytes.len, STORE_VALUE_SIZE_MAX);
        if (v->type == STORE_TEXT && v->bytes.len && memchr(v->bytes.data, 0, v->bytes.len))
            return err_set(err, -EINVAL, "value %u is a text with a NUL byte in it", i + 1);
    }
    return 0;
}

int store_run(struct store *s, const struct store_query *query, struct err *err)
{
    int r = query_check(query, err);

    if (r < 0)
        return r;
    if (s->failure < 0)
        return err_set(err, s->failure, "an earlier statement of this transaction failed");
    if (!s->in_transaction)
        r = s->backend->ready(s->engine, err);
    if (r == 0)
        r = s->backend->run(s->engine, query, err);
    if (r < 0 && s->in_transaction)
        s->failure = r;
    return r;
}

static int plain_run(struct store *s, const char *sql, struct err *err)
{
    return store_run(s, &(struct store_query){.sql = sql}, err);
}

/* The error that ended the transaction is the one to report, not the rollback's. */
static void transaction_undo(struct store *s)
{
    struct err ignored = {0};

    s->failure = 0;
    (void)!plain_run(s, "ROLLBACK", &ignored);
    s->failure = 0;
    s->in_transaction = false;
}

int store_transaction(struct store *s,
                      int (*body)(struct store *s, void *userdata, struct err *err), void *userdata,
                      struct err *err)
{
    int r;

    if (s->in_transaction) {
        r = body(s, userdata, err);
        if (r < 0 && s->failure == 0)
            s->failure = r;
        return r;
    }
    r = plain_run(s, s->backend->begin, err);
    if (r < 0)
        return r;
    s->in_transaction = true;
    r = body(s, userdata, err);
    if (r == 0 && s->failure < 0)
        r = err_set(err, s->failure, "a statement of the transaction failed");
    if (r == 0)
        r = plain_run(s, "COMMIT", err);
    if (r < 0)
        transaction_undo(s);
    s->in_transaction = false;
    return r;
}

/* -- migrations -- */

struct migration_run {
    const char *name;
    const struct store_migration *migrations;
    unsigned count;
};

static int version_take(void *userdata, const struct store_value *columns, unsigned count,
                        struct err *err)
{
    (void)count;
    (void)err;
    *(int64_t *)userdata = columns[0].integer;
    return 0;
}

static int version_read(struct store *s, const char *name, int64_t *ret, struct err *err)
{
    const struct store_value values[] = {store_text(span_str(name))};
    const struct store_query query = {
        .sql = "SELECT version FROM store_schema WHERE name = $1",
        .values = values,
        .value_count = ARRAY_COUNT(values),
        .on_row = version_take,
        .userdata = ret,
    };

    *ret = 0;
    return store_run(s, &query, err);
}

static int version_write(struct store *s, const char *name, int64_t version, struct err *err)
{
    const struct store_value values[] = {store_text(span_str(name)), store_integer(version)};
    const struct store_query query = {
        .sql = "INSERT INTO store_schema (name, version) VALUES ($1, $2)"
               " ON CONFLICT (name) DO UPDATE SET version = excluded.version",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

static int steps_run(struct store *s, void *userdata, struct err *err)
{
    const struct migration_run *m = userdata;
    int64_t version = 0;
    int r = s->backend->lock_schema ? plain_run(s, s->backend->lock_schema, err) : 0;

    if (r == 0)
        r = plain_run(s,
                      "CREATE TABLE IF NOT EXISTS store_schema"
                      " (name TEXT PRIMARY KEY, version BIGINT NOT NULL)",
                      err);
    if (r == 0)
        r = version_read(s, m->name, &version, err);
    if (r < 0)
        return r;
    if (version < 0 || version > m->count)
        return err_set(err, -ENOTSUP,
                       "the store has version %lld of the schema %s, but this program knows only "
                       "version %u: use a newer program",
                       (long long)version, m->name, m->count);
    if (version == m->count)
        return 0;
    for (unsigned i = (unsigned)version; i < m->count; i++)
        for (const char *const *sql = m->migrations[i].statements; *sql; sql++) {
            r = plain_run(s, *sql, err);
            if (r < 0)
                return err_wrap(err, "schema %s, step %u", m->name, i + 1);
        }
    return version_write(s, m->name, m->count, err);
}

int store_migrate(struct store *s, const char *name, const struct store_migration *migrations,
                  unsigned count, struct err *err)
{
    struct migration_run run = {.name = name, .migrations = migrations, .count = count};

    return store_transaction(s, steps_run, &run, err);
}
