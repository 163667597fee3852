/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `coffer node --status` asks the running agent for its JSON and makes a table of it here. So the
 * table and the JSON cannot say different things, and the agent need not know how wide a terminal
 * is.
 *
 * JSON members come in any order, but the table begins with sums over all of them. Each object is
 * therefore read into a small struct, its line is added to one of three buffers, and the header is
 * written last. Only the sums and the buffers are kept, whatever the number of containers.
 *
 * The lines fit 80 columns. A name that is too long for its column is cut and ends in "~".
 */
#include "node/ledger_table.h"

#include <errno.h>
#include <inttypes.h>

#include "base/size.h"
#include "base/text.h"
#include "codec/json.h"
#include "kube/device_list.h"

enum {
    COLUMN_NAMESPACE = 16,
    COLUMN_POD = 30,
    COLUMN_CONTAINER = 18,
    COLUMN_AMOUNT = 10,
    COLUMNS = 80,
    TEXT_SIZE_MAX = 1 << 20, /* bytes of all rows */
};

/** struct totals - what the header line says; spans borrow from the JSON */
struct totals {
    struct span profile, backend, warning, remedy;
    bool is_ready;
    uint64_t epc, held;
    struct span epc_resource; /* the resource whose devices are MiB of EPC; empty for none */
    bool is_current;
    struct buf resources, rows, committed;
    uint32_t row_count, committed_count;
};

static void cell_put(struct buf *out, struct span text, int width)
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

/** struct resource - one resource that the agent serves; the name borrows from the JSON */
struct resource {
    struct span name;
    bool is_epc, is_healthy, is_connected;
    uint64_t devices, left_out;
};

static struct resource resource_parse(struct json_reader *r)
{
    struct resource resource = {0};
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "name"))
            resource.name = json_text(r);
        else if (span_equal_str(key, "epc"))
            resource.is_epc = json_flag(r);
        else if (span_equal_str(key, "devices"))
            resource.devices = json_unsigned(r, UINT32_MAX);
        else if (span_equal_str(key, "left_out"))
            resource.left_out = json_unsigned(r, UINT32_MAX);
        else if (span_equal_str(key, "healthy"))
            resource.is_healthy = json_flag(r);
        else if (span_equal_str(key, "connected"))
            resource.is_connected = json_flag(r);
        else
            json_skip(r);
    }
    return resource;
}

static void resource_render(const struct resource *resource, struct buf *out)
{
    buf_put_str(out, "  ");
    buf_put(out, resource->name);
    buf_printf(out, "\n      %" PRIu64 " devices, %s, %s", resource->devices,
               resource->is_healthy ? "healthy" : "NOT healthy",
               resource->is_connected ? "the kubelet watches" : "the kubelet does NOT watch");
    if (resource->left_out)
        buf_printf(out, ", %" PRIu64 " left out", resource->left_out);
    buf_put_str(out, "\n");
}

static void resource_read(struct json_reader *r, struct totals *t)
{
    struct resource resource = resource_parse(r);

    if (resource.is_epc)
        t->epc_resource = resource.name;
    resource_render(&resource, &t->resources);
}

/** struct owner - the container of a row; spans borrow from the JSON */
struct owner {
    struct span space, pod, name;
};

/* Reads the member if it names the owner. Return: whether it did. */
static bool owner_read(struct json_reader *r, struct span key, struct owner *owner)
{
    struct span *to = span_equal_str(key, "namespace")   ? &owner->space
                      : span_equal_str(key, "pod")       ? &owner->pod
                      : span_equal_str(key, "container") ? &owner->name
                                                         : NULL;

    if (to)
        *to = json_text(r);
    return to != NULL;
}

static void owner_put(struct buf *out, const struct owner *owner)
{
    cell_put(out, owner->space, COLUMN_NAMESPACE);
    cell_put(out, owner->pod, COLUMN_POD);
    cell_put(out, owner->name, COLUMN_CONTAINER);
}

/** struct holding - devices of one resource that a container holds */
struct holding {
    struct owner owner;
    struct span resource;
    uint64_t devices;
};

static struct holding holding_parse(struct json_reader *r)
{
    struct holding holding = {0};
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (owner_read(r, key, &holding.owner))
            continue;
        if (span_equal_str(key, "resource"))
            holding.resource = json_text(r);
        else if (span_equal_str(key, "devices"))
            holding.devices = json_unsigned(r, UINT32_MAX);
        else
            json_skip(r);
    }
    return holding;
}

