/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ioctls of /dev/sgx_enclave.
 *
 * A runtime that was written against Linux depends on the errno of each mistake and on the order of
 * the checks: which of two mistakes in one call is reported. So the checks here are those of the
 * driver, one by one. Each pointer is copied with copy_user() before it is used, so an invalid one
 * is -EFAULT, and another thread cannot change the structure between check and use.
 *
 * SGX itself is in src/sgx, as pure functions: sgx_ecreate(), sgx_eadd(), sgx_einit(). This folder
 * joins them to memory: it charges pages to the EPC ledger, stores their bytes in the enclave's
 * memfd and sets the rights of the mappings.
 *
 * The driver runs one ioctl of an enclave at a time and answers -EBUSY to a second one, which is
 * kept true with one flag. Signals are blocked while it is set: a handler might longjmp() out of
 * the call, and the flag would stay set for ever.
 */
#include "emulator/ioctl/device.h"

#include <stdatomic.h>

#include "emulator/ioctl/dynamic.h"
#include "emulator/process/open_files.h"
#include "emulator/enclave/epc_client.h"
#include "emulator/ioctl/load.h"
#include "emulator/enclave/mapping.h"
#include "emulator/signal/entry.h"
#include "emulator/signal/dispositions.h"
#include "emulator/sys.h"
#include "emulator/cpu/xcr0.h"
#include "emulator/cpu/xsave.h"
#include "sgx/einit.h"
#include "sgx/linux_abi.h"

#define ATTRIBUTES_UNPRIVILEGED                                                                    \
    (SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_DEBUG | SGX_ATTRIBUTE_MODE64BIT | SGX_ATTRIBUTE_KSS |      \
     SGX_ATTRIBUTE_AEXNOTIFY)

static long secs_accept(struct enclave *e, const struct sgx_secs *secs)
{
    uint64_t mask;
    int r;

    if (epc_client_charge(e, 1) != 1)
        return -ENOMEM;
    enclave_lock(&mask);
    r = enclave_create(e, secs);
    if (r == 0)
        mapping_after_ecreate(e);
    enclave_unlock(&mask);
    if (r < 0) {
        epc_client_return(e, 1);
        return r;
    }
    sgx_measure_create(&e->shared->measure, secs->ssa_frame_size, secs->size);
    e->shared->attributes_allowed = ATTRIBUTES_UNPRIVILEGED;
    atomic_store(&e->shared->state, ENCLAVE_CREATED);
    return 0;
}

/* The software platform's, with the state that this machine can save. */
static struct sgx_cpu processor_read(void)
{
    struct sgx_cpu cpu = SGX_CPU_SOFTWARE;

    cpu.xfrm = xsave_layout.features;
    return cpu;
}

static long ioctl_create(struct enclave *e, void *argument)
{
    const struct sgx_cpu cpu = processor_read();
    uint8_t wire[SGX_SECS_SIZE];
    struct sgx_ioc_create create;
    struct sgx_secs secs;

    if (atomic_load(&e->shared->state) != ENCLAVE_OPENED)
        return -EINVAL;
    if (copy_user(&create, argument, sizeof(create)) < 0 ||
        copy_user(wire, (const void *)create.src, sizeof(wire)) < 0)
        return -EFAULT;
    if (!sgx_secs_parse(wire, &secs))
        return -EIO;
    if (secs.size == 0 || secs.size & (secs.size - 1))
        return -EINVAL;
    if (sgx_ecreate(&cpu, &secs) != SGX_SUCCESS)
        return -EIO;
    return secs_accept(e, &secs);
}

/* Linux checks before EINIT whether the signature demands bits that the processor does not have. */
static long sigstruct_check(const uint8_t *wire)
{
    const struct sgx_cpu cpu = processor_read();
    struct sgx_attributes demanded;
    uint32_t misc;

    sgx_sigstruct_demands(wire, &demanded, &misc);
    if (demanded.flags & ~(cpu.attributes | SGX_ATTRIBUTE_INIT) || misc & ~cpu.miscselect ||
        demanded.xfrm & ~cpu.xfrm)
        return -EINVAL;
    return 0;
}

static long enclave_initialize(struct enclave *e, const uint8_t *sigstruct)
{
    struct enclave_shared *s = e->shared;
    uint8_t mrenclave[SGX_HASH_SIZE];
    struct sgx_measure measure = s->measure;
    struct sgx_secs secs = s->secs;
    long r;

    if (secs.attributes.flags & ~s->attributes_allowed)
        return -EACCES;
    r = sigstruct_check(sigstruct);
    if (r < 0)
        return r;
    sgx_measure_final(&measure, mrenclave);
    if (sgx_einit(&secs, mrenclave, sigstruct, NULL) != SGX_SUCCESS)
        return -EPERM;
    s->secs = secs;
    xcr0_patch(e, e->base, e->size);
    epc_client_trim(e);
    atomic_store(&s->state, ENCLAVE_INITIALIZED);
    return 0;
}

static long ioctl_init(struct enclave *e, void *argument)
{
    uint8_t sigstruct[SGX_SIGSTRUCT_SIZE];
    struct sgx_ioc_init init;
    uint32_t vendor;

    if (atomic_load(&e->shared->state) != ENCLAVE_CREATED)
        return -EINVAL;
    if (copy_user(&init, argument, sizeof(init)) < 0 ||
        copy_user(sigstruct, (const void *)init.sigstruct, sizeof(sigstruct)) < 0)
        return -EFAULT;
    vendor = sgx_sigstruct_vendor(sigstruct);
    if (vendor != 0 && vendor != SGX_VENDOR_INTEL)
        return -EINVAL;
    return enclave_initialize(e, sigstruct);
}

static long ioctl_provision(struct enclave *e, void *argument)
{
    struct sgx_ioc_provision provision;

    if (copy_user(&provision, argument, sizeof(provision)) < 0)
        return -EFAULT;
    if (!open_files_is_provision((int)provision.fd))
        return -EINVAL;
    e->shared->attributes_allowed |= SGX_ATTRIBUTE_PROVISIONKEY;
    return 0;
}

static long command_run(struct enclave *e, uint32_t command, void *argument)
{
    switch (command) {
    case SGX_IOC_CREATE:
        return ioctl_create(e, argument);
    case SGX_IOC_ADD_PAGES:
        return ioctl_add_pages(e, argument);
    case SGX_IOC_INIT:
        return ioctl_init(e, argument);
    case SGX_IOC_PROVISION:
        return ioctl_provision(e, argument);
    case SGX_IOC_RESTRICT_PERMISSIONS:
        return ioctl_restrict_permissions(e, argument);
    case SGX_IOC_MODIFY_TYPES:
        return ioctl_modify_types(e, argument);
    case SGX_IOC_REMOVE_PAGES:
        return ioctl_remove_pages(e, argument);
    default:
        return -ENOTTY;
    }
}

long ioctl_run(struct enclave *e, uint32_t command, void *argument)
{
    uint64_t mask;
    long r = -EBUSY;

    signals_block(&mask);
    if (!atomic_exchange(&e->shared->busy, 1)) {
        r = command_run(e, command, argument);
        atomic_store(&e->shared->busy, 0);
    }
    signals_restore(&mask);
    return r;
}
