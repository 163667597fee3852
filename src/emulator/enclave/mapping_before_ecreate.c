/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/enclave/mapping_before_ecreate.h"

#include <stddef.h>

bool mapping_before_add(struct mappings_before *t, uint64_t base, uint64_t size, int prot)
{
    for (size_t i = 0; i < MAPPING_BEFORE_MAX && size; i++) {
        if (t->mappings[i].size)
            continue;
        t->mappings[i] = (struct mapping_before){.base = base, .size = size, .prot = prot};
        return true;
    }
    return size == 0;
}

bool mapping_before_cut(struct mappings_before *t, uint64_t address, uint64_t size)
{
    struct mappings_before after = *t;

    for (size_t i = 0; i < MAPPING_BEFORE_MAX; i++) {
        struct mapping_before m = t->mappings[i];
        uint64_t end = m.base + m.size;

        if (!ranges_overlap(m.base, m.size, address, size))
            continue;
        after.mappings[i].size = 0;
        if (address > m.base && !mapping_before_add(&after, m.base, address - m.base, m.prot))
            return false;
        if (address + size < end &&
            !mapping_before_add(&after, address + size, end - address - size, m.prot))
            return false;
    }
    *t = after;
    return true;
}

bool mapping_before_protect(struct mappings_before *t, uint64_t address, uint64_t size, int prot)
{
    struct mappings_before after = *t;

    for (size_t i = 0; i < MAPPING_BEFORE_MAX; i++) {
        struct mapping_before m = t->mappings[i];
        uint64_t first = m.base > address ? m.base : address;
        uint64_t end = m.base + m.size < address + size ? m.base + m.size : address + size;

        if (!ranges_overlap(m.base, m.size, address, size) || m.prot == prot)
            continue;
        if (!mapping_before_cut(&after, first, end - first) ||
            !mapping_before_add(&after, first, end - first, prot))
            return false;
    }
    *t = after;
    return true;
}

const struct mapping_before *mapping_before_find(const struct mappings_before *t, uint64_t address,
                                                 uint64_t size)
{
    for (size_t i = 0; i < MAPPING_BEFORE_MAX; i++)
        if (ranges_overlap(t->mappings[i].base, t->mappings[i].size, address, size))
            return &t->mappings[i];
    return NULL;
}

bool mapping_before_is_empty(const struct mappings_before *t)
{
    for (size_t i = 0; i < MAPPING_BEFORE_MAX; i++)
        if (t->mappings[i].size)
            return false;
    return true;
}
