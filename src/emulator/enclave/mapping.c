/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/enclave/mapping.h"

#include <stdatomic.h>

#include "emulator/sys.h"

enum {
    PROT_BITS = PROT_READ | PROT_WRITE | PROT_EXEC,
    MAP_TYPE_BITS = 0x0f,
    PERSONALITY_READ_IMPLIES_EXEC = 0x0400000,
    REMAP_MAYMOVE = 1,   /* MREMAP_MAYMOVE */
    REMAP_FIXED = 2,     /* MREMAP_FIXED */
    REMAP_DONTUNMAP = 4, /* MREMAP_DONTUNMAP */
};

/* Where pages outside an enclave's range are mapped, and all before ECREATE: behind the end of the
 * file, so that touching them is SIGBUS, as on Linux. */
#define OFFSET_OUTSIDE (UINT64_C(1) << 40)

/* The part of [@address, @address + @size) that lies in the enclave's range. */
static uint64_t clip(const struct enclave *e, uint64_t address, uint64_t size, uint64_t *ret_size)
{
    uint64_t first = address > e->base ? address : e->base;
    uint64_t end = address + size < e->base + e->size ? address + size : e->base + e->size;

    *ret_size = end > first ? end - first : 0;
    return first;
}

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

static void pages_set(struct enclave *e, uint64_t address, uint64_t size, int value)
{
    uint64_t first = enclave_page_index(e, address);

    page_prot_set(&e->mapped, first, first + (size >> SGX_PAGE_SHIFT), (uint8_t)value);
}

/* -- before ECREATE -- */

/* Early mappings are few; too many pieces are too many mappings. */
static bool can_forget(uint64_t address, uint64_t size)
{
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e)) {
        struct mappings_before after = e->before;

        if (!mapping_before_cut(&after, address, size))
            return false;
    }
    return true;
}

static void forget(uint64_t address, uint64_t size)
{
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e)) {
        uint64_t within, first = clip(e, address, size, &within);

        if (within)
            pages_set(e, first, within, 0);
        (void)mapping_before_cut(&e->before, address, size);
        enclave_release(e);
    }
}

/* The same, while @e stays, although this may have been its last mapping. */
static void forget_replaced(struct enclave *e, uint64_t address, uint64_t size)
{
    e->fd_count++;
    forget(address, size);
    e->fd_count--;
}

static long before_map(struct enclave *e, uint64_t address, uint64_t size, int prot, int flags)
{
    long at = sys_mmap(address, size, PROT_NONE, flags, e->memory_fd, OFFSET_OUTSIDE);

    if (sys_failed(at))
        return at;
    forget_replaced(e, (uint64_t)at, size);
    if (mapping_before_add(&e->before, (uint64_t)at, size, prot & PROT_BITS))
        return at;
    (void)sys_munmap((uint64_t)at, size);
    return -ENOMEM;
}

static long place(struct enclave *e, uint64_t address, uint64_t size)
{
    return sys_mmap(address, size, PROT_NONE, MAP_SHARED | MAP_FIXED, e->memory_fd,
                    address - e->base);
}

void mapping_after_ecreate(struct enclave *e)
{
    for (size_t i = 0; i < MAPPING_BEFORE_MAX; i++) {
        struct mapping_before m = e->before.mappings[i];
        uint64_t size, first = clip(e, m.base, m.size, &size);

        if (m.size == 0 || size == 0 || sys_failed(place(e, first, size)))
            continue;
        pages_set(e, first, size, m.prot | PAGE_PROT_MAPPED);
    }
    e->before = (struct mappings_before){0};
}

/* -- after ECREATE -- */

static bool is_within(const struct enclave *e, uint64_t address, uint64_t size)
{
    return address >= e->base && size <= e->size && address - e->base <= e->size - size;
}

/* sgx_encl_may_map() of Linux: the range once initialised, then the caps of the pages there are. */
static long may_map(const struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    long persona = sys_call3(__NR_personality, 0xffffffff, 0, 0);
    uint64_t within, first = clip(e, address, size, &within);

    if (persona >= 0 && persona & PERSONALITY_READ_IMPLIES_EXEC)
        return -EACCES;
    if (atomic_load(&e->shared->state) == ENCLAVE_INITIALIZED && !is_within(e, address, size))
        return -EACCES;
    if (within && prot & PROT_BITS & ~sgx_page_table_cap(&e->shared->pages, first, within))
        return -EACCES;
    return 0;
}

