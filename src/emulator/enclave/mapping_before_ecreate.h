/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/mapping_before_ecreate.h: what was mapped of an enclave before ECREATE, while
 * nobody knows yet which of its pages these are. A few mappings are enough for every loader; a
 * change that would make more pieces than there is room for is refused and changes nothing.
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

/** struct mappings_before - zero: none */
struct mappings_before {
    struct mapping_before mappings[MAPPING_BEFORE_MAX];
};

/** mapping_before_add() - Return: false without room; true for size 0 */
bool mapping_before_add(struct mappings_before *t, uint64_t base, uint64_t size, int prot);

/** mapping_before_cut() - take a range out; what is left of a mapping on both sides stays. Return:
 * false without room. */
bool mapping_before_cut(struct mappings_before *t, uint64_t address, uint64_t size);

/** mapping_before_protect() - what is mapped of a range gets @prot. Return: false without room. */
bool mapping_before_protect(struct mappings_before *t, uint64_t address, uint64_t size, int prot);

/** mapping_before_find() - a mapping that has something of the range, or NULL; borrowed until the
 * next change
 */
const struct mapping_before *mapping_before_find(const struct mappings_before *t, uint64_t address,
                                                 uint64_t size);

bool mapping_before_is_empty(const struct mappings_before *t);

/** ranges_overlap() - do two ranges, in bytes, have one in common; no end beyond 2^64 */
static inline bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a_size && b_size && a < b + b_size && b < a + a_size;
}

#endif
