/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ioctls of SGX2: restrict permissions (EMODPR), modify types (EMODT), remove pages (EREMOVE).
 *
 * Each walks over a range of pages and stops at the first that fails. The rules of one page are a
 * step; the walk counts pages, tells the leaf's code, and then sets the rights of the mappings
 * once for all pages that were changed. Remembered fast entries are forgotten, because a TCS may
 * be among the pages.
 *
 * REMOVE_PAGES also frees memory. The pages are removed from the file first, as holes, while the
 * page table still shows them as trimmed, which no access can reach. When the page is added again
 * it reads as zeros, and no thread has to clear it: two threads may add one page at the same time,
 * and the second would clear bytes that the first has written.
 */
#include "emulator/ioctl/dynamic.h"

#include <stdatomic.h>

#include "emulator/cpu/fast.h"
#include "emulator/cpu/patch.h"
#include "emulator/enclave/epc_client.h"
#include "emulator/ioctl/load.h"
#include "emulator/signal/entry.h"
#include "emulator/signal/dispositions.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"
#include "sgx/dynamic.h"
#include "sgx/linux_abi.h"

enum {
    FILE_KEEP_SIZE = 1, /* fallocate: FALLOC_FL_KEEP_SIZE */
    FILE_PUNCH_HOLE = 2,
};

/* Change one page of a range. Return: 0; a negative errno, and the leaf's code in @ret_result when
 * the leaf refused. */
typedef long page_step(struct enclave *e, uint64_t address, uint64_t value, uint64_t *ret_result);

static long step_finish(enum sgx_status status, uint64_t *ret_result)
{
    if (status == SGX_SUCCESS)
        return 0;
    if (status != SGX_FAULT_GP && status != SGX_FAULT_PF)
        *ret_result = (uint64_t)status;
    return -EFAULT;
}

static long step_restrict(struct enclave *e, uint64_t address, uint64_t value, uint64_t *ret_result)
{
    struct sgx_page page = sgx_page_table_load(&e->shared->pages, address);

    if (!page.valid)
        return -EFAULT;
    if (page.type != SGX_PT_REG)
        return -EINVAL;
    return step_finish(sgx_emodpr(&e->shared->pages, address, (uint8_t)value), ret_result);
}

static long step_modify(struct enclave *e, uint64_t address, uint64_t value, uint64_t *ret_result)
{
    struct sgx_page page = sgx_page_table_load(&e->shared->pages, address);

    if (!page.valid)
        return -EFAULT;
    if (page.type != SGX_PT_REG && !(page.type == SGX_PT_TCS && value == SGX_PT_TRIM))
        return -EINVAL;
    if (value == SGX_PT_TCS &&
        (page.max & (SGX_SECINFO_R | SGX_SECINFO_W)) != (SGX_SECINFO_R | SGX_SECINFO_W))
        return -EPERM;
    return step_finish(sgx_emodt(&e->shared->pages, address, (uint8_t)value), ret_result);
}

static long step_remove(struct enclave *e, uint64_t address, uint64_t value, uint64_t *ret_result)
{
    struct sgx_page page = sgx_page_table_load(&e->shared->pages, address);

    (void)value;
    (void)ret_result;
    if (!page.valid)
        return -EFAULT;
    if (!sgx_dynamic_is_removable(page) || sgx_eremove(&e->shared->pages, address) != SGX_SUCCESS)
        return -EPERM;
    epc_client_return(e, 1);
    return 0;
}

static long range_walk(struct enclave *e, uint64_t offset, uint64_t length, page_step *step,
                       uint64_t value, uint64_t *ret_result, uint64_t *ret_count)
{
    long r = 0;

    for (*ret_count = 0; *ret_count < length && r == 0;) {
        r = step(e, e->base + offset + *ret_count, value, ret_result);
        *ret_count += r == 0 ? SGX_PAGE_SIZE : 0;
    }
    fast_forget();
    if (*ret_count)
        enclave_protect(e, e->base + offset, *ret_count);
    return r;
}

static bool is_ready(const struct enclave *e)
{
    return atomic_load(&e->shared->state) == ENCLAVE_INITIALIZED;
}

long ioctl_restrict_permissions(struct enclave *e, void *argument)
{
    struct sgx_ioc_restrict_permissions p;
    long r;

    if (!is_ready(e))
        return -EINVAL;
    if (copy_user(&p, argument, sizeof(p)) < 0)
        return -EFAULT;
    if (ioctl_range_check(e, p.offset, p.length) < 0 || p.permissions & ~SGX_SECINFO_RWX)
        return -EINVAL;
    if (p.permissions & SGX_SECINFO_W && !(p.permissions & SGX_SECINFO_R))
        return -EINVAL;
    if (p.result || p.count)
        return -EINVAL;
    r = range_walk(e, p.offset, p.length, step_restrict, p.permissions, &p.result, &p.count);
    return copy_user(argument, &p, sizeof(p)) < 0 ? -EFAULT : r;
}

long ioctl_modify_types(struct enclave *e, void *argument)
{
    struct sgx_ioc_modify_types p;
    long r;

    if (!is_ready(e))
        return -EINVAL;
    if (copy_user(&p, argument, sizeof(p)) < 0)
        return -EFAULT;
    if (ioctl_range_check(e, p.offset, p.length) < 0 || p.result || p.count)
        return -EINVAL;
    if (p.page_type != SGX_PT_TCS && p.page_type != SGX_PT_TRIM)
        return -EINVAL;
    r = range_walk(e, p.offset, p.length, step_modify, p.page_type, &p.result, &p.count);
    return copy_user(argument, &p, sizeof(p)) < 0 ? -EFAULT : r;
}

/* The size of the pages, from the first on, that REMOVE_PAGES will remove. A page that is TRIM and
 * accepted is changed by that ioctl only, which runs alone. */
static uint64_t removable_size(const struct enclave *e, uint64_t offset, uint64_t length)
{
    uint64_t size = 0;

    while (size < length && sgx_dynamic_is_removable(
                                sgx_page_table_load(&e->shared->pages, e->base + offset + size)))
        size += SGX_PAGE_SIZE;
    return size;
}

/* Give the memory of pages back. They read as zeros when they are added again. */
static void pages_empty(struct enclave *e, uint64_t offset, uint64_t size)
{
    if (size && sys_call4(__NR_fallocate, e->memory_fd, FILE_PUNCH_HOLE | FILE_KEEP_SIZE,
                          (long)offset, (long)size) < 0)
        memset(e->backing + offset, 0, size);
}

long ioctl_remove_pages(struct enclave *e, void *argument)
{
    struct sgx_ioc_remove_pages p;
    uint64_t unused = 0;
    long r;

    if (!is_ready(e))
        return -EINVAL;
    if (copy_user(&p, argument, sizeof(p)) < 0)
        return -EFAULT;
    if (ioctl_range_check(e, p.offset, p.length) < 0 || p.count)
        return -EINVAL;
    pages_empty(e, p.offset, removable_size(e, p.offset, p.length));
    r = range_walk(e, p.offset, p.length, step_remove, 0, &unused, &p.count);
    patch_forget(e->base + p.offset, p.count);
    return copy_user(argument, &p, sizeof(p)) < 0 ? -EFAULT : r;
}
