/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/enclave/mapping_before_ecreate.h"

#include <stddef.h>

bool early_add(struct early *t, uint64_t base, uint64_t size, int prot)
{
    for (size_t i = 0; i < EARLY_MAX && size; i++) {
        if (t->mappings[i].size)
            continue;
        t->mappings[i] = (struct early_mapping){.base = base, .size = size, .prot = prot};
        return true;
    }
    return size == 0;
}

bool early_cut(struct early *t, uint64_t address, uint64_t size)
{
    struct early after = *t;

    for (size_t i = 0; i < EARLY_MAX; i++) {
        struct early_mapping m = t->mappings[i];
        uint64_t end = m.base + m.size;

        if (!ranges_overlap(m.base, m.size, address, size))
            continue;
        after.mappings[i].size = 0;
        if (address > m.base && !early_add(&after, m.base, address - m.base, m.prot))
            return false;
        if (address + size < end &&
            !early_add(&after, address + size, end - address - size, m.prot))
            return false;
    }
    *t = after;
    return true;
}

bool early_protect(struct early *t, uint64_t address, uint64_t size, int prot)
{
    struct early after = *t;

    for (size_t i = 0; i < EARLY_MAX; i++) {
        struct early_mapping m = t->mappings[i];
        uint64_t first = m.base > address ? m.base : address;
        uint64_t end = m.base + m.size < address + size ? m.base + m.size : address + size;

        if (!ranges_overlap(m.base, m.size, address, size) || m.prot == prot)
            continue;
        if (!early_cut(&after, first, end - first) || !early_add(&after, first, end - first, prot))
            return false;
    }
    *t = after;
    return true;
}

const struct early_mapping *early_find(const struct early *t, uint64_t address, uint64_t size)
{
    for (size_t i = 0; i < EARLY_MAX; i++)
        if (ranges_overlap(t->mappings[i].base, t->mappings[i].size, address, size))
            return &t->mappings[i];
    return NULL;
}

bool early_is_empty(const struct early *t)
{
    for (size_t i = 0; i < EARLY_MAX; i++)
        if (t->mappings[i].size)
            return false;
    return true;
}
