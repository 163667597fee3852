/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger_table.h"

#include <errno.h>

#include "base/size.h"
#include "codec/json_reader.h"
#include "kube/device_list.h"

enum {
    COLUMN_NAMESPACE = 16,
    COLUMN_POD = 30,
    COLUMN_CONTAINER = 18,
    TEXT_SIZE_MAX = 1 << 20, /* bytes of all rows */
};

/** struct totals - what the header line says; spans borrow from the JSON */
struct totals {
    struct span profile, backend;
    bool is_ready;
    uint64_t epc, held;
    struct span epc_resource; /* the resource whose devices are MiB of EPC; empty for none */
    bool is_current;
    struct buf resources, rows, committed;
    uint32_t row_count, committed_count;
};

static void cell(struct buf *out, struct span text, int width)
{
    int len = (int)MIN(text.len, (size_t)width);

    if ((size_t)len < text.len)
        buf_printf(out, "%.*s~ ", width - 1, (const char *)text.data);
    else
        buf_printf(out, "%-*.*s ", width, len, text.len ? (const char *)text.data : "");
}

static void platform_read(struct json_reader *r, struct totals *t)
{
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "backend"))
            t->backend = json_text(r);
        else if (span_equal_str(key, "epc_bytes"))
            t->epc = json_unsigned(r, INT64_MAX);
        else
            json_skip(r);
    }
}

static void resource_read(struct json_reader *r, struct totals *t)
{
    struct span key, name = span_of(NULL, 0);
    bool is_epc = false, is_healthy = false, is_connected = false;
    uint64_t devices = 0, left_out = 0;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "name"))
            name = json_text(r);
        else if (span_equal_str(key, "epc"))
            is_epc = json_flag(r);
        else if (span_equal_str(key, "devices"))
            devices = json_unsigned(r, UINT32_MAX);
        else if (span_equal_str(key, "left_out"))
            left_out = json_unsigned(r, UINT32_MAX);
        else if (span_equal_str(key, "healthy"))
            is_healthy = json_flag(r);
        else if (span_equal_str(key, "connected"))
            is_connected = json_flag(r);
        else
            json_skip(r);
    }
    if (is_epc)
        t->epc_resource = name;
    buf_printf(&t->resources, "  %.*s\n      %llu devices, %s, %s", (int)name.len,
               name.len ? (const char *)name.data : "", (unsigned long long)devices,
               is_healthy ? "healthy" : "NOT healthy",
               is_connected ? "kubelet watches" : "kubelet does NOT watch");
    if (left_out)
        buf_printf(&t->resources, ", %llu left out", (unsigned long long)left_out);
    buf_put_str(&t->resources, "\n");
}

/** struct owner - who a row is about; spans borrow from the JSON */
struct owner {
    struct span space, pod, name;
};

/* Reads the member if it names the owner. Return: whether it did. */
static bool owner_member(struct json_reader *r, struct span key, struct owner *owner)
{
    struct span *to = span_equal_str(key, "namespace")   ? &owner->space
                      : span_equal_str(key, "pod")       ? &owner->pod
                      : span_equal_str(key, "container") ? &owner->name
                                                         : NULL;

    if (to)
        *to = json_text(r);
    return to != NULL;
}

static void owner_cells(struct buf *out, const struct owner *owner)
{
    cell(out, owner->space, COLUMN_NAMESPACE);
    cell(out, owner->pod, COLUMN_POD);
    cell(out, owner->name, COLUMN_CONTAINER);
}

static void container_read(struct json_reader *r, struct totals *t)
{
    struct span key, resource = span_of(NULL, 0);
    struct owner owner = {0};
    uint64_t devices = 0;
    char text[SIZE_TEXT_SIZE];

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (owner_member(r, key, &owner))
            continue;
        if (span_equal_str(key, "resource"))
            resource = json_text(r);
        else if (span_equal_str(key, "devices"))
            devices = json_unsigned(r, UINT32_MAX);
        else
            json_skip(r);
    }
    owner_cells(&t->rows, &owner);
    t->row_count++;
    if (t->epc_resource.len && span_equal(resource, t->epc_resource)) {
        t->held += device_bytes(devices);
        buf_printf(&t->rows, "%10s\n", size_render(device_bytes(devices), text));
    } else {
        const uint8_t *slash = resource.len ? memrchr(resource.data, '/', resource.len) : NULL;
        size_t skip = slash ? (size_t)(slash - resource.data) + 1 : 0;

        buf_printf(&t->rows, "%10.*s\n", (int)MIN(resource.len - skip, (size_t)10),
                   resource.len ? (const char *)resource.data + skip : "");
    }
}

