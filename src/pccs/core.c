/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request is parsed (pccs/front), answered from the store (pccs/answer), and when the store
 * misses and the fill mode permits it, fetched once and answered again. So a client cannot tell a
 * first request from a later one, except by its time.
 *
 * Statuses are those of Intel's PCCS, because its clients know them: 404 for what is not kept, 461
 * for a platform that upstream does not know, 462 for a platform without a certificate for its TCB,
 * 460 for an upload that is not genuine, 502 when upstream fails. The sentences say more than
 * Intel's.
 */
#include "pccs/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "codec/hex.h"
#include "crypto/hash.h"
#include "pccs/manage.h"
#include "pccs/schema.h"

enum {
    STATUS_OK = 200,
    STATUS_BAD_REQUEST = 400,
    STATUS_UNAUTHORIZED = 401,
    STATUS_NOT_FOUND = 404,
    STATUS_INTEGRITY = 460,
    STATUS_PLATFORM_UNKNOWN = 461,
    STATUS_CERTS_UNAVAILABLE = 462,
    STATUS_BAD_GATEWAY = 502,
    STATUS_UNAVAILABLE = 503,
    SHA512_SIZE = 64,
};

struct pccs_core {
    const struct pccs_settings *settings;
    struct store *store;
    struct verifier *verifier;
    struct fetch *fetch;
};

int pccs_core_new(const struct pccs_settings *settings, struct store *store,
                  struct verifier *verifier, struct pccs_core **ret, struct err *err)
{
    struct pccs_core *c = calloc(1, sizeof(*c));
    int r;

