/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/mapping_before_ecreate.h: the mappings of an enclave that were made before
 * ECREATE. The enclave has no range yet, so they are kept as ranges of addresses. Loaders make one
 * or two. A change that would leave more than MAPPING_BEFORE_MAX pieces is refused and changes
 * nothing.
 */
#ifndef COFFER_EMULATOR_ENCLAVE_MAPPING_BEFORE_ECREATE_H
#define COFFER_EMULATOR_ENCLAVE_MAPPING_BEFORE_ECREATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MAPPING_BEFORE_MAX = 8, /* mappings, or pieces of them */
};

struct mapping_before {
    uint64_t base, size; /* bytes; size 0: unused */
    int prot;            /* as the program asked */
};

/** struct mappings_before - all of an enclave; zero: none */
struct mappings_before {
    struct mapping_before mappings[MAPPING_BEFORE_MAX];
};

/** mapping_before_add() - record a mapping. Return: false without room; true, with no effect, for
 * size 0. */
bool mapping_before_add(struct mappings_before *t, uint64_t base, uint64_t size, int prot);

/** mapping_before_cut() - remove a range; the parts of a mapping on either side stay. Return: false
 *  without room. */
bool mapping_before_cut(struct mappings_before *t, uint64_t address, uint64_t size);

/** mapping_before_protect() - set the rights of the mapped parts of a range. Return: false without
 * room. */
bool mapping_before_protect(struct mappings_before *t, uint64_t address, uint64_t size, int prot);

/** mapping_before_find() - a mapping that overlaps the range, or NULL; borrowed until the next
 * change */
const struct mapping_before *mapping_before_find(const struct mappings_before *t, uint64_t address,
                                                 uint64_t size);

/** mapping_before_is_empty() - are there no mappings */
bool mapping_before_is_empty(const struct mappings_before *t);

/** ranges_overlap() - do two ranges have a byte in common? Neither ends beyond 2^64. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a_size && b_size && a < b + b_size && b < a + a_size;
}

#endif
