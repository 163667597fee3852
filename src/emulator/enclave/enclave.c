/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of enclaves and their memory.
 *
 * The table is an array, because enclave_at() is called in signal handlers: a handler may read it
 * while another thread opens an enclave. An entry becomes visible with its range (size is written
 * last) and disappears with it (size is cleared first). All changes are made under one lock, the
 * mapping lock.
 *
 * An enclave's memory is a memfd with the size of the enclave, so memory costs nothing before it
 * is used, and the child of a fork shares it. Beside it lie in shared memory the enclave's state
 * and its page table, which the instructions change with atomic operations.
 *
 * The kernel enforces the rights of pages. Whenever a mapping or a page has changed,
 * enclave_protect() gives each run of pages with equal rights to mprotect().
 */
#include "emulator/enclave/enclave.h"

#include <linux/memfd.h>
#include <stdatomic.h>

#include "emulator/cpu/fast.h"
#include "emulator/enclave/epc_client.h"
#include "emulator/cpu/patch.h"
#include "emulator/process/process.h"
#include "emulator/signal/dispositions.h"
#include "emulator/sys.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static struct enclave enclaves[ENCLAVE_MAX];
static _Atomic size_t used; /* slots below this were used at least once */
static _Atomic uint32_t lock;

void enclave_lock(uint64_t *ret_mask)
{
    process_contact();
    signals_block_all(ret_mask);
    while (atomic_exchange_explicit(&lock, 1, memory_order_acquire))
        sys_yield();
}

void enclave_unlock(const uint64_t *mask)
{
    atomic_store_explicit(&lock, 0, memory_order_release);
    signals_restore(mask);
}

void enclave_after_fork(void)
{
    atomic_store(&lock, 0);
}

static int memory_open(void)
{
    long fd = sys_call3(__NR_memfd_create, (long)"sgx_enclave", MFD_CLOEXEC | MFD_EXEC, 0);

    if (fd == -EINVAL)
        fd = sys_call3(__NR_memfd_create, (long)"sgx_enclave", MFD_CLOEXEC, 0);
    return (int)fd;
}

bool enclave_is_file(const struct enclave *e, int fd)
{
    return fd_identity_matches(&e->identity, fd);
}

void enclave_keep_file(struct enclave *e, int fd)
{
    uint64_t mask;

    if (enclave_is_file(e, e->memory_fd) || process_is_borrowed())
        return;
    enclave_lock(&mask);
    if (!enclave_is_file(e, e->memory_fd))
        e->memory_fd = (int)sys_dup_high(fd);
    enclave_unlock(&mask);
}

size_t enclave_slot(const struct enclave *e)
{
    return (size_t)(e - enclaves);
}

static struct enclave *slot_find_free(void)
{
    for (size_t i = 0; i < ENCLAVE_MAX; i++)
        if (!enclaves[i].shared)
            return &enclaves[i];
    return NULL;
}

struct enclave *enclave_open(void)
{
    struct enclave *e = slot_find_free();
    struct enclave_shared *shared;
    int fd;

    if (!e)
        return NULL;
    fd = memory_open();
    if (fd < 0)
        return NULL;
    *e = (struct enclave){.memory_fd = (int)sys_dup_high(fd)};
    (void)sys_close(fd);
    shared = sys_map_memory(sizeof(*shared), MAP_SHARED);
    if (e->memory_fd < 0 || !shared || !fd_identity_read(e->memory_fd, &e->identity)) {
        (void)sys_close(e->memory_fd);
        return NULL;
    }
    e->shared = shared;
    if (enclave_slot(e) >= atomic_load(&used))
        atomic_store(&used, enclave_slot(e) + 1);
    return e;
}

static void memory_unmap(void *at, uint64_t size)
{
    if (at)
        (void)sys_munmap((uint64_t)at, size);
}

static uint8_t *backing_map(int fd, uint64_t size)
{
    long at = -ENOMEM;

    if (sys_call3(__NR_ftruncate, fd, (long)size, 0) == 0)
        at = sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    return sys_failed(at) ? NULL : (uint8_t *)at;
}

/* The page table's words, followed by the bytes of its groups. */
static uint64_t table_size(uint64_t count)
{
    return count * sizeof(uint32_t) + sgx_page_table_group_count(count);
}

