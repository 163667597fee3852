/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading is what the Linux driver asks for, in its order: ECREATE with the size and attributes,
 * EADD of every page with its content and rights, EINIT with the signature, mmap() of the parts. An
 * enclave's base has to be a multiple of its size, so twice the size is reserved and the ends are
 * given back.
 *
 * The pages come from a private image in memory (image_memory.c) and not from the file: zero-filled
 * parts, stacks and thread pages have no bytes there. SGX_IOC_ENCLAVE_ADD_PAGES may stop half-way
 * on a signal or a fault of memory; it says how far it came, and the loop goes on from there.
 *
 * Two generations of names exist: /dev/sgx_enclave of Linux 5.11, and /dev/sgx/enclave of Intel's
 * driver. The second is tried only when the first does not exist, so the error that a user sees is
 * about the usual name.
 *
 * Mappings carry no more rights than the pages have, because the driver refuses a mapping that asks
 * for more than the EADD said, and W with X is refused by some security policies. Neighbours with
 * equal rights become one mapping, since each mapping costs a VMA in every process.
 */
#include "sdk/host/device.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "sdk/image_memory.h"
#include "sgx/linux_abi.h"
#include "sgx/secs.h"

static const char *const enclave_devices[] = {"/dev/sgx_enclave", "/dev/sgx/enclave"};
static const char *const provision_devices[] = {"/dev/sgx_provision", "/dev/sgx/provision"};

static int device_open(const char *const names[static 2], struct err *err)
{
    int fd = open(names[0], O_RDWR | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        fd = open(names[1], O_RDWR | O_CLOEXEC);
    return fd >= 0 ? fd : err_errno(err, "open %s", names[0]);
}

/** addresses_reserve() - @size bytes of addresses, aligned to @size */
static uint8_t *addresses_reserve(uint64_t size)
{
    uint8_t *area =
        mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *base;

    if (area == MAP_FAILED)
        return NULL;
    base = area + (-(uintptr_t)area & (size - 1));
    if (base > area)
        munmap(area, (size_t)(base - area));
    munmap(base + size, (size_t)(area + size - base));
    return base;
}

static int enclave_create(int fd, const struct sdk_image *image,
                          const struct coffer_load_options *options, const uint8_t *base,
                          struct err *err)
{
    struct sgx_secs secs = {
        .size = image->size,
        .base = (uint64_t)base,
        .ssa_frame_size = image->ssa_frame_size,
        .miscselect = image->settings.miscselect,
        .attributes = image->settings.attributes,
        .config_svn = options->config_svn,
    };
    uint8_t wire[SGX_SECS_SIZE] __attribute__((aligned(SGX_PAGE_SIZE)));
    struct sgx_ioc_create argument = {.src = (uint64_t)wire};

    if (options->config_id)
        memcpy(secs.config_id, options->config_id, SGX_CONFIGID_SIZE);
    sgx_secs_render(&secs, wire);
    if (ioctl(fd, SGX_IOC_CREATE, &argument) < 0)
        return err_errno(err, "create an enclave of %zu bytes", (size_t)image->size);
    return 0;
}

static int region_add(int fd, const uint8_t *memory, const struct sdk_region *region,
                      struct err *err)
{
    uint8_t secinfo[SGX_SECINFO_SIZE] __attribute__((aligned(SGX_SECINFO_ALIGN)));
    uint64_t done = 0;

    sgx_secinfo_render(region->secinfo, secinfo);
    while (done < region->size) {
        struct sgx_ioc_add_pages argument = {
            .src = (uint64_t)memory + region->offset + done,
            .offset = region->offset + done,
            .length = region->size - done,
            .secinfo = (uint64_t)secinfo,
            .flags = SGX_ADD_PAGES_MEASURE,
        };
        int r = ioctl(fd, SGX_IOC_ADD_PAGES, &argument);

        done += argument.count;
        if (r < 0 && errno != EINTR && errno != EAGAIN)
            return err_errno(err, "add pages at offset 0x%zx", (size_t)(region->offset + done));
    }
    return 0;
}

static int pages_add(int fd, const struct sdk_image *image, struct err *err)
{
    struct sdk_region region;
    uint8_t *memory;
    int r = sdk_image_map(image, &memory, err);

    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && sdk_image_region(image, i, &region); i++)
        r = region_add(fd, memory, &region, err);
    sdk_image_unmap(image, memory);
    return r;
}

