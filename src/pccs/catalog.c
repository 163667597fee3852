/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest version of an item is found by order and is not marked. So a version that arrives
 * late, or that somebody replays, takes its place in history and cannot displace a newer one; and
 * two replicas that store the same version at once make one row, because its hash is part of the
 * key.
 */
#include "pccs/catalog.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "crypto/hash.h"

void pccs_catalog_version_done(struct pccs_version *v)
{
    buf_done(&v->body);
    buf_done(&v->chain);
}

static struct store_value name_value(const struct pccs_item *item,
                                     char name[static PCCS_ITEM_NAME_SIZE])
{
    return store_text(span_str(pccs_item_name(item, name)));
}

/* -- writing -- */

static int version_insert(struct store *s, const struct pccs_put *put, struct err *err)
{
    uint8_t hash[SHA256_SIZE];
    char name[PCCS_ITEM_NAME_SIZE];
    struct store_value values[] = {
        name_value(&put->item, name),
        store_bytes(span_of(hash, sizeof(hash))),
        store_bytes(put->body),
        store_text(put->chain),
        store_integer(put->facts->issued),
        store_integer(put->facts->expires),
        store_integer(put->facts->evaluation_number),
        store_integer(put->now),
        store_text(span_str(put->source)),
    };
    const struct store_query query = {
        .sql = "INSERT INTO pccs_item"
               " (name, sha256, body, chain, issued, expires, evaluation, stored, source)"
               " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name, sha256) DO NOTHING",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    hash_sha256(put->body, hash);
    return store_run(s, &query, err);
}

static int confirmation_write(struct store *s, const struct pccs_put *put, struct err *err)
{
    char name[PCCS_ITEM_NAME_SIZE];
    const struct store_value values[] = {name_value(&put->item, name), store_integer(put->now)};
    const struct store_query query = {
        .sql = "INSERT INTO pccs_refresh"
               " (name, confirmed, failed, failures, reason, lease_until, lease_of)"
               " VALUES ($1, $2, 0, 0, '', 0, '') ON CONFLICT (name) DO UPDATE SET"
               " confirmed = excluded.confirmed, failed = 0, failures = 0, reason = '',"
               " lease_until = 0, lease_of = ''",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

static int put_body(struct store *s, void *userdata, struct err *err)
{
    int r = version_insert(s, userdata, err);

    return r < 0 ? r : confirmation_write(s, userdata, err);
}

int pccs_catalog_put(struct store *s, const struct pccs_put *put, struct err *err)
{
    if (put->body.len > PCCS_BODY_SIZE_MAX || put->chain.len > PCCS_CHAIN_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "%zu bytes with a chain of %zu, the limits are %d and %d",
                       put->body.len, put->chain.len, PCCS_BODY_SIZE_MAX, PCCS_CHAIN_SIZE_MAX);
    return store_transaction(s, put_body, (void *)(uintptr_t)put, err);
}

int pccs_catalog_fail(struct store *s, const struct pccs_item *item, const char *reason,
                      int64_t now, struct err *err)
{
    char name[PCCS_ITEM_NAME_SIZE];
    const struct store_value values[] = {name_value(item, name), store_integer(now),
                                         store_text(span_str(reason))};
    const struct store_query query = {
        .sql = "INSERT INTO pccs_refresh"
               " (name, confirmed, failed, failures, reason, lease_until, lease_of)"
               " VALUES ($1, 0, $2, 1, $3, 0, '') ON CONFLICT (name) DO UPDATE SET"
               " failed = excluded.failed, failures = pccs_refresh.failures + 1,"
               " reason = excluded.reason, lease_until = 0, lease_of = ''",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

static int row_note(void *userdata, const struct store_value *columns, unsigned count,
                    struct err *err)
{
    (void)columns;
    (void)count;
    (void)err;
    *(bool *)userdata = true;
    return 0;
}

int pccs_catalog_lease(struct store *s, const struct pccs_item *item, const char *owner,
                       int64_t now, int64_t until, struct err *err)
{
    char name[PCCS_ITEM_NAME_SIZE];
    bool is_ours = false;
    const struct store_value values[] = {name_value(item, name), store_integer(now),
                                         store_integer(until), store_text(span_str(owner))};
    const struct store_query query = {
        .sql = "INSERT INTO pccs_refresh"
               " (name, confirmed, failed, failures, reason, lease_until, lease_of)"
               " VALUES ($1, 0, 0, 0, '', $3, $4) ON CONFLICT (name) DO UPDATE SET"
               " lease_until = excluded.lease_until, lease_of = excluded.lease_of"
               " WHERE pccs_refresh.lease_until <= $2 OR pccs_refresh.lease_of = $4"
               " RETURNING name",
        .values = values,
        .value_count = ARRAY_COUNT(values),
        .on_row = row_note,
        .userdata = &is_ours,
    };
    int r = store_run(s, &query, err);

    return r < 0 ? r : is_ours;
}

/* -- reading -- */

static int version_take(void *userdata, const struct store_value *columns, unsigned count,
                        struct err *err)
{
    struct pccs_version *v = userdata;

    (void)count;
    (void)err;
    v->body = buf_init(PCCS_BODY_SIZE_MAX);
    v->chain = buf_init(PCCS_CHAIN_SIZE_MAX);
    buf_put(&v->body, columns[0].bytes);
    buf_put(&v->chain, columns[1].bytes);
    v->issued = columns[2].integer;
    v->expires = columns[3].integer;
    v->evaluation_number = (uint32_t)columns[4].integer;
    v->stored = columns[5].integer;
    v->confirmed = MAX(columns[6].integer, v->stored);
    return 0;
}

static int version_status(const struct pccs_version *v, struct err *err)
{
    int r = buf_status(&v->body) < 0 ? buf_status(&v->body) : buf_status(&v->chain);

    return r < 0 ? err_set(err, r, "a stored item") : 0;
}

int pccs_catalog_get(struct store *s, const struct pccs_item *item, int64_t at,
                     struct pccs_version *ret, struct err *err)
{
    struct pccs_version v = {0};
    char name[PCCS_ITEM_NAME_SIZE];
    const struct store_value values[] = {name_value(item, name),
                                         store_integer(at == PCCS_NEWEST ? INT64_MAX : at)};
    const struct store_query query = {
        .sql = "SELECT body, chain, issued, expires, evaluation, stored,"
               " COALESCE((SELECT confirmed FROM pccs_refresh r WHERE r.name = i.name), 0)"
               " FROM pccs_item i WHERE name = $1 AND issued <= $2"
               " ORDER BY evaluation DESC, issued DESC, stored DESC LIMIT 1",
        .values = values,
        .value_count = ARRAY_COUNT(values),
        .on_row = version_take,
        .userdata = &v,
    };
    int r = store_run(s, &query, err);

    if (r == 0)
        r = version_status(&v, err);
    if (r == 0 && v.body.max == 0)
        r = err_set(err, -ENOENT, "%s is not in the store", name);
    if (r < 0) {
        pccs_catalog_version_done(&v);
        return r;
    }
    *ret = v;
    return 0;
}

struct list_walk {
    int (*on_state)(void *userdata, const struct pccs_state *state, struct err *err);
    void *userdata;
    struct pccs_item last; /* the rows of an item follow one another, its newest version first */
};

static int state_take(void *userdata, const struct store_value *columns, unsigned count,
                      struct err *err)
{
    struct list_walk *walk = userdata;
    struct pccs_state state = {
        .issued = columns[1].integer,
        .expires = columns[2].integer,
        .evaluation_number = (uint32_t)columns[3].integer,
        .confirmed = MAX(columns[4].integer, columns[5].integer),
        .failed = columns[6].integer,
        .failures = columns[7].integer,
        .reason = columns[8].bytes,
    };

    (void)count;
    if (!pccs_item_parse(columns[0].bytes, &state.item) ||
        pccs_item_equal(&state.item, &walk->last))
        return 0;
    walk->last = state.item;
    return walk->on_state(walk->userdata, &state, err);
}

int pccs_catalog_list(struct store *s,
                      int (*on_state)(void *userdata, const struct pccs_state *state,
                                      struct err *err),
                      void *userdata, struct err *err)
{
    struct list_walk walk = {.on_state = on_state, .userdata = userdata};
    const struct store_query query = {
        .sql = "SELECT i.name, issued, expires, evaluation, stored, COALESCE(confirmed, 0),"
               " COALESCE(failed, 0), COALESCE(failures, 0), COALESCE(reason, '')"
               " FROM pccs_item i LEFT JOIN pccs_refresh r ON r.name = i.name"
               " ORDER BY i.name, evaluation DESC, issued DESC, stored DESC",
        .on_row = state_take,
        .userdata = &walk,
    };

    return store_run(s, &query, err);
}
