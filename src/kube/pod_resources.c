/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kubelet answers List with every pod of the node, its containers, and the IDs of all their
 * devices: with one device a MiB that is some megabytes, of which we want one row for each
 * container and resource. So the message is walked in place and the IDs are counted, not kept.
 *
 * Protobuf fields may come in any order, and a row needs the names of its pod and container. Each
 * level therefore reads its message twice: once for the names, once for the messages in it.
 *
 * With NUMA nodes the kubelet gives one ContainerDevices for each node, so the rows of a container
 * and resource are joined. Rows of one container are neighbours, which is why row_find() only looks
 * back as far as the container's first row.
 */
#include "kube/pod_resources.h"

#include <errno.h>

#include "codec/protobuf.h"
#include "kube/device_id.h"
#include "kube/device_id.h"

enum {
    ROWS_FIRST = 16, /* rows that the table begins with; it doubles */
};

/* Field numbers of api.proto, by message. */
enum {
    RESPONSE_POD = 1,
    POD_NAME = 1,
    POD_NAMESPACE = 2,
    POD_CONTAINER = 3,
    CONTAINER_NAME = 1,
    CONTAINER_DEVICES = 2,
    DEVICES_RESOURCE = 1,
    DEVICES_ID = 2,
    ALLOCATABLE_DEVICES = 1,
};

/** struct walk - where in the answer we are */
struct walk {
    const char *const *resources;
    uint32_t resource_count;
    struct pod_resources found;
    struct pod_resources_row row; /* the names of the pod and container that is being read */
    struct pod_resources_allocatable allocatable[POD_RESOURCES_NAMES_MAX];
};

typedef int (*message_fn)(struct walk *w, struct span message, struct err *err);

void pod_resources_done(struct pod_resources *p)
{
    free(p->rows);
    *p = (struct pod_resources){0};
}

static int malformed(struct err *err)
{
    return err_set(err, -EBADMSG, "the kubelet's list of pod resources is malformed");
}

/* Copies a name; false when it is too long or holds a NUL. */
static bool name_copy(struct span from, char *to, size_t size)
{
    if (from.len >= size)
        return false;
    if (from.len)
        memcpy(to, from.data, from.len);
    to[from.len] = 0;
    return strlen(to) == from.len;
}

/* Reads the string in field @number; "" when there is none. */
static int name_read(struct span message, uint32_t number, char *to, size_t size, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field f;

    to[0] = 0;
    while (protobuf_next(&r, &f))
        if (f.number == number && !name_copy(f.bytes, to, size))
            return malformed(err);
    return r.failed ? malformed(err) : 0;
}

/* Reads every message in field @number. */
static int messages_read(struct walk *w, struct span message, uint32_t number, message_fn read,
                         struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field f;
    int status = 0;

    while (status == 0 && protobuf_next(&r, &f))
        if (f.number == number && f.type == PROTOBUF_BYTES)
            status = read(w, f.bytes, err);
    return status == 0 && r.failed ? malformed(err) : status;
}

/* The row of the current container and resource, or NULL. */
static struct pod_resources_row *row_find(const struct walk *w)
{
    for (uint32_t i = w->found.count; i > 0; i--) {
        struct pod_resources_row *row = &w->found.rows[i - 1];

        if (strcmp(row->container, w->row.container) != 0 || strcmp(row->pod, w->row.pod) != 0 ||
            strcmp(row->namespace_name, w->row.namespace_name) != 0)
            return NULL;
        if (row->resource == w->row.resource)
            return row;
    }
    return NULL;
}

static int row_append(struct pod_resources *f, const struct pod_resources_row *row, struct err *err)
{
    if (f->count == POD_RESOURCES_ROWS_MAX)
        return err_set(err, -E2BIG, "more than %d containers hold devices", POD_RESOURCES_ROWS_MAX);
    if (f->count == f->room) {
        uint32_t room = f->room ? f->room * 2 : ROWS_FIRST;
        void *rows = reallocarray(f->rows, room, sizeof(*f->rows));

        if (!rows)
            return err_set(err, -ENOMEM, "no memory for %u rows of pod resources", room);
        f->rows = rows;
        f->room = room;
    }
    f->rows[f->count++] = *row;
    return 0;
}

