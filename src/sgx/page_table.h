/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/page_table.h: the EPCM entries of an enclave's pages (SDM 35.19), one 32-bit word a page in
 * the caller's memory; zero means absent. Each change is one compare-and-swap, so any
 * thread and any signal handler may work on it without a lock.
 *
 * An enclave's range may be much larger than its pages are many. A byte tells of each group of 1024
 * pages whether one of them was ever there: words of other groups are neither read nor written, so
 * memory that is made when it is touched stays unmade, and a walk skips them.
 */
#ifndef COFFER_SGX_PAGE_TABLE_H
#define COFFER_SGX_PAGE_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "sgx/secinfo.h"

/** struct sgx_page - the decoded word; all zero is an absent page */
struct sgx_page {
    bool valid;
    uint8_t permissions; /* EPCM.R, W, X as SGX_SECINFO_* */
    uint8_t state;       /* SGX_SECINFO_PENDING, _MODIFIED, _PR */
    uint8_t type;        /* enum sgx_page_type */
    uint8_t max;         /* the loader's SECINFO: the kernel's cap for mmap and mprotect */
    uint8_t user;        /* free for the owner of the table (e.g. resident, paged out) */
};

enum {
    SGX_PAGE_GROUP = 1024, /* pages; their words fill a page */
};

struct sgx_page_table {
    _Atomic uint32_t *words; /* count words, borrowed from the caller, zero at the start */
    _Atomic uint8_t *groups; /* a byte each SGX_PAGE_GROUP words, likewise */
    uint64_t base;           /* linear address of page 0 */
    uint64_t count;          /* pages */
};

/** sgx_page_table_group_count() - of a table of @count pages */
static inline uint64_t sgx_page_table_group_count(uint64_t count)
{
    return (count + SGX_PAGE_GROUP - 1) / SGX_PAGE_GROUP;
}

/** sgx_page_table_init() - @words, @groups: zero, as many as @count pages have, and they outlive
 * the table */
void sgx_page_table_init(struct sgx_page_table *t, _Atomic uint32_t *words, _Atomic uint8_t *groups,
                         uint64_t base, uint64_t count);

/** sgx_page_table_contains() - is [@address, @address + @size) inside the enclave's range */
bool sgx_page_table_contains(const struct sgx_page_table *t, uint64_t address, uint64_t size);

/** sgx_page_table_load() - the page that holds @address; an absent page outside the range */
struct sgx_page sgx_page_table_load(const struct sgx_page_table *t, uint64_t address);

/**
 * sgx_page_table_next() - the first address from @address on, a page's or @end, before which no
 * page is present; pages from it on may be absent too
 */
uint64_t sgx_page_table_next(const struct sgx_page_table *t, uint64_t address, uint64_t end);

/**
 * sgx_page_table_swap() - replace @from by @to in one step
 * Return: false when the page is no longer as @from says, or @address is outside the range.
 */
bool sgx_page_table_swap(struct sgx_page_table *t, uint64_t address, struct sgx_page from,
                         struct sgx_page to);

/**
 * sgx_page_table_cap() - the intersection of max over the present pages of a range
 * @address, @size: bytes; any part outside the enclave is ignored
 * Return: SGX_SECINFO_RWX when no page is present: absent pages do not restrict.
 */
uint8_t sgx_page_table_cap(const struct sgx_page_table *t, uint64_t address, uint64_t size);

/**
 * sgx_page_table_access() - may software inside the enclave access a page
 * @need: SGX_SECINFO_R, _W, _X
 * Return: true for a valid page of type REG that is neither pending nor modified and whose
 * permissions hold all of @need.
 */
bool sgx_page_table_access(const struct sgx_page_table *t, uint64_t address, uint8_t need);

#endif
