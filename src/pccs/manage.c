/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of platforms and appraisal policies, which the offline tool and appraisers ask for.
 *
 * A list of registered platforms is given once, as in Intel's PCCS: the tool that reads it fetches
 * their certificates elsewhere and brings them back. Reading and noting are one transaction, so two
 * tools that ask at once do not both get a platform. Rows are written into the answer while they
 * are read, because 10,000 platforms are several megabytes.
 *
 * A policy is kept as text. Its signature is checked by the appraiser that uses it, not here.
 */
#include "pccs/manage.h"

#include <errno.h>

#include "base/macros.h"
#include "base/text.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "net/http/target.h"

enum {
    STATUS_OK = 200,
    STATUS_BAD_REQUEST = 400,
    STATUS_NOT_FOUND = 404,
    STATUS_UNAVAILABLE = 503,
    LIST_SIZE_MAX = 64 * 1024 * 1024, /* 10,000 platforms of about 1 KiB, and manifests */
    SOURCE_SIZE_MAX = 4096,
    FMSPC_DIGITS = 2 * PCCS_FMSPC_SIZE,
};

/* -- platforms -- */

struct platform_list {
    struct json_writer writer;
    struct span families; /* "[]", or "[00606A000000,...]" in upper case; empty: any */
    unsigned count;
};

static bool is_wanted(const struct platform_list *list, struct span fmspc)
{
    struct span rest = list->families;

    if (rest.len <= 2) /* nothing, or "[]" */
        return true;
    for (; rest.len >= fmspc.len && fmspc.len > 0; rest = span_from(rest, 1))
        if (span_starts_with(rest, fmspc))
            return true;
    return false;
}

static int platform_write(void *userdata, const struct store_value *columns, unsigned count,
                          struct err *err)
{
    static const char *const names[] = {"qe_id",   "pce_id",   "cpu_svn",
                                        "pce_svn", "enc_ppid", "platform_manifest"};
    struct platform_list *list = userdata;

    (void)count;
    (void)err;
    if (!is_wanted(list, columns[ARRAY_COUNT(names)].bytes))
        return 0;
    json_writer_object_begin(&list->writer);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        json_writer_key(&list->writer, names[i]);
        json_writer_string_span(&list->writer, columns[i].bytes);
    }
    json_writer_object_end(&list->writer);
    list->count++;
    return 0;
}

/* A platform without a raw TCB has one row, with empty SVNs. */
#define PLATFORM_COLUMNS                                                                           \
    "SELECT p.qe_id, p.pce_id, COALESCE(t.cpu_svn, ''), COALESCE(t.pce_svn, ''), p.enc_ppid,"      \
    " p.manifest, p.fmspc FROM pccs_platform p LEFT JOIN pccs_tcb t"                               \
    " ON t.qe_id = p.qe_id AND t.pce_id = p.pce_id"

static int cached_list(struct store *s, struct platform_list *list, struct err *err)
{
    const struct store_query query = {
        .sql = PLATFORM_COLUMNS " WHERE p.fmspc <> '' ORDER BY p.qe_id, p.pce_id, t.cpu_svn",
        .on_row = platform_write,
        .userdata = list,
    };

    return store_run(s, &query, err);
}

struct registered {
    struct platform_list *list;
    int64_t now;
};

/* Giving and noting are one transaction: two tools that ask at once get each platform once. */
static int registered_body(struct store *s, void *userdata, struct err *err)
{
    const struct registered *g = userdata;
    const struct store_value values[] = {store_integer(g->now)};
    const struct store_query note = {
        .sql = "UPDATE pccs_platform SET handed_out = $1 WHERE fmspc = '' AND handed_out = 0",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };
    const struct store_query query = {
        .sql = PLATFORM_COLUMNS
        " WHERE p.fmspc = '' AND p.handed_out = 0 ORDER BY p.qe_id, p.pce_id, t.cpu_svn",
        .on_row = platform_write,
        .userdata = g->list,
    };
    int r = store_run(s, &query, err);

    return r < 0 ? r : store_run(s, &note, err);
}

void pccs_manage_platforms(struct store *s, const struct pccs_call *call, int64_t now,
                           struct pccs_answer *ret)
{
    CLEANUP(buf_done) struct buf source = buf_init(SOURCE_SIZE_MAX);
    struct pccs_answer a = pccs_answer_text(STATUS_OK, "%s", "");
    struct platform_list list;
    struct err err = {0};
    int r;

