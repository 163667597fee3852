/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/enclave/page_prot.h"

#include <stdatomic.h>

#include "emulator/sys.h"

enum {
    GROUP_SHIFT = 10, /* pages of a group, log2 */
    GROUP_PAGES = 1 << GROUP_SHIFT,
    DIFFERENT = 0x40, /* the byte of a group with pages that differ */
};

static uint64_t group_count(uint64_t pages)
{
    return (pages + GROUP_PAGES - 1) >> GROUP_SHIFT;
}

int page_prot_init(struct page_prot *p, uint64_t count)
{
    *p = (struct page_prot){
        .groups = sys_map_memory(group_count(count), MAP_PRIVATE),
        .pages = sys_map_memory(count, MAP_PRIVATE),
        .count = count,
    };
    if (p->groups && p->pages)
        return 0;
    page_prot_done(p);
    return -ENOMEM;
}

void page_prot_done(struct page_prot *p)
{
    if (p->groups)
        (void)sys_munmap((uint64_t)p->groups, group_count(p->count));
    if (p->pages)
        (void)sys_munmap((uint64_t)p->pages, p->count);
    *p = (struct page_prot){0};
}

uint8_t page_prot_get(const struct page_prot *p, uint64_t index)
{
    uint8_t group = atomic_load_explicit(&p->groups[index >> GROUP_SHIFT], memory_order_acquire);

    return group == DIFFERENT ? atomic_load(&p->pages[index]) : group;
}

static uint64_t group_end(const struct page_prot *p, uint64_t index)
{
    uint64_t end = (index | (GROUP_PAGES - 1)) + 1;

    return end < p->count ? end : p->count;
}

/* Give every page the byte of its group, and only then send readers to the pages. */
static void group_split(struct page_prot *p, uint64_t index)
{
    _Atomic uint8_t *group = &p->groups[index >> GROUP_SHIFT];
    uint8_t value = atomic_load(group);

    if (value == DIFFERENT)
        return;
    for (uint64_t i = index & ~(uint64_t)(GROUP_PAGES - 1); i < group_end(p, index); i++)
        atomic_store_explicit(&p->pages[i], value, memory_order_relaxed);
    atomic_store_explicit(group, DIFFERENT, memory_order_release);
}

static uint64_t mapped_among(const struct page_prot *p, uint64_t first, uint64_t end)
{
    uint64_t count = 0;

    if (atomic_load(&p->groups[first >> GROUP_SHIFT]) != DIFFERENT)
        return page_prot_is_mapped(p, first) ? end - first : 0;
    for (uint64_t i = first; i < end; i++)
        count += page_prot_is_mapped(p, i);
    return count;
}

/* [@first, @end) lies in one group. */
static void group_set(struct page_prot *p, uint64_t first, uint64_t end, uint8_t value)
{
    bool whole = first % GROUP_PAGES == 0 && end == group_end(p, first);

    p->mapped_count -= mapped_among(p, first, end);
    p->mapped_count += value & PAGE_PROT_MAPPED ? end - first : 0;
    if (whole) {
        atomic_store(&p->groups[first >> GROUP_SHIFT], value);
        return;
    }
    group_split(p, first);
    for (uint64_t i = first; i < end; i++)
        atomic_store_explicit(&p->pages[i], value, memory_order_relaxed);
}

void page_prot_set(struct page_prot *p, uint64_t first, uint64_t end, uint8_t value)
{
    while (first < end) {
        uint64_t next = group_end(p, first) < end ? group_end(p, first) : end;

        group_set(p, first, next, value);
        first = next;
    }
}

uint64_t page_prot_run(const struct page_prot *p, uint64_t index, uint64_t end)
{
    uint8_t value = atomic_load(&p->groups[index >> GROUP_SHIFT]);

    if (value == DIFFERENT)
        return index + 1;
    do
        index = group_end(p, index);
    while (index < end && atomic_load(&p->groups[index >> GROUP_SHIFT]) == value);
    return index < end ? index : end;
}