/* A container that no log names is told by its id. */
static void committed_read(struct json_reader *r, struct totals *t)
{
    struct span key, id = span_of(NULL, 0);
    struct owner owner = {0};
    uint64_t bytes = 0;
    char text[SIZE_TEXT_SIZE];

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (owner_member(r, key, &owner))
            continue;
        if (span_equal_str(key, "container_id"))
            id = json_text(r);
        else if (span_equal_str(key, "bytes"))
            bytes = json_unsigned(r, INT64_MAX);
        else
            json_skip(r);
    }
    if (!owner.pod.len)
        owner.pod = id.len ? id : span_str("(no container)");
    owner_cells(&t->committed, &owner);
    buf_printf(&t->committed, "%10s\n", size_render(bytes, text));
    t->committed_count++;
}

static void ledger_read(struct json_reader *r, struct totals *t)
{
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "current")) {
            t->is_current = json_flag(r);
        } else if (span_equal_str(key, "containers")) {
            json_enter_array(r);
            while (json_next_item(r))
                container_read(r, t);
        } else if (span_equal_str(key, "committed")) {
            json_enter_array(r);
            while (json_next_item(r))
                committed_read(r, t);
        } else {
            json_skip(r);
        }
    }
}

static int status_read(struct span status, struct totals *t, struct err *err)
{
    struct json_reader r = json_reader_of(status);
    struct span key;

    json_enter_object(&r);
    while (json_next_member(&r, &key)) {
        if (span_equal_str(key, "profile"))
            t->profile = json_text(&r);
        else if (span_equal_str(key, "ready"))
            t->is_ready = json_flag(&r);
        else if (span_equal_str(key, "platform"))
            platform_read(&r, t);
        else if (span_equal_str(key, "resources")) {
            json_enter_array(&r);
            while (json_next_item(&r))
                resource_read(&r, t);
        } else if (span_equal_str(key, "ledger"))
            ledger_read(&r, t);
        else
            json_skip(&r);
    }
    return json_reader_done(&r, err);
}

static void totals_render(const struct totals *t, struct buf *out)
{
    char all[SIZE_TEXT_SIZE], held[SIZE_TEXT_SIZE], left[SIZE_TEXT_SIZE];

    buf_printf(out, "%.*s platform, profile %.*s: %s\n", (int)t->backend.len,
               (const char *)t->backend.data, (int)t->profile.len, (const char *)t->profile.data,
               t->is_ready ? "ready" : "NOT ready");
    if (t->epc_resource.len)
        buf_printf(out, "EPC %s: %s held, %s free\n", size_render(t->epc, all),
                   size_render(t->held, held),
                   size_render(t->epc > t->held ? t->epc - t->held : 0, left));
    else
        buf_printf(out, "EPC %s\n", size_render(t->epc, all));
}

static void head_render(struct buf *out, const char *last)
{
    buf_printf(out, "\n%-*s %-*s %-*s %10s\n", COLUMN_NAMESPACE, "NAMESPACE", COLUMN_POD, "POD",
               COLUMN_CONTAINER, "CONTAINER", last);
}

static void tables_render(const struct totals *t, struct buf *out)
{
    totals_render(t, out);
    buf_put(out, buf_span(&t->resources));
    if (!t->is_current)
        buf_put_str(out, "The kubelet's list could not be read: what follows may be old.\n");
    if (t->row_count == 0)
        buf_put_str(out, "\nNo container holds any of it.\n");
    else
        head_render(out, "EPC");
    buf_put(out, buf_span(&t->rows));
    if (t->committed_count > 0)
        head_render(out, "COMMITTED");
    buf_put(out, buf_span(&t->committed));
}

int ledger_table_render(struct span status, struct buf *out, struct err *err)
{
    struct totals t = {
        .resources = buf_init(TEXT_SIZE_MAX),
        .rows = buf_init(TEXT_SIZE_MAX),
        .committed = buf_init(TEXT_SIZE_MAX),
    };
    int r = status_read(status, &t, err);

    if (r < 0 || !t.profile.len || !t.backend.len)
        r = err_set(err, -EBADMSG, "this is not the status of a Coffer agent");
    else
        tables_render(&t, out);
    buf_done(&t.resources);
    buf_done(&t.rows);
    buf_done(&t.committed);
    return r;
}
