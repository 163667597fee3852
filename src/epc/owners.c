/* SPDX-License-Identifier: Apache-2.0 */
#include "epc/owners.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_SIZE_SHIFT = 12,
    DECIMAL = 10,
};

static bool owner_is_same(const struct epc_owner *a, const struct epc_owner *b)
{
    return memcmp(a->container, b->container, EPC_GROUP_SIZE) == 0 && a->uid == b->uid &&
           a->pid == b->pid;
}

static struct epc_owner *owner_get(struct epc_owners *o, const struct epc_owner *like)
{
    struct epc_owner *owner = o->first;

    while (owner && !owner_is_same(owner, like))
        owner = owner->next;
    if (owner)
        return owner;
    owner = malloc(sizeof(*owner));
    if (!owner)
        return NULL;
    *owner = *like;
    owner->next = o->first;
    o->first = owner;
    return owner;
}

/* The pages in "ANYTHING.BYTES". */
static uint64_t limit_parse(const char *name)
{
    const char *dot = strrchr(name, '.');
    char *end = NULL;
    unsigned long long bytes;

    if (!dot || dot[1] < '0' || dot[1] > '9')
        return 0;
    errno = 0;
    bytes = strtoull(dot + 1, &end, DECIMAL);
    return errno || *end ? 0 : bytes >> PAGE_SIZE_SHIFT;
}

struct epc_owner *epc_owners_container(struct epc_owners *o, const char *name)
{
    struct epc_owner like = {.limit = limit_parse(name)};

    memcpy(like.container, name, strnlen(name, sizeof(like.container)));
    return owner_get(o, &like);
}

struct epc_owner *epc_owners_process(struct epc_owners *o, uid_t uid, pid_t pid)
{
    const struct epc_owner like = {.uid = uid, .pid = pid};

    return owner_get(o, &like);
}

struct epc_owner *epc_owners_largest(const struct epc_owners *o)
{
    struct epc_owner *largest = o->first;

    for (struct epc_owner *owner = o->first; owner; owner = owner->next)
        if (owner->count > largest->count)
            largest = owner;
    return largest;
}

void epc_owners_release(struct epc_owners *o, struct epc_owner *owner)
{
    struct epc_owner **at = &o->first;

    if (owner->count)
        return;
    while (*at != owner)
        at = &(*at)->next;
    *at = owner->next;
    free(owner);
}
