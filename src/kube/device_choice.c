/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/device_choice.h"

#include <errno.h>

/** struct choice - the arguments of one call */
struct choice {
    const struct device_list *list;
    const struct device_set *available;
    struct device_set *chosen;
};

/** struct candidate - a range and what speaks for it */
struct candidate {
    const struct device_range *range;
    uint32_t free;   /* devices that are available and not chosen yet */
    uint32_t chosen; /* devices that are chosen already */
};

static struct candidate candidate_of(const struct choice *c, const struct device_range *range)
{
    struct candidate result = {.range = range};

    for (uint32_t i = range->first; i < range->first + range->count; i++) {
        bool is_chosen = device_set_has(c->chosen, i);

        result.chosen += is_chosen;
        result.free += !is_chosen && device_set_has(c->available, i);
    }
    return result;
}

/* Whether @a is a better place than @b for @wanted more devices. */
static bool candidate_is_better(const struct candidate *a, const struct candidate *b,
                                uint32_t wanted)
{
    if (!b->range)
        return true;
    if (a->chosen != b->chosen)
        return a->chosen > b->chosen;
    if (a->free >= wanted && b->free >= wanted)
        return a->free < b->free;
    return a->free > b->free;
}

static const struct device_range *range_find(const struct choice *c, uint32_t wanted)
{
    struct candidate best = {0};

    for (uint32_t i = 0; i < c->list->range_count; i++) {
        struct candidate next = candidate_of(c, &c->list->ranges[i]);

        if (next.free > 0 && candidate_is_better(&next, &best, wanted))
            best = next;
    }
    return best.range;
}

static void range_take(struct choice *c, const struct device_range *range, uint32_t wanted)
{
    for (uint32_t i = range->first; i < range->first + range->count && wanted > 0; i++) {
        if (!device_set_has(c->available, i) || device_set_has(c->chosen, i))
            continue;
        device_set_add(c->chosen, i);
        wanted--;
    }
}

int device_choice_make(const struct device_list *list, const struct device_set *available,
                       uint32_t size, struct device_set *chosen, struct err *err)
{
    struct choice c = {.list = list, .available = available, .chosen = chosen};

    while (chosen->count < size) {
        const struct device_range *range = range_find(&c, size - chosen->count);

        if (!range)
            return err_set(err, -EINVAL, "%u devices are asked for and only %u are available", size,
                           chosen->count);
        range_take(&c, range, size - chosen->count);
    }
    return 0;
}
