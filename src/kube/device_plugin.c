/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/device_plugin.h"

#include <errno.h>

#include "codec/protobuf.h"

enum {
    SMALL_SIZE_MAX = 64 * 1024, /* bytes of a nested message that we render */
    SET_WORDS = DEVICE_COUNT_MAX / 64,
};

/** struct device_set - one bit a device */
struct device_set {
    uint64_t words[SET_WORDS];
    uint32_t count;
};

static bool set_has(const struct device_set *s, uint32_t index)
{
    return s->words[index / 64] >> index % 64 & 1;
}

static void set_add(struct device_set *s, uint32_t index)
{
    s->words[index / 64] |= (uint64_t)1 << index % 64;
    s->count++;
}

/* Adds one ID of a request. */
static int id_add(struct device_set *s, const struct device_list *list, struct span id,
                  struct err *err)
{
    uint32_t index;

    if (!device_id_parse(id, &index) || index >= list->count)
        return err_set(err, -ENOENT, "unknown device \"%.*s\"", (int)MIN(id.len, (size_t)64),
                       id.len ? (const char *)id.data : "");
    if (set_has(s, index))
        return err_set(err, -EEXIST, "device \"%.*s\" is named twice", (int)id.len,
                       (const char *)id.data);
    set_add(s, index);
    return 0;
}

static int malformed(struct err *err)
{
    return err_set(err, -EBADMSG, "malformed protobuf message");
}

void device_plugin_options_render(struct buf *out)
{
    protobuf_put_varint(out, 2, 1); /* get_preferred_allocation_available */
}

void device_plugin_register_render(struct buf *out, const char *endpoint, const char *resource)
{
    CLEANUP(buf_done) struct buf options = buf_init(SMALL_SIZE_MAX);

    device_plugin_options_render(&options);
    protobuf_put_str(out, 1, "v1beta1");
    protobuf_put_str(out, 2, endpoint);
    protobuf_put_str(out, 3, resource);
    protobuf_put_bytes(out, 4, buf_span(&options));
}

/* ContainerAllocateResponse: envs = 1, mounts = 2, devices = 3 */
static void grant_render(struct buf *out, const struct platform_grant *grant)
{
    for (uint32_t i = 0; i < grant->variable_count; i++)
        protobuf_put_pair(out, 1, grant->variables[i].name, grant->variables[i].value);
    for (uint32_t i = 0; i < grant->mount_count; i++) {
        CLEANUP(buf_done) struct buf mount = buf_init(SMALL_SIZE_MAX);

        protobuf_put_str(&mount, 1, grant->mounts[i].container);
        protobuf_put_str(&mount, 2, grant->mounts[i].host);
        if (grant->mounts[i].is_read_only)
            protobuf_put_varint(&mount, 3, 1);
        protobuf_put_bytes(out, 2, buf_span(&mount));
    }
    for (uint32_t i = 0; i < grant->device_count; i++) {
        CLEANUP(buf_done) struct buf device = buf_init(SMALL_SIZE_MAX);

        protobuf_put_str(&device, 1, grant->devices[i].container);
        protobuf_put_str(&device, 2, grant->devices[i].host);
        protobuf_put_str(&device, 3, grant->devices[i].permissions);
        protobuf_put_bytes(out, 3, buf_span(&device));
    }
}

void device_plugin_grant_render(struct buf *out, const struct platform_grant *grant)
{
    CLEANUP(buf_done) struct buf container = buf_init(SMALL_SIZE_MAX);

    grant_render(&container, grant);
    protobuf_put_bytes(out, 1, buf_span(&container));
}

/* All IDs in field @number of one container's request. */
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

typedef int (*container_fn)(void *userdata, struct span container, struct err *err);

/* Both requests are repeated messages in field 1. */
static int containers_walk(struct span request, container_fn visit, void *userdata, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(request);
    struct protobuf_field f;
    unsigned count = 0;
    int status;

    while (protobuf_next(&r, &f)) {
        if (f.number != 1 || f.type != PROTOBUF_BYTES)
            continue;
        if (++count > DEVICE_PLUGIN_CONTAINERS_MAX)
            return err_set(err, -E2BIG, "more than %d containers", DEVICE_PLUGIN_CONTAINERS_MAX);
        status = visit(userdata, f.bytes, err);
        if (status < 0)
            return status;
    }
    return r.failed ? malformed(err) : 0;
}

struct allocation {
    const struct device_list *list;
    struct device_set *set; /* of all containers: a device has one owner */
    int (*granted)(void *userdata, uint32_t count, struct err *err);
    void *userdata;
};

static int container_allocate(void *userdata, struct span container, struct err *err)
{
    struct allocation *a = userdata;
    uint32_t before = a->set->count;
    int r = ids_read(container, 1, a->list, a->set, err);

    return r < 0 ? r : a->granted(a->userdata, a->set->count - before, err);
}

