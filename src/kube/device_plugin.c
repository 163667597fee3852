/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device plugin API is protobuf over gRPC, and its requests name every device by an ID. A
 * container that asks for 128 GiB of EPC is a request with 131,072 IDs, so the usual way, one
 * object for each ID, would cost more memory than the whole agent has. Here a request is walked
 * once, in place: each ID becomes an index by arithmetic (device_id.h) and a bit in a set of fixed
 * size (device_set.h). The set finds IDs that occur twice, and its count is all that Allocate needs
 * to know, since the devices of one resource do not differ.
 *
 * Both requests are a list of containers, and both answers are a list of the same length in the
 * same order. Kubelets of today send one container at a time; the API allows more, so we take up to
 * DEVICE_PLUGIN_CONTAINERS_MAX. A device belongs to one container, so all containers of an
 * AllocateRequest share one set, while each container of a PreferredAllocationRequest has its own.
 */
#include "kube/device_plugin.h"

#include <errno.h>

#include "codec/protobuf.h"
#include "kube/device_choice.h"
#include "kube/device_set.h"

enum {
    SMALL_SIZE_MAX = 64 * 1024, /* bytes of a nested message that we render */
    ID_SHOWN_MAX = 64,          /* characters of a stranger's ID in a message */
};

/* Field numbers of api.proto, by message. */
enum {
    OPTIONS_PREFERRED_AVAILABLE = 2,

    REGISTER_VERSION = 1,
    REGISTER_ENDPOINT = 2,
    REGISTER_RESOURCE = 3,
    REGISTER_OPTIONS = 4,

    REQUEST_CONTAINER = 1,  /* of AllocateRequest and of PreferredAllocationRequest */
    RESPONSE_CONTAINER = 1, /* of AllocateResponse and of PreferredAllocationResponse */

    ALLOCATE_ID = 1,
    ALLOCATED_VARIABLE = 1,
    ALLOCATED_MOUNT = 2,
    ALLOCATED_DEVICE = 3,

    PREFERRED_AVAILABLE_ID = 1,
    PREFERRED_REQUIRED_ID = 2,
    PREFERRED_SIZE = 3,
    PREFERRED_ID = 1,

    MOUNT_CONTAINER_PATH = 1,
    MOUNT_HOST_PATH = 2,
    MOUNT_READ_ONLY = 3,

    DEVICE_CONTAINER_PATH = 1,
    DEVICE_HOST_PATH = 2,
    DEVICE_PERMISSIONS = 3,
};

/* ---- rendering ---- */

void device_plugin_options_render(struct buf *out)
{
    protobuf_put_varint(out, OPTIONS_PREFERRED_AVAILABLE, true);
}

/* Adds a nested message; a failure of making it becomes a failure of @out. */
static void message_put(struct buf *out, uint32_t number, const struct buf *message)
{
    if (buf_status(message) < 0 && !out->status)
        out->status = buf_status(message);
    protobuf_put_bytes(out, number, buf_span(message));
}

void device_plugin_register_render(struct buf *out, const char *endpoint, const char *resource)
{
    CLEANUP(buf_done) struct buf options = buf_init(SMALL_SIZE_MAX);

    device_plugin_options_render(&options);
    protobuf_put_str(out, REGISTER_VERSION, "v1beta1");
    protobuf_put_str(out, REGISTER_ENDPOINT, endpoint);
    protobuf_put_str(out, REGISTER_RESOURCE, resource);
    message_put(out, REGISTER_OPTIONS, &options);
}

void device_plugin_variable_put(struct buf *container, const char *name, const char *value)
{
    protobuf_put_pair(container, ALLOCATED_VARIABLE, name, value);
}

void device_plugin_mount_put(struct buf *container, const char *host, const char *inside,
                             bool is_read_only)
{
    CLEANUP(buf_done) struct buf mount = buf_init(SMALL_SIZE_MAX);

    protobuf_put_str(&mount, MOUNT_CONTAINER_PATH, inside);
    protobuf_put_str(&mount, MOUNT_HOST_PATH, host);
    if (is_read_only)
        protobuf_put_varint(&mount, MOUNT_READ_ONLY, true);
    message_put(container, ALLOCATED_MOUNT, &mount);
}

void device_plugin_device_put(struct buf *container, const char *host, const char *inside,
                              const char *permissions)
{
    CLEANUP(buf_done) struct buf device = buf_init(SMALL_SIZE_MAX);

    protobuf_put_str(&device, DEVICE_CONTAINER_PATH, inside);
    protobuf_put_str(&device, DEVICE_HOST_PATH, host);
    protobuf_put_str(&device, DEVICE_PERMISSIONS, permissions);
    message_put(container, ALLOCATED_DEVICE, &device);
}

void device_plugin_container_put(struct buf *response, struct span container)
{
    protobuf_put_bytes(response, RESPONSE_CONTAINER, container);
}

/* ---- reading IDs and containers ---- */

static int malformed(struct err *err)
{
    return err_set(err, -EBADMSG, "the kubelet's message is not well-formed protobuf");
}

static int id_add(struct device_set *s, const struct device_list *list, struct span id,
                  struct err *err)
{
    int shown = (int)MIN(id.len, (size_t)ID_SHOWN_MAX);
    const char *text = id.len ? (const char *)id.data : "";
    uint32_t index;

    if (!device_id_parse(id, &index) || index >= list->count)
        return err_set(err, -ENOENT, "unknown device \"%.*s\"", shown, text);
    if (device_set_has(s, index))
        return err_set(err, -EEXIST, "device \"%.*s\" is named twice", shown, text);
    device_set_add(s, index);
    return 0;
}