/* A resource's name without its domain: "sgx.intel.com/provision" is "provision". */
static struct span name_short(struct span resource)
{
    const uint8_t *slash = resource.len ? memrchr(resource.data, '/', resource.len) : NULL;

    return slash ? span_from(resource, (size_t)(slash - resource.data) + 1) : resource;
}

static void container_read(struct json_reader *r, struct totals *t)
{
    struct holding holding = holding_parse(r);
    char text[SIZE_TEXT_SIZE];

    owner_put(&t->rows, &holding.owner);
    t->row_count++;
    if (t->epc_resource.len && span_equal(holding.resource, t->epc_resource)) {
        uint64_t size = device_list_bytes(holding.devices);

        t->held += size;
        buf_printf(&t->rows, "%*s\n", COLUMN_AMOUNT, size_render(size, text));
    } else {
        struct span name = name_short(holding.resource);

        buf_printf(&t->rows, "%*.*s\n", COLUMN_AMOUNT, (int)MIN(name.len, (size_t)COLUMN_AMOUNT),
                   name.len ? (const char *)name.data : "");
    }
}

/* A container that no log file names is shown by its id. */
static void committed_read(struct json_reader *r, struct totals *t)
{
    struct span key, id = span_of(NULL, 0);
    struct owner owner = {0};
    uint64_t bytes = 0;
    char text[SIZE_TEXT_SIZE];

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (owner_read(r, key, &owner))
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
    owner_put(&t->committed, &owner);
    buf_printf(&t->committed, "%*s\n", COLUMN_AMOUNT, size_render(bytes, text));
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
        else if (span_equal_str(key, "warning"))
            t->warning = json_text(&r);
        else if (span_equal_str(key, "remedy"))
            t->remedy = json_text(&r);
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

/* Adds words after @label, in lines of at most COLUMNS; later lines begin under the first word. */
static void words_put(struct buf *out, const char *label, struct span words)
{
    size_t indent = strlen(label), at = indent;

    buf_put_str(out, label);
    while (words.len) {
        struct span word = text_split(&words, ' ');

        if (at > indent && at + 1 + word.len > COLUMNS) {
            buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            buf_put_u8(out, ' ');
            at++;
        }
        buf_put(out, word);
        at += word.len;
    }
    buf_put_str(out, "\n");
}

static void totals_render(const struct totals *t, struct buf *out)
{
    char all[SIZE_TEXT_SIZE], held[SIZE_TEXT_SIZE], left[SIZE_TEXT_SIZE];

    buf_printf(out, "%.*s platform, profile %.*s: %s\n", (int)t->backend.len,
               (const char *)t->backend.data, (int)t->profile.len, (const char *)t->profile.data,
               t->is_ready ? "ready" : "NOT ready");
    if (t->epc_resource.len && !t->is_current)
        buf_printf(out, "EPC %s; the kubelet's list cannot be read, so what is held is not known\n",
                   size_render(t->epc, all));
    else if (t->epc_resource.len)
        buf_printf(out, "EPC %s: %s held, %s free\n", size_render(t->epc, all),
                   size_render(t->held, held),
                   size_render(t->epc > t->held ? t->epc - t->held : 0, left));
    else
        buf_printf(out, "EPC %s\n", size_render(t->epc, all));
    if (t->warning.len)
        words_put(out, "warning: ", t->warning);
    if (t->remedy.len)
        words_put(out, "     ->  ", t->remedy);
}

static void head_render(struct buf *out, const char *last)
{
    buf_printf(out, "\n%-*s %-*s %-*s %*s\n", COLUMN_NAMESPACE, "NAMESPACE", COLUMN_POD, "POD",
               COLUMN_CONTAINER, "CONTAINER", COLUMN_AMOUNT, last);
}

static void tables_render(const struct totals *t, struct buf *out)
{
    totals_render(t, out);
    buf_put(out, buf_span(&t->resources));
    if (!t->is_current)
        buf_put_str(out, "The rows below may be old.\n");
    if (t->row_count == 0 && t->is_current)
        buf_put_str(out, "\nNo container holds any of these resources.\n");
    else if (t->row_count > 0)
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
        r = err_set(err, -EBADMSG, "the answer is not the status of a Coffer agent");
    else
        tables_render(&t, out);
    buf_done(&t.resources);
    buf_done(&t.rows);
    buf_done(&t.committed);
    return r;
}
