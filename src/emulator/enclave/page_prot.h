/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/page_prot.h: the rights with which the program has mapped each page of an
 * enclave, one byte per page: PROT_* bits and PAGE_PROT_MAPPED, 0 where nothing is mapped. The time
 * and memory that a run of pages costs depend on its groups of 1024 pages, not on its pages.
 *
 * The caller of a function that changes it holds the mapping lock. It may be read at any time
 * without the lock, also in a signal handler.
 */
#ifndef COFFER_EMULATOR_ENCLAVE_PAGE_PROT_H
#define COFFER_EMULATOR_ENCLAVE_PAGE_PROT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PAGE_PROT_MAPPED = 0x80,
};

/** struct page_prot - zero: no pages */
struct page_prot {
    _Atomic uint8_t *groups; /* the byte of all pages of a group, or a mark that they differ */
    _Atomic uint8_t *pages;  /* used where the pages of a group differ */
    uint64_t count;          /* pages */
    uint64_t mapped_count;   /* of them with PAGE_PROT_MAPPED */
};

/** page_prot_init() - @count pages, none mapped. Return: 0; -ENOMEM. */
int page_prot_init(struct page_prot *p, uint64_t count);

/** page_prot_done() - free; also after a failed init */
void page_prot_done(struct page_prot *p);

/** page_prot_get() - of page @index, which is below count */
uint8_t page_prot_get(const struct page_prot *p, uint64_t index);

static inline bool page_prot_is_mapped(const struct page_prot *p, uint64_t index)
{
    return page_prot_get(p, index) & PAGE_PROT_MAPPED;
}

/** page_prot_set() - pages [@first, @end) */
void page_prot_set(struct page_prot *p, uint64_t first, uint64_t end, uint8_t value);

/** page_prot_run() - the first page after @index, at most @end, whose byte may differ from that of
 *  @index. Inside a group whose pages differ that is the next page. */
uint64_t page_prot_run(const struct page_prot *p, uint64_t index, uint64_t end);

#endif
