/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/page_table.h"

/* The word of a page, in bits from bit 0: valid 1, permissions 3, state 3, spare 1, type 8, max 3,
 * spare 5, user 8. */
enum {
    PERMISSIONS_SHIFT = 1,
    STATE_SHIFT = 1, /* SECINFO's PENDING is bit 3 already */
    TYPE_SHIFT = 8,
    MAX_SHIFT = 16,
    USER_SHIFT = 24,
};
#define STATE_BITS ((uint32_t)(SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED | SGX_SECINFO_PR))
#define RWX_BITS   ((uint32_t)SGX_SECINFO_RWX)

static uint32_t page_pack(struct sgx_page p)
{
    return (uint32_t)p.valid | (p.permissions & RWX_BITS) << PERMISSIONS_SHIFT |
           (p.state & STATE_BITS) << STATE_SHIFT | (uint32_t)p.type << TYPE_SHIFT |
           (p.max & RWX_BITS) << MAX_SHIFT | (uint32_t)p.user << USER_SHIFT;
}

static struct sgx_page page_unpack(uint32_t word)
{
    return (struct sgx_page){
        .valid = word & 1,
        .permissions = (uint8_t)(word >> PERMISSIONS_SHIFT & RWX_BITS),
        .state = (uint8_t)(word >> STATE_SHIFT & STATE_BITS),
        .type = (uint8_t)(word >> TYPE_SHIFT),
        .max = (uint8_t)(word >> MAX_SHIFT & RWX_BITS),
        .user = (uint8_t)(word >> USER_SHIFT),
    };
}

void sgx_page_table_init(struct sgx_page_table *t, _Atomic uint32_t *words, _Atomic uint8_t *groups,
                         uint64_t base, uint64_t count)
{
    t->words = words;
    t->groups = groups;
    t->base = base;
    t->count = count;
}

bool sgx_page_table_contains(const struct sgx_page_table *t, uint64_t address, uint64_t size)
{
    uint64_t range = t->count << SGX_PAGE_SHIFT;
    uint64_t offset = address - t->base;

    return offset < range && size <= range - offset;
}

static bool group_is_used(const struct sgx_page_table *t, uint64_t index)
{
    return atomic_load_explicit(&t->groups[index / SGX_PAGE_GROUP], memory_order_acquire);
}

struct sgx_page sgx_page_table_load(const struct sgx_page_table *t, uint64_t address)
{
    uint64_t index = (address - t->base) >> SGX_PAGE_SHIFT;

    if (index >= t->count || !group_is_used(t, index))
        return page_unpack(0);
    return page_unpack(atomic_load(&t->words[index]));
}

uint64_t sgx_page_table_next(const struct sgx_page_table *t, uint64_t address, uint64_t end)
{
    uint64_t index = (address - t->base) >> SGX_PAGE_SHIFT;

    if (address >= end || index >= t->count)
        return end;
    if (group_is_used(t, index))
        return address;
    do
        index = (index / SGX_PAGE_GROUP + 1) * SGX_PAGE_GROUP;
    while (index < t->count && !group_is_used(t, index));
    if (index >= t->count || (index << SGX_PAGE_SHIFT) >= end - t->base)
        return end;
    return t->base + (index << SGX_PAGE_SHIFT);
}

bool sgx_page_table_swap(struct sgx_page_table *t, uint64_t address, struct sgx_page from,
                         struct sgx_page to)
{
    uint64_t index = (address - t->base) >> SGX_PAGE_SHIFT;
    uint32_t expected = page_pack(from);

    if (index >= t->count)
        return false;
    if (!group_is_used(t, index)) {
        if (from.valid)
            return false;
        atomic_store(&t->groups[index / SGX_PAGE_GROUP], 1); /* set before the word can be found */
    }
    return atomic_compare_exchange_strong(&t->words[index], &expected, page_pack(to));
}

uint8_t sgx_page_table_cap(const struct sgx_page_table *t, uint64_t address, uint64_t size)
{
    uint64_t end = address + size;
    uint64_t range_end = t->base + (t->count << SGX_PAGE_SHIFT);
    uint8_t cap = (uint8_t)SGX_SECINFO_RWX;

    if (end < address || end > range_end)
        end = range_end;
    if (address < t->base)
        address = t->base;
    while ((address = sgx_page_table_next(t, address, end)) < end) {
        struct sgx_page page = sgx_page_table_load(t, address);

        if (page.valid)
            cap &= page.max;
        address += SGX_PAGE_SIZE;
    }
    return cap;
}

bool sgx_page_table_access(const struct sgx_page_table *t, uint64_t address, uint8_t need)
{
    struct sgx_page page = sgx_page_table_load(t, address);
    const uint8_t closed = (uint8_t)(SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED);

    return page.valid && page.type == SGX_PT_REG && !(page.state & closed) &&
           (page.permissions & need) == need;
}