    if (!c) {
        store_close(store);
        return err_set(err, -ENOMEM, "collateral service");
    }
    c->settings = settings;
    c->store = store;
    c->verifier = verifier;
    r = pccs_schema_migrate(store, err);
    if (r == 0)
        r = fetch_new(&settings->fetch, &c->fetch, err);
    if (r < 0) {
        pccs_core_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

void pccs_core_free(struct pccs_core *c)
{
    if (!c)
        return;
    fetch_free(c->fetch);
    store_close(c->store);
    free(c);
}

struct store *pccs_core_store(struct pccs_core *c)
{
    return c->store;
}

static struct pccs_upload upload_of(const struct pccs_core *c, struct span body, const char *source,
                                    int64_t now)
{
    return (struct pccs_upload){
        .store = c->store,
        .verifier = c->verifier,
        .body = body,
        .source = source,
        .now = now,
    };
}

/* -- tokens -- */

/* PCCS keeps the SHA-512 of a token. The comparison takes the same time for every wrong token. */
static bool token_is_right(const struct http_request *request, const char *field,
                           const char *hash_text)
{
    uint8_t hash[HASH_SIZE_MAX], expected[SHA512_SIZE], difference = 0;
    struct span token;

    if (!hash_text || hex_decode_fixed(span_str(hash_text), expected, sizeof(expected)) < 0 ||
        !http_request_field(request, field, &token))
        return false;
    hash_of(HASH_SHA512, token, span_of(NULL, 0), hash);
    for (size_t i = 0; i < sizeof(expected); i++)
        difference |= hash[i] ^ expected[i];
    return difference == 0;
}

static bool is_permitted(const struct pccs_core *c, enum pccs_action action,
                         const struct http_request *request)
{
    switch (action) {
    case PCCS_ACTION_ITEM:
    case PCCS_ACTION_CERTIFICATE:
    case PCCS_ACTION_GET_POLICY:
        return true;
    case PCCS_ACTION_REGISTER:
        return token_is_right(request, "user-token", c->settings->user_token_hash);
    case PCCS_ACTION_LIST_PLATFORMS:
    case PCCS_ACTION_PUT_COLLATERAL:
    case PCCS_ACTION_REFRESH:
    case PCCS_ACTION_PUT_POLICY:
        return token_is_right(request, "admin-token", c->settings->admin_token_hash);
    case PCCS_ACTION_NONE:
        break;
    }
    return false;
}

/* -- answers of failures -- */

static struct pccs_answer store_failure(const struct err *err)
{
    return pccs_answer_text(STATUS_UNAVAILABLE, "the store cannot be used: %s\n", err->text);
}

static struct pccs_answer upstream_failure(const struct err *err)
{
    return pccs_answer_text(STATUS_BAD_GATEWAY, "upstream: %s\n", err->text);
}

/* -- items -- */

static int item_fetch(struct pccs_core *c, const struct pccs_item *item, int64_t now,
                      struct err *err)
{
    const struct pccs_upload u = upload_of(c, span_of(NULL, 0), c->settings->upstream.url, now);
    struct err ignored = {0};
    int r = pccs_upstream_item(&c->settings->upstream, c->fetch, item, &u, err);

    if (r < 0 && r != -ENOENT)
        (void)!pccs_catalog_fail(c->store, item, err->text, now, &ignored);
    return r;
}

static void item_handle(struct pccs_core *c, const struct pccs_call *call, int64_t now,
                        struct pccs_answer *ret)
{
    const struct pccs_terms terms = {.now = now, .grace_s = c->settings->grace_s};
    char name[PCCS_ITEM_NAME_SIZE];
    struct err err = {0};
    int r = pccs_answer_item(c->store, call, &terms, ret, &err);

    if (r == 0 && ret->status == STATUS_UNAVAILABLE && c->settings->fill == PCCS_FILL_LAZY) {
        struct err ignored = {0};

        if (item_fetch(c, &call->item, now, &ignored) < 0)
            return;
        pccs_answer_done(ret);
        r = pccs_answer_item(c->store, call, &terms, ret, &err);
    } else if (r == -ENOENT && c->settings->fill == PCCS_FILL_LAZY) {
        r = item_fetch(c, &call->item, now, &err);
        if (r < 0 && r != -ENOENT) {
            *ret = upstream_failure(&err);
            return;
        }
        if (r == 0)
            r = pccs_answer_item(c->store, call, &terms, ret, &err);
    }
    if (r == -ENOENT)
        *ret = pccs_answer_text(STATUS_NOT_FOUND, "No cache data for this platform: %s\n",
                                pccs_item_name(&call->item, name));
    else if (r < 0)
        *ret = store_failure(&err);
}

/* -- certificates -- */

static int certificates_fetch(struct pccs_core *c, const struct pccs_platform *p, int64_t now,
                              struct err *err)
{
    const struct pccs_upload u = upload_of(c, span_of(NULL, 0), c->settings->upstream.url, now);
    int r = pccs_platform_put(c->store, p, now, err);

    return r < 0 ? r : pccs_upstream_certificates(&c->settings->upstream, c->fetch, p, &u, err);
}

static struct pccs_answer certificate_failure(int code, const struct err *err)
{
    if (code == -ENODATA)
        return pccs_answer_text(STATUS_CERTS_UNAVAILABLE, "Certificates are not available: %s\n",
                                err->text);
    if (code == -ENOENT)
        return pccs_answer_text(STATUS_NOT_FOUND, "No cache data for this platform: %s\n",
                                err->text);
    if (code == -EINVAL)
        return pccs_answer_text(STATUS_BAD_REQUEST, "%s\n", err->text);
    return store_failure(err);
}

static void certificate_handle(struct pccs_core *c, const struct pccs_call *call, int64_t now,
                               struct pccs_answer *ret)
{
    struct pccs_platform platform = pccs_front_platform(call);
    struct err err = {0};
    int r = pccs_answer_certificate(c->store, call, ret, &err);

    if ((r == -ENOENT || r == -ENODATA) && c->settings->fill == PCCS_FILL_LAZY &&
        platform.enc_ppid.len > 0) {
        r = certificates_fetch(c, &platform, now, &err);
        if (r == -ENOENT) {
            *ret = pccs_answer_text(STATUS_PLATFORM_UNKNOWN,
                                    "The platform was not found in the cache: %s\n", err.text);
            return;
        }
        if (r == -EAGAIN || r == -EBADMSG || r == -EPROTO || r == -EKEYREJECTED) {
            *ret = upstream_failure(&err);
            return;
        }
        if (r == 0)
            r = pccs_answer_certificate(c->store, call, ret, &err);
    }
    if (r < 0)
        *ret = certificate_failure(r, &err);
}

/* -- uploads -- */

static struct pccs_answer upload_answer(int r, const struct err *err)
{
    if (r == 0)
        return pccs_answer_text(STATUS_OK, "Operation successful.");
    if (r == -EKEYREJECTED)
        return pccs_answer_text(STATUS_INTEGRITY, "Integrity error: %s\n", err->text);
    if (r == -EBADMSG || r == -EINVAL || r == -EMSGSIZE)
        return pccs_answer_text(STATUS_BAD_REQUEST, "Invalid request parameters: %s\n", err->text);
    return store_failure(err);
}

static void register_handle(struct pccs_core *c, const struct http_request *request, int64_t now,
                            struct pccs_answer *ret)
{
    const struct pccs_upload u = upload_of(c, request->body, "POST /platforms", now);
    struct err err = {0};

    *ret = upload_answer(pccs_upload_register(&u, &err), &err);
    if (ret->status == STATUS_OK)
        ret->status = 201;
}

static void put_handle(struct pccs_core *c, const struct http_request *request, int64_t now,
                       struct pccs_answer *ret)
{
    const struct pccs_upload u = upload_of(c, request->body, "PUT /platformcollateral", now);
    struct pccs_upload_count count;
    struct err err = {0};

    *ret = upload_answer(pccs_upload_collateral(&u, &count, &err), &err);
}

static void refresh_handle(struct pccs_core *c, int64_t now, struct pccs_answer *ret)
{
    struct pccs_refreshed refreshed;
    struct err err = {0};

    if (c->settings->fill == PCCS_FILL_OFFLINE)
        *ret = pccs_answer_text(STATUS_UNAVAILABLE,
                                "Server is currently unable to process the request: it is offline "
                                "and has no upstream\n");
    else if (pccs_core_refresh(c, now, true, &refreshed, &err) < 0)
        *ret = store_failure(&err);
    else if (refreshed.failed > 0)
        *ret = pccs_answer_text(STATUS_BAD_GATEWAY, "%u items were renewed, %u were not\n",
                                refreshed.renewed, refreshed.failed);
    else
        *ret = pccs_answer_text(STATUS_OK, "Operation successful.");
}

void pccs_core_handle(struct pccs_core *c, const struct http_request *request, int64_t now,
                      struct pccs_answer *ret)
{
    struct pccs_call call;
    struct err err = {0};
    unsigned status = pccs_front_parse(request, &call, &err);

    if (status != 0) {
        *ret = pccs_answer_text(status, "Invalid request parameters: %s\n", err.text);
        return;
    }
    if (!is_permitted(c, call.action, request)) {
        *ret = pccs_answer_text(STATUS_UNAUTHORIZED, "Authentication failed.\n");
        return;
    }
    switch (call.action) {
    case PCCS_ACTION_ITEM:
        item_handle(c, &call, now, ret);
        return;
    case PCCS_ACTION_CERTIFICATE:
        certificate_handle(c, &call, now, ret);
        return;
    case PCCS_ACTION_REGISTER:
        register_handle(c, request, now, ret);
        return;
    case PCCS_ACTION_PUT_COLLATERAL:
        put_handle(c, request, now, ret);
        return;
    case PCCS_ACTION_REFRESH:
        refresh_handle(c, now, ret);
        return;
    case PCCS_ACTION_LIST_PLATFORMS:
        pccs_manage_platforms(c->store, &call, now, ret);
        return;
    case PCCS_ACTION_GET_POLICY:
        pccs_manage_policy(c->store, &call, ret);
        return;
    case PCCS_ACTION_PUT_POLICY:
        pccs_manage_put_policy(c->store, request->body, now, ret);
        return;
    case PCCS_ACTION_NONE:
        break;
    }
    *ret = pccs_answer_text(STATUS_NOT_FOUND, "no such call\n");
}

/* -- refreshing -- */

enum { ITEMS_MAX = 4096 };

struct due_list {
    struct pccs_item items[ITEMS_MAX];
    size_t count;
    int64_t now;
    bool all;
};

static bool is_due(const struct pccs_state *s, int64_t now)
{
    int64_t life = s->expires - s->issued, pause = PCCS_RETRY_FIRST_S;

    if (s->expires - now > life / 3)
        return false;
    for (int64_t i = 1; i < s->failures && pause < PCCS_RETRY_LAST_S; i++)
        pause *= 2;
    return s->failed == 0 || now - s->failed >= MIN(pause, (int64_t)PCCS_RETRY_LAST_S);
}

static int due_take(void *userdata, const struct pccs_state *state, struct err *err)
{
    struct due_list *list = userdata;

    (void)err;
    if (list->count < ITEMS_MAX && (list->all || is_due(state, list->now)))
        list->items[list->count++] = state->item;
    return 0;
}

static void item_refresh(struct pccs_core *c, const struct pccs_item *item, int64_t now,
                         struct pccs_refreshed *ret)
{
    struct err err = {0}, ignored = {0};
    int r = pccs_catalog_lease(c->store, item, c->settings->replica, now, now + PCCS_LEASE_S, &err);

    if (r == 0) {
        ret->leased++;
        return;
    }
    if (r > 0)
        r = item_fetch(c, item, now, &err);
    if (r == -ENOENT) /* upstream has dropped it: that is a failure of this item, too */
        (void)!pccs_catalog_fail(c->store, item, err.text, now, &ignored);
    if (r < 0)
        ret->failed++;
    else
        ret->renewed++;
}

int pccs_core_refresh(struct pccs_core *c, int64_t now, bool all, struct pccs_refreshed *ret,
                      struct err *err)
{
    CLEANUP(freep) struct due_list *list = calloc(1, sizeof(*list));
    int r;

    *ret = (struct pccs_refreshed){0};
    if (!list)
        return err_set(err, -ENOMEM, "items to refresh");
    list->now = now;
    list->all = all;
    r = pccs_catalog_list(c->store, due_take, list, err);
    for (size_t i = 0; i < list->count && r == 0; i++)
        item_refresh(c, &list->items[i], now, ret);
    return r;
}