/* What lies in the enclave's range becomes its memory. Return: @address; the kernel's error. */
static long settle(struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    uint64_t within, first = clip(e, address, size, &within);
    long r = within ? place(e, first, within) : 0;

    if (sys_failed(r)) {
        (void)sys_munmap(address, size);
        return r;
    }
    if (within) {
        pages_set(e, first, within, (prot & PROT_BITS) | PAGE_PROT_MAPPED);
        enclave_protect_locked(e, first, within);
    }
    return (long)address;
}

static long created_map(struct enclave *e, uint64_t address, uint64_t size, int prot, int flags)
{
    bool is_fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    long at, r = is_fixed ? may_map(e, address, size, prot) : 0;

    if (r < 0)
        return r;
    at = sys_mmap(address, size, PROT_NONE, flags, e->memory_fd, OFFSET_OUTSIDE);
    if (sys_failed(at))
        return at;
    address = (uint64_t)at;
    r = is_fixed ? 0 : may_map(e, address, size, prot);
    if (r < 0) {
        (void)sys_munmap(address, size);
        return r;
    }
    forget_replaced(e, address, size);
    return settle(e, address, size, prot);
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
    if (flags & MAP_FIXED && !can_forget(address, size))
        r = -ENOMEM;
    else
        r = e->size ? created_map(e, address, size, prot, flags)
                    : before_map(e, address, size, prot, flags);
    enclave_unlock(&mask);
    return r;
}

static bool is_mapped(const struct enclave *e, uint64_t address)
{
    return page_prot_is_mapped(&e->mapped, enclave_page_index(e, address));
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The first page from @address on that @e has mapped, or that it has not; at most @end. */
static uint64_t page_find(const struct enclave *e, uint64_t address, uint64_t end, bool mapped)
{
    uint64_t limit = lesser(end, e->base + e->size);

    if (address < e->base)
        address = e->base;
    while (address < limit && is_mapped(e, address) != mapped) {
        uint64_t next = page_prot_run(&e->mapped, enclave_page_index(e, address), e->mapped.count);

        address = lesser(e->base + (next << SGX_PAGE_SHIFT), limit);
    }
    return address;
}

/* The end of the run from @address that lies wholly in @e's mapped pages, or wholly outside any. A
 * range may be terabytes: it is walked where something is mapped, and not where nothing is. */
static uint64_t run_end(uint64_t address, uint64_t end, struct enclave **ret_enclave)
{
    struct enclave *at = enclave_at(address);

    *ret_enclave = at && is_mapped(at, address) ? at : NULL;
    if (*ret_enclave)
        return page_find(at, address, end, false);
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e))
        if (e->mapped.mapped_count && address < e->base + e->size) {
            uint64_t found = page_find(e, address, end, true);

            end = found < e->base + e->size ? lesser(found, end) : end;
        }
    return end;
}

static long protect_run(struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    long r;

    if (!e)
        return sys_mprotect(address, size, prot);
    r = may_map(e, address, size, prot);
    if (r < 0)
        return r;
    pages_set(e, address, size, (prot & PROT_BITS) | PAGE_PROT_MAPPED);
    enclave_protect_locked(e, address, size);
    return 0;
}

/* Before ECREATE there is no memory behind; only the wish is kept. */
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
        uint64_t next = run_end(address, end, &e);

        r = protect_run(e, address, next - address, prot);
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
    r = can_forget(address, sgx_page_up(size)) ? sys_munmap(address, size) : -ENOMEM;
    if (r == 0)
        forget(address, sgx_page_up(size));
    enclave_unlock(&mask);
    return r;
}

long mapping_replace(uint64_t address, uint64_t size, int prot, int flags, int fd, uint64_t offset)
{
    uint64_t mask;
    long r;

    enclave_lock(&mask);
    r = can_forget(address, sgx_page_up(size)) ? sys_mmap(address, size, prot, flags, fd, offset)
                                               : -ENOMEM;
    if (!sys_failed(r))
        forget(address, sgx_page_up(size));
    enclave_unlock(&mask);
    return r;
}

/* Whose mapping holds @address, and with which rights as the program asked; NULL: no enclave's. */
static struct enclave *owner_at(uint64_t address, int *ret_prot)
{
    struct enclave *at = enclave_at(address);
    const struct mapping_before *m;

    *ret_prot = PROT_NONE;
    if (at && is_mapped(at, address)) {
        *ret_prot = page_prot_get(&at->mapped, enclave_page_index(at, address)) & PROT_BITS;
        return at;
    }
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e)) {
        m = mapping_before_find(&e->before, address, 1);
        if (m) {
            *ret_prot = m->prot;
            return e;
        }
    }
    return NULL;
}

