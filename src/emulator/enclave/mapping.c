/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mappings of enclaves.
 *
 * On Linux the SGX driver finds the page for a fault by its address: a mapping of /dev/sgx_enclave
 * shows the pages of the enclave at that address, and no pages outside the enclave's range. Here an
 * enclave's memory is a memfd, where the file offset decides. So each mapping is made in two steps:
 * first mmap() chooses the address as the program asked, with an offset far after the end of the
 * file, where an access is SIGBUS as on Linux; then the part that lies in the enclave's range is
 * mapped again, with the offset that belongs to its address.
 *
 * The program may map before ECREATE, when the range is not known yet; loaders reserve the range
 * so. Those mappings are recorded as ranges (mapping_before_ecreate.h) and get their pages at
 * ECREATE.
 *
 * The rights of a page are those that the program asked for AND those of the page itself. Only the
 * first are recorded here (mapped.h); enclave_protect() makes the kernel enforce both, whenever one
 * of them changes.
 *
 * Every change of a mapping is recorded under the mapping lock after the kernel has made it. What
 * cannot be recorded is refused before: too many pieces of mappings from before ECREATE are
 * -ENOMEM, as too many mappings are in the kernel.
 */
#include "emulator/enclave/mapping.h"

#include <stdatomic.h>

#include "emulator/enclave/mapped.h"
#include "emulator/sys.h"

enum {
    PROT_BITS = PROT_READ | PROT_WRITE | PROT_EXEC,
    MAP_TYPE_BITS = 0x0f,
    PERSONALITY_READ_IMPLIES_EXEC = 0x0400000,
};

/* The file offset of memory that shows no page: after the end of every enclave's file. */
#define OFFSET_OUTSIDE (UINT64_C(1) << 40)

bool mapping_is_near(uint64_t address, uint64_t size)
{
    if (size > UINT64_MAX - address)
        size = UINT64_MAX - address;
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e))
        if (ranges_overlap(address, size, e->base, e->size) ||
            mapping_before_find(&e->before, address, size))
            return true;
    return false;
}

/* -- before ECREATE -- */

static long before_map(struct enclave *e, uint64_t address, uint64_t size, int prot, int flags)
{
    long at = sys_mmap(address, size, PROT_NONE, flags, e->memory_fd, OFFSET_OUTSIDE);

    if (sys_failed(at))
        return at;
    mapped_forget((uint64_t)at, size, e);
    if (mapping_before_add(&e->before, (uint64_t)at, size, prot & PROT_BITS))
        return at;
    (void)sys_munmap((uint64_t)at, size);
    return -ENOMEM;
}

static long pages_place(struct enclave *e, uint64_t address, uint64_t size)
{
    return sys_mmap(address, size, PROT_NONE, MAP_SHARED | MAP_FIXED, e->memory_fd,
                    address - e->base);
}

void mapping_after_ecreate(struct enclave *e)
{
    for (size_t i = 0; i < MAPPING_BEFORE_MAX; i++) {
        struct mapping_before m = e->before.mappings[i];
        uint64_t size, first = mapped_clip(e, m.base, m.size, &size);

        if (m.size == 0 || size == 0 || sys_failed(pages_place(e, first, size)))
            continue;
        mapped_set(e, first, size, m.prot);
    }
    e->before = (struct mappings_before){0};
}

/* -- after ECREATE -- */

static bool is_within(const struct enclave *e, uint64_t address, uint64_t size)
{
    return address >= e->base && size <= e->size && address - e->base <= e->size - size;
}

/* sgx_encl_may_map() of Linux: an initialised enclave is mapped within its range only, and with no
 * more rights than its pages allow. */
static long map_check(const struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    long persona = sys_call3(__NR_personality, 0xffffffff, 0, 0);
    uint64_t within, first = mapped_clip(e, address, size, &within);

    if (persona >= 0 && persona & PERSONALITY_READ_IMPLIES_EXEC)
        return -EACCES;
    if (atomic_load(&e->shared->state) == ENCLAVE_INITIALIZED && !is_within(e, address, size))
        return -EACCES;
    if (within && prot & PROT_BITS & ~sgx_page_table_cap(&e->shared->pages, first, within))
        return -EACCES;
    return 0;
}

/* Map the pages of the enclave into the part of the range that is the enclave's. */
static long range_place(struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    uint64_t within, first = mapped_clip(e, address, size, &within);
    long r = within ? pages_place(e, first, within) : 0;

    if (sys_failed(r)) {
        (void)sys_munmap(address, size);
        return r;
    }
    if (within) {
        mapped_set(e, first, within, prot);
        enclave_protect_locked(e, first, within);
    }
    return (long)address;
}

