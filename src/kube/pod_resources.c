/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/pod_resources.h"

#include <errno.h>

#include "codec/protobuf.h"

struct walk {
    const char *const *resources;
    uint32_t resource_count;
    struct pod_resources found;
    struct pod_resources_row row; /* names of where we are */
};

void pod_resources_done(struct pod_resources *p)
{
    free(p->rows);
    *p = (struct pod_resources){0};
}

static int malformed(struct err *err)
{
    return err_set(err, -EBADMSG, "malformed pod resources");
}

static bool name_copy(struct span from, char *to, size_t size)
{
    if (from.len >= size)
        return false;
    if (from.len)
        memcpy(to, from.data, from.len);
    to[from.len] = 0;
    return strlen(to) == from.len;
}

static int row_add(struct walk *w, struct err *err)
{
    struct pod_resources *f = &w->found;

    for (uint32_t i = f->count; i > 0; i--) { /* kubelet gives a row a NUMA node: join them */
        struct pod_resources_row *last = &f->rows[i - 1];

        if (strcmp(last->container, w->row.container) != 0 || strcmp(last->pod, w->row.pod) != 0 ||
            strcmp(last->namespace_name, w->row.namespace_name) != 0)
            break;
        if (last->resource == w->row.resource) {
            last->count += w->row.count;
            return 0;
        }
    }
    if (f->count == POD_RESOURCES_ROWS_MAX)
        return err_set(err, -E2BIG, "more than %d containers", POD_RESOURCES_ROWS_MAX);
    if (f->count == f->room) {
        uint32_t room = f->room ? f->room * 2 : 16;
        void *rows = reallocarray(f->rows, room, sizeof(*f->rows));

        if (!rows)
            return err_set(err, -ENOMEM, "pod resources");
        f->rows = rows;
        f->room = room;
    }
    f->rows[f->count++] = w->row;
    return 0;
}

/* ContainerDevices: resource_name = 1, device_ids = 2 */
static int devices_read(struct walk *w, struct span message, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field f;
    struct span name = span_of(NULL, 0);
    uint32_t count = 0;

    while (protobuf_next(&r, &f)) {
        if (f.number == 1)
            name = f.bytes;
        count += f.number == 2 && f.type == PROTOBUF_BYTES;
    }
    if (r.failed)
        return malformed(err);
    for (uint32_t i = 0; i < w->resource_count; i++) {
        if (!span_equal_str(name, w->resources[i]) || count == 0)
            continue;
        w->row.resource = i;
        w->row.count = count;
        return row_add(w, err);
    }
    return 0;
}

/* The names must be known before the rows are made, whatever the order on the wire. */
static int names_then(struct walk *w, struct span message, uint32_t name_number, char *name,
                      size_t name_size, uint32_t child_number,
                      int (*child)(struct walk *, struct span, struct err *), struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field f;
    int status = 0;

    name[0] = 0;
    while (protobuf_next(&r, &f))
        if (f.number == name_number && !name_copy(f.bytes, name, name_size))
            return malformed(err);
    if (r.failed)
        return malformed(err);
    r = protobuf_reader_of(message);
    while (status == 0 && protobuf_next(&r, &f))
        if (f.number == child_number && f.type == PROTOBUF_BYTES)
            status = child(w, f.bytes, err);
    return status;
}

/* ContainerResources: name = 1, devices = 2 */
static int container_read(struct walk *w, struct span message, struct err *err)
{
    return names_then(w, message, 1, w->row.container, sizeof(w->row.container), 2, devices_read,
                      err);
}

/* PodResources: name = 1, namespace = 2, containers = 3 */
static int pod_containers_read(struct walk *w, struct span message, struct err *err)
{
    return names_then(w, message, 2, w->row.namespace_name, sizeof(w->row.namespace_name), 3,
                      container_read, err);
}

static int pod_read(struct walk *w, struct span message, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field f;

    w->row.pod[0] = 0;
    while (protobuf_next(&r, &f))
        if (f.number == 1 && !name_copy(f.bytes, w->row.pod, sizeof(w->row.pod)))
            return malformed(err);
    return r.failed ? malformed(err) : pod_containers_read(w, message, err);
}

int pod_resources_parse(struct span response, const char *const *resources, uint32_t resource_count,
                        struct pod_resources *into, struct err *err)
{
    struct walk w = {.resources = resources, .resource_count = resource_count};
    struct protobuf_reader r = protobuf_reader_of(response);
    struct protobuf_field f;
    int status = 0;

    while (status == 0 && protobuf_next(&r, &f))
        if (f.number == 1 && f.type == PROTOBUF_BYTES)
            status = pod_read(&w, f.bytes, err);
    if (status == 0 && r.failed)
        status = malformed(err);
    if (status < 0) {
        pod_resources_done(&w.found);
        return status;
    }
    pod_resources_done(into);
    *into = w.found;
    return 0;
}
