/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/page_table.h"

/* the word of a page, from bit 0: valid 1, permissions 3, state 3, spare 1, type 8, max 3, spare 5,
 * user 8 */
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

void sgx_page_table_init(struct sgx_page_table *t, _Atomic uint32_t *words, uint64_t base,
                         uint64_t count)
{
    t->words = words;
    t->base = base;
    t->count = count;
}

bool sgx_page_table_contains(const struct sgx_page_table *t, uint64_t address, uint64_t size)
{
    uint64_t range = t->count << SGX_PAGE_SHIFT;
    uint64_t offset = address - t->base;

    return offset < range && size <= range - offset;
}

/** word_at() - the word of the page that holds @address, or NULL outside the range */
static _Atomic uint32_t *word_at(const struct sgx_page_table *t, uint64_t address)
{
    uint64_t index = (address - t->base) >> SGX_PAGE_SHIFT;

    return index < t->count ? &t->words[index] : NULL;
}

struct sgx_page sgx_page_table_load(const struct sgx_page_table *t, uint64_t address)
{
    _Atomic uint32_t *word = word_at(t, address);

    return page_unpack(word ? atomic_load(word) : 0);
}

bool sgx_page_table_swap(struct sgx_page_table *t, uint64_t address, struct sgx_page from,
                         struct sgx_page to)
{
    _Atomic uint32_t *word = word_at(t, address);
    uint32_t expected = page_pack(from);

    return word && atomic_compare_exchange_strong(word, &expected, page_pack(to));
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
    for (; address < end; address += SGX_PAGE_SIZE) {
        struct sgx_page page = sgx_page_table_load(t, address);

        if (page.valid)
            cap &= page.max;
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