long mapping_show(struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    long at =
        sys_mmap(address, size, PROT_NONE, MAP_SHARED | MAP_FIXED, e->memory_fd, OFFSET_OUTSIDE);

    if (!sys_failed(at) && e->size)
        return range_place(e, address, size, prot);
    if (!sys_failed(at))
        (void)mapping_before_add(&e->before, address, size, prot);
    return at;
}

static long created_map(struct enclave *e, uint64_t address, uint64_t size, int prot, int flags)
{
    bool is_fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    long at, r = is_fixed ? map_check(e, address, size, prot) : 0;

    if (r < 0)
        return r;
    at = sys_mmap(address, size, PROT_NONE, flags, e->memory_fd, OFFSET_OUTSIDE);
    if (sys_failed(at))
        return at;
    address = (uint64_t)at;
    r = is_fixed ? 0 : map_check(e, address, size, prot);
    if (r < 0) {
        (void)sys_munmap(address, size);
        return r;
    }
    mapped_forget(address, size, e);
    return range_place(e, address, size, prot);
}

static bool is_shared(int flags)
{
    int type = flags & MAP_TYPE_BITS;

    return type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
}

long mapping_map(struct enclave *e, uint64_t address, uint64_t size, int prot, int flags)
{
    uint64_t mask;
    long r;

    if (!is_shared(flags) || size == 0)
        return -EINVAL;
    if (size > UINT64_MAX - SGX_PAGE_SIZE)
        return -ENOMEM;
    size = sgx_page_up(size);
    flags &= ~(MAP_POPULATE | MAP_LOCKED);
    enclave_lock(&mask);
    if (flags & MAP_FIXED && !mapped_may_forget(address, size))
        r = -ENOMEM;
    else
        r = e->size ? created_map(e, address, size, prot, flags)
                    : before_map(e, address, size, prot, flags);
    enclave_unlock(&mask);
    return r;
}

static long run_protect(struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    long r;

    if (!e)
        return sys_mprotect(address, size, prot);
    r = map_check(e, address, size, prot);
    if (r < 0)
        return r;
    mapped_set(e, address, size, prot);
    enclave_protect_locked(e, address, size);
    return 0;
}

/* Before ECREATE no page is mapped yet: record the rights that the program asks for. */
static long before_protect(uint64_t address, uint64_t size, int prot, bool *ret_found)
{
    *ret_found = false;
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e)) {
        if (!mapping_before_find(&e->before, address, size))
            continue;
        *ret_found = true;
        if (!mapping_before_protect(&e->before, address, size, prot & PROT_BITS))
            return -ENOMEM;
    }
    return 0;
}

long mapping_protect(uint64_t address, uint64_t size, int prot)
{
    uint64_t mask, end;
    bool is_before;
    long r;

    if (address % SGX_PAGE_SIZE || prot & ~(PROT_BITS | PROT_SEM))
        return -EINVAL;
    if (size > UINT64_MAX - SGX_PAGE_SIZE || address + sgx_page_up(size) < address)
        return -ENOMEM;
    end = address + sgx_page_up(size);
    enclave_lock(&mask);
    r = before_protect(address, sgx_page_up(size), prot, &is_before);
    while (!is_before && address < end && r == 0) {
        struct enclave *e;
        uint64_t next = mapped_run_end(address, end, &e);

        r = run_protect(e, address, next - address, prot);
        address = next;
    }
    enclave_unlock(&mask);
    return r;
}

long mapping_unmap(uint64_t address, uint64_t size)
{
    uint64_t mask;
    long r;

    enclave_lock(&mask);
    r = mapped_may_forget(address, sgx_page_up(size)) ? sys_munmap(address, size) : -ENOMEM;
    if (r == 0)
        mapped_forget(address, sgx_page_up(size), NULL);
    enclave_unlock(&mask);
    return r;
}

long mapping_replace(uint64_t address, uint64_t size, int prot, int flags, int fd, uint64_t offset)
{
    uint64_t mask;
    long r;

    enclave_lock(&mask);
    r = mapped_may_forget(address, sgx_page_up(size))
            ? sys_mmap(address, size, prot, flags, fd, offset)
            : -ENOMEM;
    if (!sys_failed(r))
        mapped_forget(address, sgx_page_up(size), NULL);
    enclave_unlock(&mask);
    return r;
}