static int provisioning_grant(int fd, struct err *err)
{
    CLEANUP(fd_closep) int provision = device_open(provision_devices, err);
    struct sgx_ioc_provision argument = {.fd = (uint64_t)provision};

    if (provision < 0)
        return err_wrap(err, "the enclave needs the provisioning key");
    if (ioctl(fd, SGX_IOC_PROVISION, &argument) < 0)
        return err_errno(err, "provisioning key");
    return 0;
}

static int enclave_initialise(int fd, const struct sdk_image *image, struct span sigstruct,
                              struct err *err)
{
    uint8_t wire[SGX_SIGSTRUCT_SIZE] __attribute__((aligned(SGX_PAGE_SIZE)));
    struct sgx_ioc_init argument = {.sigstruct = (uint64_t)wire};
    int r = 0;

    if (image->settings.attributes.flags & SGX_ATTRIBUTE_PROVISIONKEY)
        r = provisioning_grant(fd, err);
    if (r < 0)
        return r;
    memcpy(wire, sigstruct.data, sizeof(wire));
    do {
        r = ioctl(fd, SGX_IOC_INIT, &argument);
    } while (r < 0 && errno == EINTR);
    if (r == 0)
        return 0;
    if (r > 0 || errno == EPERM) /* a positive code of EINIT, from some drivers */
        return err_set(
            err, -EPERM,
            "EINIT refused the enclave: its bytes, its signature or its attributes are not "
            "those that were signed");
    return err_errno(err, "EINIT");
}

static int protection_of(struct sgx_secinfo secinfo)
{
    if (secinfo.type == SGX_PT_TCS)
        return PROT_READ | PROT_WRITE;
    return (secinfo.permissions & SGX_SECINFO_R ? PROT_READ : 0) |
           (secinfo.permissions & SGX_SECINFO_W ? PROT_WRITE : 0) |
           (secinfo.permissions & SGX_SECINFO_X ? PROT_EXEC : 0);
}

/** pages_map() - regions with equal protection that touch become one mapping */
static int pages_map(int fd, const struct sdk_image *image, uint8_t *base, struct err *err)
{
    struct sdk_region region, next;

    for (size_t i = 0; sdk_image_region(image, i, &region); i++) {
        int protection = protection_of(region.secinfo);

        while (sdk_image_region(image, i + 1, &next) &&
               next.offset == region.offset + region.size &&
               protection_of(next.secinfo) == protection) {
            region.size += next.size;
            i++;
        }
        if (mmap(base + region.offset, region.size, protection, MAP_SHARED | MAP_FIXED, fd, 0) ==
            MAP_FAILED)
            return err_errno(err, "map enclave pages at offset 0x%zx", (size_t)region.offset);
    }
    return 0;
}

int device_load(const struct sdk_image *image, struct span sigstruct,
                const struct coffer_load_options *options, uint8_t **ret_base, struct err *err)
{
    CLEANUP(fd_closep) int fd = device_open(enclave_devices, err);
    uint8_t *base;
    int r;

    if (fd < 0)
        return fd;
    base = addresses_reserve(image->size);
    if (!base)
        return err_errno(err, "reserve %zu bytes of addresses", (size_t)(2 * image->size));
    if ((r = enclave_create(fd, image, options, base, err)) < 0 ||
        (r = pages_add(fd, image, err)) < 0 ||
        (r = enclave_initialise(fd, image, sigstruct, err)) < 0 ||
        (r = pages_map(fd, image, base, err)) < 0) {
        munmap(base, image->size);
        return r;
    }
    *ret_base = base;
    return 0;
}
