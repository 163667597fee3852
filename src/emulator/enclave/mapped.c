/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/enclave/mapped.h"

#include "emulator/sys.h"

enum {
    PROT_BITS = PROT_READ | PROT_WRITE | PROT_EXEC,
};

uint64_t mapped_clip(const struct enclave *e, uint64_t address, uint64_t size, uint64_t *ret_size)
{
    uint64_t first = address > e->base ? address : e->base;
    uint64_t end = address + size < e->base + e->size ? address + size : e->base + e->size;

    *ret_size = end > first ? end - first : 0;
    return first;
}

static void pages_set(struct enclave *e, uint64_t address, uint64_t size, int value)
{
    uint64_t first = enclave_page_index(e, address);

    page_prot_set(&e->mapped, first, first + (size >> SGX_PAGE_SHIFT), (uint8_t)value);
}

void mapped_set(struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    pages_set(e, address, size, (prot & PROT_BITS) | PAGE_PROT_MAPPED);
}

static bool page_is_mapped(const struct enclave *e, uint64_t address)
{
    return page_prot_is_mapped(&e->mapped, enclave_page_index(e, address));
}

bool mapped_may_forget(uint64_t address, uint64_t size)
{
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e)) {
        struct mappings_before after = e->before;

        if (!mapping_before_cut(&after, address, size))
            return false;
    }
    return true;
}

void mapped_forget(uint64_t address, uint64_t size, struct enclave *keep)
{
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e)) {
        uint64_t within, first = mapped_clip(e, address, size, &within);

        if (within)
            pages_set(e, first, within, 0);
        (void)mapping_before_cut(&e->before, address, size);
        if (e != keep)
            enclave_release(e);
    }
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The first page at or after @address that is mapped, or not mapped, as @mapped says; at most @end.
 */
static uint64_t page_find(const struct enclave *e, uint64_t address, uint64_t end, bool mapped)
{
    uint64_t limit = lesser(end, e->base + e->size);

    if (address < e->base)
        address = e->base;
    while (address < limit && page_is_mapped(e, address) != mapped) {
        uint64_t next = page_prot_run(&e->mapped, enclave_page_index(e, address), e->mapped.count);

        address = lesser(e->base + (next << SGX_PAGE_SHIFT), limit);
    }
    return address;
}

/* A range may be terabytes long. Only pages of enclaves are walked. */
uint64_t mapped_run_end(uint64_t address, uint64_t end, struct enclave **ret_enclave)
{
    struct enclave *at = enclave_at(address);

    *ret_enclave = at && page_is_mapped(at, address) ? at : NULL;
    if (*ret_enclave)
        return page_find(at, address, end, false);
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e))
        if (e->mapped.mapped_count && address < e->base + e->size) {
            uint64_t found = page_find(e, address, end, true);

            end = found < e->base + e->size ? lesser(found, end) : end;
        }
    return end;
}

struct enclave *mapped_owner(uint64_t address, int *ret_prot)
{
    struct enclave *at = enclave_at(address);
    const struct mapping_before *m;

    *ret_prot = PROT_NONE;
    if (at && page_is_mapped(at, address)) {
        *ret_prot = page_prot_get(&at->mapped, enclave_page_index(at, address)) & PROT_BITS;
        return at;
    }
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e)) {
        m = mapping_before_find(&e->before, address, 1);
        if (m) {
            *ret_prot = m->prot;
            return e;
        }
    }
    return NULL;
}
