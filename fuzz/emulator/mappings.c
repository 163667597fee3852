/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <errno.h>
#include <sys/mman.h>

#include "checks.h"
#include "machine.h"

static uint64_t address_of(const struct operation *o)
{
    uint64_t address = MACHINE_ARENA + o->a * (uint64_t)SGX_PAGE_SIZE;

    return low(o->e) == 15 ? address + 1 : low(o->e) == 14 ? address - 2 * SGX_PAGE_SIZE : address;
}

static uint64_t length_of(const struct operation *o)
{
    return high(o->e) == 13 ? UINT64_C(1) << 47 : program_number(high(o->e), o->b % 128U, NULL);
}

static const int map_errors[] = {EINVAL, ENOMEM,     EACCES, EEXIST, EOVERFLOW, EAGAIN,
                                 EPERM,  EOPNOTSUPP, EBADF,  ENODEV, 0};

void run_map(struct program *p, const struct operation *o)
{
    static const int kinds[16] = {
        MAP_SHARED | MAP_FIXED,
        MAP_SHARED | MAP_FIXED,
        MAP_SHARED | MAP_FIXED,
        MAP_SHARED | MAP_FIXED,
        MAP_SHARED | MAP_FIXED,
        MAP_SHARED | MAP_FIXED | MAP_POPULATE,
        MAP_SHARED_VALIDATE | MAP_FIXED,
        MAP_SHARED | MAP_FIXED_NOREPLACE,
        MAP_SHARED,
        MAP_SHARED | MAP_LOCKED,
        MAP_PRIVATE | MAP_FIXED,
        MAP_FIXED,
        0x04 | MAP_FIXED,
        MAP_SHARED | MAP_HUGETLB | MAP_FIXED,
        MAP_SHARED | MAP_GROWSDOWN,
        MAP_SHARED_VALIDATE | MAP_SYNC | MAP_FIXED,
    };
    int flags = kinds[low(o->d)];
    bool is_free = !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE));
    uint64_t address = is_free && o->f & 1 ? 0 : address_of(o), size = length_of(o);
    int prot = high(o->d) == 15 ? o->c << 4 | (o->c & 7) : o->c & 7, fd = program_fd(p, o);
    void *at;

    if (fd < 0 || !program_enclave(p, o) || (is_free && p->area_count == AREAS_MAX))
        return;
    at = emulated_mmap((void *)address, size, prot, flags, fd, (long)(o->f & ~1) << 12);
    checks_errno(at == MAP_FAILED ? -1 : 0, map_errors);
    if (at == MAP_FAILED || !is_free)
        return;
    p->areas[p->area_count].address = at;
    p->areas[p->area_count++].size = size;
}

/* Map something else over memory of an enclave. */
void run_replace(struct program *p, const struct operation *o)
{
    bool fails = o->d & 1;
    void *at;

    (void)p;
    at = emulated_mmap((void *)address_of(o), length_of(o), o->c & 3,
                       MAP_PRIVATE | MAP_FIXED | (fails ? 0 : MAP_ANONYMOUS), fails ? -1 : 0, 0);
    checks_errno(at == MAP_FAILED ? -1 : 0, map_errors);
}

void run_protect(struct program *p, const struct operation *o)
{
    int prot = high(o->d) == 15 ? o->c << 4 | (o->c & 7) : o->c & 7;

    (void)p;
    checks_errno(emulated_mprotect((void *)address_of(o), length_of(o), prot),
                 (const int[]){EINVAL, ENOMEM, EACCES, 0});
}

void run_unmap(struct program *p, const struct operation *o)
{
    (void)p;
    checks_errno(emulated_munmap((void *)address_of(o), length_of(o)),
                 (const int[]){EINVAL, ENOMEM, 0});
}

void run_remap(struct program *p, const struct operation *o)
{
    static const int kinds[8] = {
        0,
        MREMAP_MAYMOVE,
        MREMAP_MAYMOVE,
        MREMAP_MAYMOVE | MREMAP_FIXED,
        MREMAP_MAYMOVE | MREMAP_FIXED,
        MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
        MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
        MREMAP_FIXED,
    };
    int flags = kinds[o->d & 7];
    uint64_t address = address_of(o), to = MACHINE_ARENA + o->f * (uint64_t)SGX_PAGE_SIZE;
    uint64_t size = o->c % 16U * SGX_PAGE_SIZE;
    void *at;

    if (p->area_count == AREAS_MAX)
        return;
    at = emulated_mremap((void *)address, length_of(o), size, flags, (void *)to);
    checks_errno(at == MAP_FAILED ? -1 : 0, (const int[]){EINVAL, EFAULT, ENOMEM, EAGAIN, 0});
    if (at == MAP_FAILED || at == (void *)address || flags & MREMAP_FIXED)
        return;
    p->areas[p->area_count].address = at;
    p->areas[p->area_count++].size = size;
}