static int row_add(struct walk *w, struct err *err)
{
    struct pod_resources_row *row = row_find(w);

    if (!row)
        return row_append(&w->found, &w->row, err);
    row->count += w->row.count;
    row->lowest = MIN(row->lowest, w->row.lowest);
    return 0;
}

/* The index of @name in the names that were asked for, or their count. */
static uint32_t resource_find(const struct walk *w, struct span name)
{
    uint32_t i = 0;

    while (i < w->resource_count && !span_equal_str(name, w->resources[i]))
        i++;
    return i;
}

static int devices_read(struct walk *w, struct span message, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field f;
    struct span name = span_of(NULL, 0);
    uint32_t count = 0, lowest = UINT32_MAX, index;

    while (protobuf_next(&r, &f)) {
        if (f.number == DEVICES_RESOURCE)
            name = f.bytes;
        if (f.number != DEVICES_ID || f.type != PROTOBUF_BYTES)
            continue;
        count++;
        if (device_id_parse(f.bytes, &index))
            lowest = MIN(lowest, index);
    }
    if (r.failed)
        return malformed(err);
    w->row.resource = resource_find(w, name);
    w->row.count = count;
    w->row.lowest = lowest;
    return w->row.resource < w->resource_count && count > 0 ? row_add(w, err) : 0;
}

static int container_read(struct walk *w, struct span message, struct err *err)
{
    int r = name_read(message, CONTAINER_NAME, w->row.container, sizeof(w->row.container), err);

    return r < 0 ? r : messages_read(w, message, CONTAINER_DEVICES, devices_read, err);
}

static int pod_read(struct walk *w, struct span message, struct err *err)
{
    struct pod_resources_row *row = &w->row;
    int r = name_read(message, POD_NAME, row->pod, sizeof(row->pod), err);

    if (r == 0)
        r = name_read(message, POD_NAMESPACE, row->namespace_name, sizeof(row->namespace_name),
                      err);
    return r < 0 ? r : messages_read(w, message, POD_CONTAINER, container_read, err);
}

int pod_resources_parse(struct span response, const char *const *resources, uint32_t resource_count,
                        struct pod_resources *into, struct err *err)
{
    struct walk w = {.resources = resources, .resource_count = resource_count};
    int r = messages_read(&w, response, RESPONSE_POD, pod_read, err);

    if (r < 0) {
        pod_resources_done(&w.found);
        return r;
    }
    pod_resources_done(into);
    *into = w.found;
    return 0;
}

static void allocatable_count(struct pod_resources_allocatable *a, struct span id)
{
    uint32_t index;

    a->count++;
    if (device_id_parse(id, &index))
        a->end = MAX(a->end, index + 1);
    else
        a->foreign++;
}

/* The kubelet gives one message for each device, all with the resource's name. */
static int allocatable_read(struct walk *w, struct span message, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field f;
    struct span name = span_of(NULL, 0);
    uint32_t resource;

    while (protobuf_next(&r, &f))
        if (f.number == DEVICES_RESOURCE)
            name = f.bytes;
    if (r.failed)
        return malformed(err);
    resource = resource_find(w, name);
    if (resource == w->resource_count)
        return 0;
    r = protobuf_reader_of(message);
    while (protobuf_next(&r, &f))
        if (f.number == DEVICES_ID && f.type == PROTOBUF_BYTES)
            allocatable_count(&w->allocatable[resource], f.bytes);
    return 0;
}

int pod_resources_allocatable_parse(struct span response, const char *const *resources,
                                    uint32_t resource_count, struct pod_resources_allocatable *ret,
                                    struct err *err)
{
    struct walk w = {
        .resources = resources,
        .resource_count = MIN(resource_count, (uint32_t)POD_RESOURCES_NAMES_MAX),
    };
    int r = messages_read(&w, response, ALLOCATABLE_DEVICES, allocatable_read, err);

    if (r == 0)
        memcpy(ret, w.allocatable, w.resource_count * sizeof(*ret));
    return r;
}