/* Is there room for what a move makes of the early mappings. */
static bool can_move(const struct enclave *e, uint64_t address, uint64_t size, uint64_t to,
                     uint64_t new_size)
{
    struct mappings_before after = e->before;

    return mapping_before_cut(&after, address, size) && mapping_before_cut(&after, to, new_size) &&
           mapping_before_add(&after, to, new_size, PROT_NONE);
}

static long remap_check(const struct enclave *e, uint64_t address, uint64_t size, uint64_t new_size,
                        int flags, uint64_t to)
{
    bool is_fixed = flags & REMAP_FIXED;

    if (e && new_size > size)
        return -EFAULT;
    if (e && flags & REMAP_DONTUNMAP)
        return -EINVAL;
    if (!can_forget(address, size) || (is_fixed && !can_forget(to, new_size)))
        return -ENOMEM;
    if (e && !e->size && !can_move(e, address, size, is_fixed ? to : address, new_size))
        return -ENOMEM;
    return 0;
}

/* What is moved to a place in the enclave's range are the pages of that place, on Linux as well;
 * elsewhere there is nothing in it. */
static long moved_settle(struct enclave *e, uint64_t address, uint64_t size, int prot)
{
    long at =
        sys_mmap(address, size, PROT_NONE, MAP_SHARED | MAP_FIXED, e->memory_fd, OFFSET_OUTSIDE);

    if (!sys_failed(at) && e->size)
        at = settle(e, address, size, prot);
    else if (!sys_failed(at))
        (void)mapping_before_add(&e->before, address, size, prot);
    return at;
}

static bool is_sound(uint64_t address, uint64_t size, uint64_t new_size, int flags, uint64_t to)
{
    if (flags & ~(REMAP_MAYMOVE | REMAP_FIXED | REMAP_DONTUNMAP) || new_size == 0)
        return false;
    if (flags & (REMAP_FIXED | REMAP_DONTUNMAP) && !(flags & REMAP_MAYMOVE))
        return false;
    if (flags & REMAP_DONTUNMAP && size != new_size)
        return false;
    return !(flags & REMAP_FIXED) || (to % SGX_PAGE_SIZE == 0 && to + new_size >= to &&
                                      !ranges_overlap(address, size, to, new_size));
}

static void take_out(uint64_t address, uint64_t size)
{
    if (sys_munmap(address, size) == 0)
        forget(address, size);
}

/* What gives way does so first: kernels differ in what they have unmapped when they fail later, and
 * those that move several mappings leave what lies in the target's gaps. */
static long move(struct enclave *e, uint64_t address, uint64_t size, uint64_t new_size, int flags,
                 uint64_t to, int prot)
{
    bool sound = is_sound(address, size, new_size, flags, to);
    long at;

    if (sound && new_size < size) {
        take_out(address + new_size, size - new_size);
        size = new_size;
    }
    if (sound && flags & REMAP_FIXED)
        take_out(to, new_size);
    at = sys_call6(__NR_mremap, (long)address, (long)size, (long)new_size, flags, (long)to, 0);
    if (sys_failed(at) || (uint64_t)at == address || !e)
        return at;
    forget(address, size);
    return moved_settle(e, (uint64_t)at, new_size, prot);
}

static long remap(uint64_t address, uint64_t size, uint64_t new_size, int flags, uint64_t to)
{
    int prot;
    struct enclave *e = owner_at(address, &prot), *run;
    uint64_t end = run_end(address, address + size, &run);
    long r = remap_check(e, address, size, new_size, flags, to);

    if (r < 0)
        return r;
    if (end < address + size)
        return -EFAULT; /* a part of it is an enclave's */
    if (e)
        e->fd_count++;
    r = move(e, address, size, new_size, flags, to, prot);
    if (!e)
        return r;
    e->fd_count--;
    enclave_release(e);
    return r;
}

long mapping_remap(uint64_t address, uint64_t size, uint64_t new_size, int flags, uint64_t to)
{
    uint64_t mask;
    long r;

    if (address % SGX_PAGE_SIZE)
        return -EINVAL;
    if (address + sgx_page_up(size) < address)
        return -EFAULT;
    enclave_lock(&mask);
    r = remap(address, sgx_page_up(size), sgx_page_up(new_size), flags, to);
    enclave_unlock(&mask);
    return r;
}
