/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/page_table.h: the EPCM entries of an enclave's pages (SDM 35.19), one 32-bit word a page in
 * the caller's memory; zero means absent. Each change is one compare-and-swap, so any
 * thread and any signal handler may work on it without a lock.
 *
 * The range of an enclave may be much larger than the number of its pages. For each group of 1024
 * pages a byte tells whether one of them was ever present. The words of other groups are neither
 * read nor written, so they take no memory, and a walk skips them.
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
    SGX_PAGE_GROUP = 1024, /* pages of a group; their words fill one page of memory */
};

struct sgx_page_table {
    _Atomic uint32_t *words; /* count words, borrowed from the caller; zero at first */
    _Atomic uint8_t *groups; /* one byte for each SGX_PAGE_GROUP words, borrowed; zero at first */
    uint64_t base;           /* linear address of page 0 */
    uint64_t count;          /* pages */
};

/** sgx_page_table_group_count() - the number of groups in a table of @count pages */
static inline uint64_t sgx_page_table_group_count(uint64_t count)
{
    return (count + SGX_PAGE_GROUP - 1) / SGX_PAGE_GROUP;
}

/** sgx_page_table_init() - @words, @groups: zero, enough for @count pages, and borrowed for the
 * life of the table */
void sgx_page_table_init(struct sgx_page_table *t, _Atomic uint32_t *words, _Atomic uint8_t *groups,
                         uint64_t base, uint64_t count);

/** sgx_page_table_contains() - is [@address, @address + @size) in the range of the enclave */
bool sgx_page_table_contains(const struct sgx_page_table *t, uint64_t address, uint64_t size);

/** sgx_page_table_load() - the page at @address; an absent page outside the range */
struct sgx_page sgx_page_table_load(const struct sgx_page_table *t, uint64_t address);

/**
 * sgx_page_table_next() - skip absent pages
 * Return: the address of a page at or after @address, or @end, with no present page before it. It
 * may be absent itself.
 */
uint64_t sgx_page_table_next(const struct sgx_page_table *t, uint64_t address, uint64_t end);

/**
 * sgx_page_table_swap() - replace @from by @to in one step
 * Return: false when the page is not @from any more, or @address is outside the range.
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
 * Return: true for a valid page of type REG that is neither pending nor modified and has all
 * permissions of @need.
 */
bool sgx_page_table_access(const struct sgx_page_table *t, uint64_t address, uint8_t need);

#endif