int enclave_create(struct enclave *e, const struct sgx_secs *secs)
{
    uint64_t count = secs->size >> SGX_PAGE_SHIFT;
    uint8_t *table = sys_map_memory(table_size(count), MAP_SHARED);
    uint8_t *backing = backing_map(e->memory_fd, secs->size);

    if (!table || !backing || page_prot_init(&e->mapped, count) < 0) {
        memory_unmap(table, table_size(count));
        memory_unmap(backing, secs->size);
        return -ENOMEM;
    }
    sgx_page_table_init(&e->shared->pages, (void *)table,
                        (void *)(table + count * sizeof(uint32_t)), secs->base, count);
    e->shared->secs = *secs;
    e->backing = backing;
    e->base = secs->base;
    atomic_thread_fence(memory_order_release);
    e->size = secs->size;
    return 0;
}

void enclave_release(struct enclave *e)
{
    uint64_t count = e->size >> SGX_PAGE_SHIFT;

    if (e->fd_count > 0 || e->mapped.mapped_count > 0 || !mapping_before_is_empty(&e->before))
        return;
    patch_forget(e->base, e->size);
    fast_forget();
    if (e->size) {
        void *words = e->shared->pages.words;

        e->size = 0;
        (void)sys_munmap((uint64_t)e->backing, count << SGX_PAGE_SHIFT);
        (void)sys_munmap((uint64_t)words, table_size(count));
        page_prot_done(&e->mapped);
    }
    if (enclave_is_file(e, e->memory_fd))
        (void)sys_close(e->memory_fd);
    epc_client_released(e);
    (void)sys_munmap((uint64_t)e->shared, sizeof(*e->shared));
    *e = (struct enclave){0};
}

struct enclave *enclave_at(uint64_t address)
{
    struct enclave *found = NULL;

    for (size_t i = 0; i < atomic_load_explicit(&used, memory_order_acquire); i++) {
        struct enclave *e = &enclaves[i];

        if (address - e->base >= e->size)
            continue;
        if (page_prot_is_mapped(&e->mapped, enclave_page_index(e, address)))
            return e;
        found = found ? found : e;
    }
    return found;
}

struct enclave *enclave_next(const struct enclave *e)
{
    for (size_t i = e ? (size_t)(e - enclaves) + 1 : 0; i < atomic_load(&used); i++)
        if (enclaves[i].shared)
            return &enclaves[i];
    return NULL;
}

/* PROT_* and SGX_SECINFO_* have the same bits: 1 read, 2 write, 4 execute. A mapping from before
 * the page was added may allow more than the page's cap, so the cap is applied here. */
static int page_rights(const struct enclave *e, uint64_t index)
{
    struct sgx_page page =
        sgx_page_table_load(&e->shared->pages, e->base + (index << SGX_PAGE_SHIFT));

    if (!page.valid || page.type != SGX_PT_REG ||
        (page.state & (SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED)))
        return PROT_NONE;
    return page_prot_get(&e->mapped, index) & page.permissions & page.max;
}

/* The end of a run of pages from @index that have the same rights for certain; @index + 1 at least.
 * Where no page is, there are no rights, whatever is mapped. */
static uint64_t rights_run(const struct enclave *e, uint64_t index, uint64_t end)
{
    uint64_t present = sgx_page_table_next(&e->shared->pages, e->base + (index << SGX_PAGE_SHIFT),
                                           e->base + (end << SGX_PAGE_SHIFT));
    uint64_t next = enclave_page_index(e, present), run;

    if (next <= index)
        return index + 1;
    run = page_prot_run(&e->mapped, index, end);
    return run < next ? run : next;
}

void enclave_protect_locked(struct enclave *e, uint64_t address, uint64_t size)
{
    uint64_t index = enclave_page_index(e, address), end = index + (size >> SGX_PAGE_SHIFT);

    while (index < end) {
        uint64_t first = index;
        int rights;

        if (!page_prot_is_mapped(&e->mapped, index)) {
            index = page_prot_run(&e->mapped, index, end);
            continue;
        }
        rights = page_rights(e, index);
        while (index < end && page_prot_is_mapped(&e->mapped, index) &&
               page_rights(e, index) == rights)
            index = rights_run(e, index, end);
        (void)sys_mprotect(e->base + (first << SGX_PAGE_SHIFT), (index - first) << SGX_PAGE_SHIFT,
                           rights);
    }
}

void enclave_protect(struct enclave *e, uint64_t address, uint64_t size)
{
    uint64_t mask;

    enclave_lock(&mask);
    enclave_protect_locked(e, address, size);
    enclave_unlock(&mask);
}