/* Adds all IDs in field @number of one container's request. */
static int ids_read(struct span container, uint32_t number, const struct device_list *list,
                    struct device_set *into, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(container);
    struct protobuf_field f;
    int status;

    while (protobuf_next(&r, &f)) {
        if (f.number != number || f.type != PROTOBUF_BYTES)
            continue;
        status = id_add(into, list, f.bytes, err);
        if (status < 0)
            return status;
    }
    return r.failed ? malformed(err) : 0;
}

/* The lowest index in the IDs of one container, which were read before. */
static uint32_t ids_lowest(struct span container)
{
    struct protobuf_reader r = protobuf_reader_of(container);
    struct protobuf_field f;
    uint32_t lowest = DEVICE_COUNT_MAX, index;

    while (protobuf_next(&r, &f))
        if (f.number == ALLOCATE_ID && f.type == PROTOBUF_BYTES && device_id_parse(f.bytes, &index))
            lowest = MIN(lowest, index);
    return lowest < DEVICE_COUNT_MAX ? lowest : 0;
}

/** struct containers - latching walk over the containers of a request */
struct containers {
    struct protobuf_reader reader;
    uint32_t count; /* containers so far */
};

static bool containers_next(struct containers *c, struct span *ret)
{
    struct protobuf_field f;

    while (protobuf_next(&c->reader, &f)) {
        if (f.number != REQUEST_CONTAINER || f.type != PROTOBUF_BYTES)
            continue;
        c->count++;
        *ret = f.bytes;
        return c->count <= DEVICE_PLUGIN_CONTAINERS_MAX;
    }
    return false;
}

static int containers_status(const struct containers *c, struct err *err)
{
    if (c->count > DEVICE_PLUGIN_CONTAINERS_MAX)
        return err_set(err, -E2BIG, "the request has more than %d containers",
                       DEVICE_PLUGIN_CONTAINERS_MAX);
    return c->reader.failed ? malformed(err) : 0;
}

int device_plugin_allocate_parse(struct span request, const struct device_list *list,
                                 struct device_plugin_allocation *ret, struct err *err)
{
    CLEANUP(freep) struct device_set *set = calloc(1, sizeof(*set));
    struct containers c = {.reader = protobuf_reader_of(request)};
    struct device_plugin_allocation allocation = {0};
    struct span container;
    int r = 0;

    if (!set)
        return err_set(err, -ENOMEM, "no memory for a set of devices");
    while (r == 0 && containers_next(&c, &container)) {
        uint32_t before = set->count;

        r = ids_read(container, ALLOCATE_ID, list, set, err);
        allocation.counts[allocation.container_count] = set->count - before;
        allocation.lowest[allocation.container_count++] = ids_lowest(container);
    }
    if (r == 0)
        r = containers_status(&c, err);
    if (r == 0)
        *ret = allocation;
    return r;
}

/* ---- GetPreferredAllocation ---- */

/** struct preference - what one container's PreferredAllocationRequest says */
struct preference {
    struct device_set available;
    struct device_set chosen; /* the required devices, then all */
    uint32_t size;
};

static int size_read(struct span container, uint32_t *ret, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(container);
    struct protobuf_field f;
    uint64_t size = 0;

    while (protobuf_next(&r, &f))
        if (f.number == PREFERRED_SIZE && f.type == PROTOBUF_VARINT)
            size = f.value;
    if (r.failed)
        return malformed(err);
    if (size > DEVICE_COUNT_MAX)
        return err_set(err, -EINVAL, "%llu devices are asked for; a resource has at most %d",
                       (unsigned long long)size, DEVICE_COUNT_MAX);
    *ret = (uint32_t)size;
    return 0;
}

static int preference_read(struct span container, const struct device_list *list,
                           struct preference *into, struct err *err)
{
    int r;

    memset(into, 0, sizeof(*into));
    r = size_read(container, &into->size, err);
    if (r == 0)
        r = ids_read(container, PREFERRED_AVAILABLE_ID, list, &into->available, err);
    if (r == 0)
        r = ids_read(container, PREFERRED_REQUIRED_ID, list, &into->chosen, err);
    return r;
}

static void chosen_render(const struct device_set *chosen, uint32_t device_count, struct buf *out)
{
    CLEANUP(buf_done) struct buf ids = buf_init(DEVICE_LIST_SIZE_MAX);
    char id[DEVICE_ID_SIZE];

    for (uint32_t i = 0; i < device_count; i++) {
        if (!device_set_has(chosen, i))
            continue;
        device_id_render(i, id);
        protobuf_put_bytes(&ids, PREFERRED_ID, span_of(id, sizeof(id)));
    }
    message_put(out, RESPONSE_CONTAINER, &ids);
}

int device_plugin_preferred(struct span request, const struct device_list *list, struct buf *out,
                            struct err *err)
{
    CLEANUP(freep) struct preference *p = malloc(sizeof(*p));
    struct containers c = {.reader = protobuf_reader_of(request)};
    struct span container;
    int r = 0;

    if (!p)
        return err_set(err, -ENOMEM, "no memory for two sets of devices");
    while (r == 0 && containers_next(&c, &container)) {
        r = preference_read(container, list, p, err);
        if (r == 0)
            r = device_choice_make(list, &p->available, p->size, &p->chosen, err);
        if (r == 0)
            chosen_render(&p->chosen, list->count, out);
    }
    if (r == 0)
        r = containers_status(&c, err);
    if (r == 0 && buf_status(out) < 0)
        r = err_set(err, buf_status(out), "the answer does not fit");
    return r;
}
