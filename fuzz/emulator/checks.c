/* SPDX-License-Identifier: Apache-2.0 */
#include "checks.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/enclave/enclave.h"
#include "machine.h"

enum {
    AHEAD_MAX = 32,    /* pages that src/emulator/enclave/epc_client.c may hold in advance */
    EDGE_PAGES = 1024, /* of a large enclave, pages at each end; no program reaches the others */
};

/* src/emulator/enclave/mapping.c: the file offset of memory that shows no page */
#define OFFSET_OUTSIDE (UINT64_C(1) << 40)

/** struct area - a line of /proc/self/maps */
struct area {
    uint64_t start, end, offset, inode;
    char rights[4];
    const char *name; /* and the rest of the line; valid until the next one */
};

void checks_errno(long result, const int *allowed)
{
    int error = errno;

    if (result != -1)
        return;
    while (*allowed && *allowed != error)
        allowed++;
    if (!*allowed)
        fprintf(stderr, "errno %d, which Linux does not give here\n", error);
    assert(*allowed == error);
}

static struct sgx_page page_of(const struct enclave *e, uint64_t index)
{
    return sgx_page_table_load(&e->shared->pages, e->base + index * SGX_PAGE_SIZE);
}

/* The next page after @index that is checked. */
static uint64_t page_next(uint64_t index, uint64_t count)
{
    return index + 1 == EDGE_PAGES && count > 2 * EDGE_PAGES ? count - EDGE_PAGES : index + 1;
}

static uint64_t pages_of(const struct enclave *e)
{
    uint64_t count = e->size >> SGX_PAGE_SHIFT, found = 0;

    for (uint64_t i = 0; i < count; i = page_next(i, count)) {
        struct sgx_page page = page_of(e, i);

        found += page.valid;
        assert(page.valid || (!page.permissions && !page.state && !page.type && !page.max));
    }
    return found;
}

void checks_books(void)
{
    uint64_t sum = 0, charged;

    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e)) {
        uint64_t expected = e->size ? 1 + pages_of(e) : 0;

        assert(e->charged == expected);
        assert((e->size == 0) == (e->shared->state == ENCLAVE_OPENED));
        assert(e->shared->busy == 0);
        sum += expected;
    }
    if (machine_charged(&charged))
        assert(charged >= sum && charged <= sum + AHEAD_MAX);
}

/* "start-end rights offset device inode   name" */
static bool area_next(FILE *maps, struct area *ret)
{
    static char line[512];
    char *p;

    if (!fgets(line, sizeof(line), maps))
        return false;
    ret->start = strtoull(line, &p, 16);
    ret->end = strtoull(p + 1, &p, 16);
    memcpy(ret->rights, p + 1, 4);
    ret->offset = strtoull(p + 6, &p, 16);
    ret->inode = strtoull(p + 1 + strcspn(p + 1, " "), &p, 10);
    ret->name = p;
    return true;
}

static bool is_enclave(const struct area *a)
{
    return strstr(a->name, "memfd:sgx_enclave") != NULL;
}

static int rights_of(const struct area *a)
{
    return (a->rights[0] == 'r' ? 1 : 0) | (a->rights[1] == 'w' ? 2 : 0) |
           (a->rights[2] == 'x' ? 4 : 0);
}

static struct enclave *owner_of(const struct area *a)
{
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e))
        if (e->identity.inode == a->inode)
            return e;
    return NULL;
}

/* The rule, written independently of the emulator. */
static int rights_expected(const struct enclave *e, uint64_t index)
{
    struct sgx_page page = page_of(e, index);
    bool changing = page.state & (SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED);

    if (!page_prot_is_mapped(&e->mapped, index) || !page.valid || changing ||
        page.type != SGX_PT_REG)
        return 0;
    return page_prot_get(&e->mapped, index) & page.permissions & page.max;
}

/* Memory that shows no page: outside the range, or moved from there by mremap(). */
static void nothing_check(const struct enclave *e, const struct area *a)
{
    for (uint64_t at = a->start; at < a->end; at += SGX_PAGE_SIZE)
        assert(at - e->base >= e->size ||
               !page_prot_is_mapped(&e->mapped, enclave_page_index(e, at)));
}

/* Return: the pages of @a that are the enclave's */
static uint64_t area_check(const struct enclave *e, const struct area *a)
{
    uint64_t count = (a->end - a->start) >> SGX_PAGE_SHIFT;
    uint64_t first = enclave_page_index(e, a->start);

    if (a->offset >= OFFSET_OUTSIDE) {
        nothing_check(e, a);
        return 0;
    }
    assert(a->start >= e->base && a->end <= e->base + e->size);
    assert(a->offset == a->start - e->base);
    for (uint64_t i = first; i < first + count; i++) {
        assert(page_prot_is_mapped(&e->mapped, i));
        assert(rights_of(a) == rights_expected(e, i));
    }
    return count;
}

void checks_rights(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    uint64_t mapped[ENCLAVE_MAX] = {0};
    struct area a;

    assert(maps);
    while (area_next(maps, &a)) {
        struct enclave *e = is_enclave(&a) ? owner_of(&a) : NULL;

        if (is_enclave(&a) && (!e || e->size == 0))
            assert(a.offset >= OFFSET_OUTSIDE);
        else if (e && a.start != (uint64_t)e->backing)
            mapped[enclave_slot(e)] += area_check(e, &a);
    }
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e))
        assert(e->mapped.mapped_count == mapped[enclave_slot(e)]);
    fclose(maps);
}

static unsigned descriptors_count(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    unsigned count = 0;

    assert(folder);
    while ((entry = readdir(folder)))
        count += entry->d_name[0] != '.' && atoi(entry->d_name) != machine_ledger_fd();
    closedir(folder);
    return count;
}

struct holdings checks_holdings(void)
{
    struct holdings h = {.descriptors = descriptors_count()};
    FILE *maps = fopen("/proc/self/maps", "re");
    struct area a;

    assert(maps);
    while (area_next(maps, &a)) {
        assert(!is_enclave(&a));
        h.shared += strstr(a.name, "/dev/zero") != NULL;
    }
    fclose(maps);
    assert(!enclave_next(NULL));
    return h;
}