    buf_done(&a.body);
    a.body = buf_init(LIST_SIZE_MAX);
    a.content_type = "application/json; charset=utf-8";
    list = (struct platform_list){.writer = json_writer_of(&a.body, false)};
    if (!http_target_decode(call->source, &source)) {
        pccs_answer_done(&a);
        *ret = pccs_answer_text(STATUS_BAD_REQUEST, "parameter source is malformed\n");
        return;
    }
    json_writer_array_begin(&list.writer);
    if (span_equal_str(buf_span(&source), "reg")) {
        struct registered g = {.list = &list, .now = now};

        r = store_transaction(s, registered_body, &g, &err);
    } else {
        list.families = buf_span(&source);
        r = cached_list(s, &list, &err);
    }
    json_writer_array_end(&list.writer);
    if (r == 0 && buf_status(&a.body) < 0)
        r = err_set(&err, buf_status(&a.body), "the list exceeds %d bytes", LIST_SIZE_MAX);
    if (r < 0) {
        pccs_answer_done(&a);
        *ret = pccs_answer_text(STATUS_UNAVAILABLE, "%s\n", err.text);
        return;
    }
    buf_printf(&a.fields, "platform-count: %u\r\n", list.count);
    *ret = a;
}

/* -- policies -- */

static int policy_take(void *userdata, const struct store_value *columns, unsigned count,
                       struct err *err)
{
    struct buf *out = userdata;

    (void)count;
    (void)err;
    buf_put(out, columns[0].bytes);
    return 0;
}

void pccs_manage_policy(struct store *s, const struct pccs_call *call, struct pccs_answer *ret)
{
    struct pccs_answer a = pccs_answer_text(STATUS_OK, "%s", "");
    const struct store_value values[] = {store_text(span_str(call->fmspc))};
    const struct store_query query = {
        .sql = "SELECT policy FROM pccs_policy WHERE fmspc = $1 AND is_default = 1",
        .values = values,
        .value_count = ARRAY_COUNT(values),
        .on_row = policy_take,
        .userdata = &a.body,
    };
    struct err err = {0};

    a.body.max = PCCS_POLICY_SIZE_MAX;
    if (store_run(s, &query, &err) == 0 && a.body.len > 0) {
        *ret = a;
        return;
    }
    pccs_answer_done(&a);
    *ret = err.code < 0 ? pccs_answer_text(STATUS_UNAVAILABLE, "%s\n", err.text)
                        : pccs_answer_text(STATUS_NOT_FOUND, "No cache data for this platform.");
}

struct policy {
    struct buf text;
    struct span fmspc;
    bool is_default;
};

static int policy_parse(struct span body, struct policy *p, struct err *err)
{
    struct json_reader r = json_reader_of(body);
    struct span key;
    int code;

    json_enter_object(&r);
    while (json_next_member(&r, &key))
        if (span_equal_str(key, "policy"))
            (void)json_text_decoded(&r, &p->text);
        else if (span_equal_str(key, "fmspc"))
            p->fmspc = json_text(&r);
        else if (span_equal_str(key, "is_default"))
            p->is_default = json_flag(&r);
        else
            (void)json_skip(&r);
    code = json_reader_done(&r, err);
    if (code < 0)
        return code;
    if (buf_status(&p->text) < 0 || p->text.len == 0)
        return err_set(err, -EINVAL, "member policy has no text or more than %d bytes",
                       PCCS_POLICY_SIZE_MAX);
    if (p->fmspc.len != FMSPC_DIGITS || !text_is_hex(p->fmspc))
        return err_set(err, -EINVAL, "member fmspc has %zu characters, expected %d digits",
                       p->fmspc.len, FMSPC_DIGITS);
    return 0;
}

static int policy_store(struct store *s, const struct policy *p, int64_t now, struct err *err)
{
    const struct store_value values[] = {
        store_text(p->fmspc),
        store_text(buf_span(&p->text)),
        store_integer(p->is_default),
        store_integer(now),
    };
    const struct store_query query = {
        .sql = "INSERT INTO pccs_policy (fmspc, policy, is_default, stored)"
               " VALUES (UPPER($1), $2, $3, $4) ON CONFLICT (fmspc) DO UPDATE SET"
               " policy = excluded.policy, is_default = excluded.is_default,"
               " stored = excluded.stored",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

void pccs_manage_put_policy(struct store *s, struct span body, int64_t now, struct pccs_answer *ret)
{
    struct policy p = {.text = buf_init(PCCS_POLICY_SIZE_MAX)};
    struct err err = {0};
    int r = policy_parse(body, &p, &err);

    if (r < 0) {
        *ret = pccs_answer_text(STATUS_BAD_REQUEST, "Invalid request parameters: %s\n", err.text);
    } else {
        r = policy_store(s, &p, now, &err);
        *ret = r < 0 ? pccs_answer_text(STATUS_UNAVAILABLE, "%s\n", err.text)
                     : pccs_answer_text(STATUS_OK, "Operation successful.");
    }
    buf_done(&p.text);
}
