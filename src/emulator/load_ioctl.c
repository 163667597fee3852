#include "emulator/load_ioctl.h"

#include <stdatomic.h>

#include "emulator/aex.h"
#include "emulator/ledger.h"
#include "emulator/source.h"
#include "emulator/sys.h"
#include "freestanding/mem.h"
#include "sgx/linux_abi.h"

long range_check(const struct enclave *e, uint64_t offset, uint64_t length)
{
    if (offset % SGX_PAGE_SIZE || length % SGX_PAGE_SIZE || length == 0)
        return -EINVAL;
    if (offset + length < offset || offset + length - SGX_PAGE_SIZE >= e->size)
        return -EINVAL;
    return 0;
}

/* sgx_validate_secinfo() of Linux */
static long secinfo_check(const uint8_t *wire, struct sgx_secinfo *ret)
{
    if (!sgx_secinfo_parse(wire, ret) || ret->state)
        return -EINVAL;
    if (ret->type != SGX_PT_REG && ret->type != SGX_PT_TCS)
        return -EINVAL;
    if (ret->permissions & SGX_SECINFO_W && !(ret->permissions & SGX_SECINFO_R))
        return -EINVAL;
    return ret->type == SGX_PT_TCS && ret->permissions ? -EINVAL : 0;
}

/* What EADD does to a TCS after the bytes were measured. */
static void tcs_settle(struct tcs_page *tcs)
{
    atomic_store(&tcs->state, 0);
    tcs->cssa = 0;
    tcs->aep = 0;
    tcs->flags &= ~SGX_TCS_DBGOPTIN;
}

static long page_add(struct enclave *e, uint64_t offset, const void *source,
                     struct sgx_secinfo secinfo, bool measured)
{
    struct enclave_shared *s = e->shared;
    uint8_t *page = e->backing + offset;

    if (sgx_page_table_load(&s->pages, e->base + offset).valid)
        return -EBUSY;
    if (copy_user(page, source, SGX_PAGE_SIZE) < 0)
        return -EFAULT;
    if (sgx_eadd(&s->pages, e->base + offset, secinfo, page) != SGX_SUCCESS)
        return -EIO;
    sgx_measure_add(&s->measure, offset, secinfo);
    if (measured)
        sgx_measure_extend_page(&s->measure, offset, page);
    if (secinfo.type == SGX_PT_TCS)
        tcs_settle((struct tcs_page *)page);
    return 0;
}

static long pages_add(struct enclave *e, struct sgx_ioc_add_pages *add, struct sgx_secinfo secinfo)
{
    uint64_t wanted = add->length >> SGX_PAGE_SHIFT, granted, done = 0;
    long r = source_check(add->src);

    if (r < 0)
        return r;
    granted = ledger_charge(e, wanted);
    while (done < granted && r == 0) {
        uint64_t at = done << SGX_PAGE_SHIFT;

        r = page_add(e, add->offset + at, (const void *)(add->src + at), secinfo,
                     add->flags & SGX_ADD_PAGES_MEASURE);
        done += r == 0;
    }
    ledger_return(e, granted - done);
    add->count = done << SGX_PAGE_SHIFT;
    if (done)
        enclave_protect(e, e->base + add->offset, add->count);
    return r == 0 && done < wanted ? -ENOMEM : r;
}

long ioctl_add_pages(struct enclave *e, void *argument)
{
    uint8_t wire[SGX_SECINFO_SIZE];
    struct sgx_ioc_add_pages add;
    struct sgx_secinfo secinfo;
    long r;

    if (atomic_load(&e->shared->state) != ENCLAVE_CREATED)
        return -EINVAL;
    if (copy_user(&add, argument, sizeof(add)) < 0)
        return -EFAULT;
    if (add.src % SGX_PAGE_SIZE || range_check(e, add.offset, add.length) < 0)
        return -EINVAL;
    if (copy_user(wire, (const void *)add.secinfo, sizeof(wire)) < 0)
        return -EFAULT;
    r = secinfo_check(wire, &secinfo);
    if (r < 0)
        return r;
    add.count = 0;
    r = pages_add(e, &add, secinfo);
    return copy_user(argument, &add, sizeof(add)) < 0 ? -EFAULT : r;
}