int device_plugin_allocate(struct span request, const struct device_list *list,
                           int (*granted)(void *userdata, uint32_t count, struct err *err),
                           void *userdata, struct err *err)
{
    CLEANUP(freep) struct device_set *set = calloc(1, sizeof(*set));
    struct allocation a = {list, set, granted, userdata};

    if (!set)
        return err_set(err, -ENOMEM, "device set");
    return containers_walk(request, container_allocate, &a, err);
}

/* GetPreferredAllocation */

struct preference {
    const struct device_list *list;
    struct device_set *available;
    struct device_set *chosen;
    struct buf *out;
};

static uint32_t range_free(const struct preference *p, const struct device_range *range)
{
    uint32_t count = 0;

    for (uint32_t i = range->first; i < range->first + range->count; i++)
        count += set_has(p->available, i) && !set_has(p->chosen, i);
    return count;
}

static uint32_t range_chosen(const struct preference *p, const struct device_range *range)
{
    uint32_t count = 0;

    for (uint32_t i = range->first; i < range->first + range->count; i++)
        count += set_has(p->chosen, i);
    return count;
}

/* Whether a range with @free devices is a better place for @wanted more than one with @best. */
static bool is_better(uint32_t free, uint32_t best, uint32_t wanted)
{
    if (free >= wanted && best >= wanted)
        return free < best;
    return free > best;
}

static const struct device_range *range_choose(const struct preference *p, uint32_t wanted)
{
    const struct device_range *best = NULL;
    uint32_t best_free = 0, best_chosen = 0;

    for (uint32_t i = 0; i < p->list->range_count; i++) {
        const struct device_range *range = &p->list->ranges[i];
        uint32_t free = range_free(p, range), chosen = range_chosen(p, range);

        if (free == 0)
            continue;
        if (!best || chosen > best_chosen ||
            (chosen == best_chosen && is_better(free, best_free, wanted))) {
            best = range;
            best_free = free;
            best_chosen = chosen;
        }
    }
    return best;
}

static void range_take(struct preference *p, const struct device_range *range, uint32_t wanted)
{
    for (uint32_t i = range->first; i < range->first + range->count && wanted > 0; i++) {
        if (!set_has(p->available, i) || set_has(p->chosen, i))
            continue;
        set_add(p->chosen, i);
        wanted--;
    }
}

/* ContainerPreferredAllocationResponse.deviceIDs = 1, inside container_responses = 1 */
static void chosen_render(const struct preference *p)
{
    uint8_t *entry;
    CLEANUP(buf_done) struct buf ids = buf_init(DEVICE_LIST_SIZE_MAX);

    for (uint32_t i = 0; i < p->list->count; i++) {
        if (!set_has(p->chosen, i))
            continue;
        entry = buf_reserve(&ids, 2 + DEVICE_ID_SIZE);
        if (!entry)
            break;
        entry[0] = 1 << 3 | 2;
        entry[1] = DEVICE_ID_SIZE;
        device_id_render(i, (char *)entry + 2);
        ids.len += 2 + DEVICE_ID_SIZE;
    }
    if (buf_status(&ids) < 0 && !p->out->status)
        p->out->status = buf_status(&ids);
    protobuf_put_bytes(p->out, 1, buf_span(&ids));
}

static int size_read(struct span container, uint32_t *ret, struct err *err)
{
    struct protobuf_reader r = protobuf_reader_of(container);
    struct protobuf_field f;
    uint64_t size = 0;

    while (protobuf_next(&r, &f))
        if (f.number == 3 && f.type == PROTOBUF_VARINT)
            size = f.value;
    if (r.failed)
        return malformed(err);
    if (size > DEVICE_COUNT_MAX)
        return err_set(err, -EINVAL, "allocation of %llu devices", (unsigned long long)size);
    *ret = (uint32_t)size;
    return 0;
}

static int container_prefer(void *userdata, struct span container, struct err *err)
{
    struct preference *p = userdata;
    uint32_t size = 0;
    int r = size_read(container, &size, err);

    memset(p->available, 0, sizeof(*p->available));
    memset(p->chosen, 0, sizeof(*p->chosen));
    if (r == 0)
        r = ids_read(container, 1, p->list, p->available, err);
    if (r == 0)
        r = ids_read(container, 2, p->list, p->chosen, err);
    if (r < 0)
        return r;
    while (p->chosen->count < size) {
        const struct device_range *range = range_choose(p, size - p->chosen->count);

        if (!range)
            return err_set(err, -EINVAL, "%u devices are asked for and %u are available", size,
                           p->chosen->count);
        range_take(p, range, size - p->chosen->count);
    }
    chosen_render(p);
    return 0;
}

int device_plugin_preferred(struct span request, const struct device_list *list, struct buf *out,
                            struct err *err)
{
    CLEANUP(freep) struct device_set *available = calloc(1, sizeof(*available));
    CLEANUP(freep) struct device_set *chosen = calloc(1, sizeof(*chosen));
    struct preference p = {list, available, chosen, out};
    int r;

    if (!available || !chosen)
        return err_set(err, -ENOMEM, "device sets");
    r = containers_walk(request, container_prefer, &p, err);
    if (r == 0 && buf_status(out) < 0)
        r = err_set(err, buf_status(out), "answer too large");
    return r;
}
