/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mremap() where enclaves are concerned.
 *
 * Linux lets a mapping of an enclave shrink and move, but not grow (VM_DONTEXPAND). Since the page
 * of an enclave is found by its address, a mapping that has moved does not show the pages that it
 * showed before: within the enclave's range it shows the pages of its new address, and outside it
 * shows none. The kernel's mremap() of a memfd would keep the old file offset, so a moved mapping
 * is mapped again at its new address (mapping_show).
 *
 * mremap() may unmap memory, at the end of a mapping that shrinks and at the target of a move, and
 * then fail; kernels differ in how much they have unmapped then. So that the record stays true,
 * what has to go is unmapped here first.
 */
#include "emulator/enclave/mapped.h"
#include "emulator/enclave/mapping.h"
#include "emulator/sys.h"

enum {
    REMAP_MAYMOVE = 1,   /* MREMAP_MAYMOVE */
    REMAP_FIXED = 2,     /* MREMAP_FIXED */
    REMAP_DONTUNMAP = 4, /* MREMAP_DONTUNMAP */
};

/** struct remap - the arguments of mremap(); sizes are whole pages */
struct remap {
    uint64_t address, size, new_size; /* bytes */
    uint64_t to;                      /* with REMAP_FIXED */
    int flags;
};

/* Is there room for the pieces that a move makes of the mappings from before ECREATE? */
static bool pieces_fit(const struct enclave *e, const struct remap *r)
{
    uint64_t to = r->flags & REMAP_FIXED ? r->to : r->address;
    struct mappings_before after = e->before;

    return mapping_before_cut(&after, r->address, r->size) &&
           mapping_before_cut(&after, to, r->new_size) &&
           mapping_before_add(&after, to, r->new_size, PROT_NONE);
}

static long remap_check(const struct enclave *e, const struct remap *r)
{
    if (e && r->new_size > r->size)
        return -EFAULT;
    if (e && r->flags & REMAP_DONTUNMAP)
        return -EINVAL;
    if (!mapped_may_forget(r->address, r->size) ||
        (r->flags & REMAP_FIXED && !mapped_may_forget(r->to, r->new_size)))
        return -ENOMEM;
    return e && !e->size && !pieces_fit(e, r) ? -ENOMEM : 0;
}

/* Does the kernel accept these arguments? If not, nothing may be unmapped before it refuses them.
 */
static bool is_sound(const struct remap *r)
{
    if (r->flags & ~(REMAP_MAYMOVE | REMAP_FIXED | REMAP_DONTUNMAP) || r->new_size == 0)
        return false;
    if (r->flags & (REMAP_FIXED | REMAP_DONTUNMAP) && !(r->flags & REMAP_MAYMOVE))
        return false;
    if (r->flags & REMAP_DONTUNMAP && r->size != r->new_size)
        return false;
    return !(r->flags & REMAP_FIXED) ||
           (r->to % SGX_PAGE_SIZE == 0 && r->to + r->new_size >= r->to &&
            !ranges_overlap(r->address, r->size, r->to, r->new_size));
}

static void range_unmap(uint64_t address, uint64_t size, struct enclave *keep)
{
    if (sys_munmap(address, size) == 0)
        mapped_forget(address, size, keep);
}

/* Unmap the end of a mapping that shrinks, and the target of a move, before the kernel does. */
static void room_make(struct enclave *e, struct remap *r)
{
    if (r->new_size < r->size) {
        range_unmap(r->address + r->new_size, r->size - r->new_size, e);
        r->size = r->new_size;
    }
    if (r->flags & REMAP_FIXED)
        range_unmap(r->to, r->new_size, e);
}

static long remap_run(struct enclave *e, struct remap r, int prot)
{
    long at;

    if (is_sound(&r))
        room_make(e, &r);
    at = sys_call6(__NR_mremap, (long)r.address, (long)r.size, (long)r.new_size, r.flags,
                   (long)r.to, 0);
    if (sys_failed(at) || (uint64_t)at == r.address || !e)
        return at;
    mapped_forget(r.address, r.size, e);
    return mapping_show(e, (uint64_t)at, r.new_size, prot);
}

static long remap_locked(const struct remap *r)
{
    int prot;
    struct enclave *e = mapped_owner(r->address, &prot), *run;
    uint64_t end = mapped_run_end(r->address, r->address + r->size, &run);
    long result = remap_check(e, r);

    if (result < 0)
        return result;
    if (end < r->address + r->size)
        return -EFAULT; /* only a part of the range is an enclave's */
    result = remap_run(e, *r, prot);
    if (e)
        enclave_release(e);
    return result;
}

long mapping_remap(uint64_t address, uint64_t size, uint64_t new_size, int flags, uint64_t to)
{
    const struct remap r = {.address = address,
                            .size = sgx_page_up(size),
                            .new_size = sgx_page_up(new_size),
                            .to = to,
                            .flags = flags};
    uint64_t mask;
    long result;

    if (address % SGX_PAGE_SIZE)
        return -EINVAL;
    if (address + r.size < address)
        return -EFAULT;
    enclave_lock(&mask);
    result = remap_locked(&r);
    enclave_unlock(&mask);
    return result;
}
