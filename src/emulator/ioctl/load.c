/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SGX_IOC_ENCLAVE_ADD_PAGES: EADD, and EEXTEND where the program asks to measure.
 *
 * A large enclave is some hundred thousand pages, so pages go in chunks through one buffer: copy,
 * measure and store while the bytes are in the processor's cache. The source is read once, so the
 * measured bytes are the stored ones, also when another thread writes to the source meanwhile. A
 * chunk of zeros is not stored; the file reads as zeros there already.
 *
 * The EPC for all pages is asked for in advance, and the rest is given back. When the call fails
 * in the middle, as with one bad page or with less EPC than asked for, the pages before stay added
 * and count tells how far it came, as on Linux.
 */
#include "emulator/ioctl/load.h"

#include <stdatomic.h>

#include "emulator/cpu/transition.h"
#include "emulator/enclave/epc_client.h"
#include "emulator/ioctl/add_source.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"
#include "sgx/linux_abi.h"

enum {
    ADVICE_POPULATE_READ = 22, /* MADV_POPULATE_READ, Linux 5.14 */
    CHUNK_PAGES_MAX = 16,      /* copied, measured and stored together, while in the cache */
};

/** struct chunk - the buffer through which pages go */
struct chunk {
    uint8_t *bytes;
    uint64_t size; /* of the buffer, bytes */
};

long ioctl_range_check(const struct enclave *e, uint64_t offset, uint64_t length)
{
    if (offset % SGX_PAGE_SIZE || length % SGX_PAGE_SIZE || length == 0)
        return -EINVAL;
    if (offset + length < offset || offset + length - SGX_PAGE_SIZE >= e->size)
        return -EINVAL;
    return 0;
}

/* sgx_validate_secinfo() of Linux. */
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

/* EADD initialises fields of a TCS. EEXTEND measures them as the program had them. */
static void tcs_settle(struct tcs_page *tcs)
{
    atomic_store(&tcs->state, 0);
    tcs->cssa = 0;
    tcs->aep = 0;
    tcs->flags &= ~SGX_TCS_DBGOPTIN;
}

static long page_add(struct enclave *e, uint64_t offset, const void *source, uint8_t *page,
                     struct sgx_secinfo secinfo, bool measured)
{
    struct enclave_shared *s = e->shared;

    if (sgx_page_table_load(&s->pages, e->base + offset).valid)
        return -EBUSY;
    if (copy_user(page, source, SGX_PAGE_SIZE) < 0)
        return -EFAULT;
    if (add_source_check((uint64_t)source) < 0)
        return -EACCES;
    if (sgx_eadd(&s->pages, e->base + offset, secinfo, page) != SGX_SUCCESS)
        return -EIO;
    sgx_measure_add(&s->measure, offset, secinfo);
    if (measured)
        sgx_measure_extend_page(&s->measure, offset, page);
    if (secinfo.type == SGX_PT_TCS)
        tcs_settle((struct tcs_page *)page);
    return 0;
}

/* Add the pages from @at on that fit into the chunk. @ret_added: in bytes, also after a failure */
static long chunk_add(struct enclave *e, const struct sgx_ioc_add_pages *add, uint64_t at,
                      uint64_t size, struct sgx_secinfo secinfo, struct chunk chunk,
                      uint64_t *ret_added)
{
    uint64_t done = 0;
    long r = 0;

    (void)sys_call3(__NR_madvise, (long)(add->src + at), (long)size, ADVICE_POPULATE_READ);
    while (done < size && r == 0) {
        r = page_add(e, add->offset + at + done, (const void *)(add->src + at + done),
                     chunk.bytes + done, secinfo, add->flags & SGX_ADD_PAGES_MEASURE);
        done += r == 0 ? SGX_PAGE_SIZE : 0;
    }
    *ret_added = done;
    if (mem_is_zero(chunk.bytes, done)) /* the file reads so already */
        return r;
    if (sys_pwrite(e->memory_fd, chunk.bytes, done, add->offset + at) != (long)done)
        return -ENOMEM;
    return r;
}

static long chunks_add(struct enclave *e, struct sgx_ioc_add_pages *add, uint64_t size,
                       struct sgx_secinfo secinfo, struct chunk chunk)
{
    long r = 0;

    while (add->count < size && r == 0) {
        uint64_t left = size - add->count, added;

        r = chunk_add(e, add, add->count, left < chunk.size ? left : chunk.size, secinfo, chunk,
                      &added);
        add->count += added;
    }
    return r;
}

static long pages_add(struct enclave *e, struct sgx_ioc_add_pages *add, struct sgx_secinfo secinfo)
{
    uint64_t wanted = add->length >> SGX_PAGE_SHIFT, granted;
    uint8_t page[SGX_PAGE_SIZE] __attribute__((aligned(64)));
    struct chunk chunk = {.bytes = page, .size = sizeof(page)};
    void *large = NULL;
    long r;

    if (wanted >= CHUNK_PAGES_MAX)
        large = sys_map_memory(CHUNK_PAGES_MAX * SGX_PAGE_SIZE, MAP_PRIVATE);
    if (large)
        chunk = (struct chunk){.bytes = large, .size = CHUNK_PAGES_MAX * SGX_PAGE_SIZE};
    granted = epc_client_charge(e, wanted);
    r = chunks_add(e, add, granted << SGX_PAGE_SHIFT, secinfo, chunk);
    if (large)
        (void)sys_munmap((uint64_t)large, chunk.size);
    epc_client_return(e, granted - (add->count >> SGX_PAGE_SHIFT));
    if (add->count)
        enclave_protect(e, e->base + add->offset, add->count);
    return r == 0 && granted < wanted ? -ENOMEM : r;
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
    if (add.src % SGX_PAGE_SIZE || ioctl_range_check(e, add.offset, add.length) < 0)
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
