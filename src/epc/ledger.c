/* SPDX-License-Identifier: Apache-2.0 */
#include "epc/ledger.h"

#include <string.h>

struct epc_holder {
    struct epc_holder *next;
    struct epc_ledger_group group;
    uint64_t limit;
    uint64_t charged;
};

static void holder_unlink(struct epc_ledger *l, struct epc_holder *h)
{
    struct epc_holder **at = &l->holders;

    while (*at != h)
        at = &(*at)->next;
    *at = h->next;
}

static void holder_push(struct epc_ledger *l, struct epc_holder *h)
{
    h->next = l->holders;
    l->holders = h;
}

struct epc_holder *epc_ledger_join(struct epc_ledger *l, const struct epc_ledger_group *group,
                                   uint64_t limit, uint64_t held)
{
    struct epc_holder *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    h->group = *group;
    h->limit = limit;
    h->charged = MIN(held, EPC_HOLDER_PAGES_MAX);
    l->charged += h->charged;
    holder_push(l, h);
    return h;
}

static bool group_is(const struct epc_holder *h, const struct epc_ledger_group *group)
{
    return h->group.is_container == group->is_container &&
           memcmp(h->group.name, group->name, EPC_GROUP_SIZE) == 0;
}

static uint64_t group_charged(const struct epc_ledger *l, const struct epc_ledger_group *group)
{
    uint64_t sum = 0;

    for (const struct epc_holder *h = l->holders; h; h = h->next)
        if (group_is(h, group))
            sum += h->charged;
    return sum;
}

static uint64_t room_below(uint64_t ceiling, uint64_t used)
{
    return used < ceiling ? ceiling - used : 0;
}

uint64_t epc_ledger_room(const struct epc_ledger *l, const struct epc_ledger_group *group,
                         uint64_t limit)
{
    return room_below(limit, group->name[0] ? group_charged(l, group) : 0);
}

uint64_t epc_ledger_charge(struct epc_ledger *l, struct epc_holder *h, uint64_t pages)
{
    uint64_t granted = MIN(pages, EPC_HOLDER_PAGES_MAX - h->charged);

    if (h->limit)
        granted = MIN(granted, h->group.name[0] ? epc_ledger_room(l, &h->group, h->limit)
                                                : room_below(h->limit, h->charged));
    if (l->overcommit == EPC_REFUSE)
        granted = MIN(granted, room_below(l->capacity, l->charged));
    h->charged += granted;
    l->charged += granted;
    if (granted && l->holders != h) {
        holder_unlink(l, h);
        holder_push(l, h);
    }
    return granted;
}

void epc_ledger_return(struct epc_ledger *l, struct epc_holder *h, uint64_t pages)
{
    pages = MIN(pages, h->charged);
    h->charged -= pages;
    l->charged -= pages;
}

void epc_ledger_leave(struct epc_ledger *l, struct epc_holder *h)
{
    if (!h)
        return;
    epc_ledger_return(l, h, h->charged);
    holder_unlink(l, h);
    free(h);
}

uint64_t epc_ledger_charged(const struct epc_holder *h)
{
    return h->charged;
}

uint64_t epc_ledger_resident(const struct epc_ledger *l, const struct epc_holder *h)
{
    uint64_t newer = 0;

    for (const struct epc_holder *other = l->holders; other != h; other = other->next)
        newer += other->charged;
    return MIN(h->charged, room_below(l->capacity, newer));
}
