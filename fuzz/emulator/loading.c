/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <assert.h>
#include <errno.h>

#include "checks.h"
#include "forge.h"
#include "machine.h"
#include "sgx/linux_abi.h"

enum {
    ARENA_SLOT = 1 << 18, /* bytes between the places of enclaves */
};

uint64_t program_number(uint8_t kind, uint64_t page, const struct enclave *e)
{
    uint64_t bytes = page * SGX_PAGE_SIZE, size = e ? e->size : 0;

    switch (kind % 16) {
    case 8:
        return bytes + 1;
    case 9:
        return size - bytes;
    case 10:
        return 0 - bytes;
    case 11:
        return UINT64_C(1) << 63;
    case 12:
        return page;
    case 13:
        return MACHINE_ARENA + bytes;
    case 14:
        return UINT64_C(1) << 21; /* the checks look at no more */
    case 15:
        return UINT64_MAX;
    default:
        return bytes;
    }
}

void run_create(struct program *p, const struct operation *o)
{
    static const uint64_t sizes[16] = {
        0x2000,     0x4000,     0x8000,     0x10000, 0x20000, 0x40000, 0x100000,   0x1000000,
        1ULL << 30, 1ULL << 36, 1ULL << 37, 0,       0x1000,  0x3000,  1ULL << 63, UINT64_MAX};
    static const uint64_t bases[16] = {0, 1, 2, 3, 4, 5, 6, 7, 0x4000, 0x8000, 0x10000};
    struct sgx_ioc_create *argument = (void *)machine_object(0);
    uint64_t base = MACHINE_ARENA + bases[high(o->a)] * (high(o->a) < 8 ? ARENA_SLOT : 1);
    uint8_t *secs = machine_object(1);

    if (high(o->a) > 10)
        base = program_number(high(o->a), 1, NULL);
    forge_secs(base, sizes[low(o->a)], o->b, secs);
    spoil_apply((struct spoil){.at = o->c, .bits = o->d}, secs, o->b & 128 ? 264 : SGX_SECS_SIZE);
    argument->src = machine_pointer(low(o->e), secs);
    checks_errno(emulated_ioctl(program_fd(p, o), SGX_IOC_CREATE,
                                (void *)machine_pointer(high(o->e), argument)),
                 (const int[]){EINVAL, EFAULT, EIO, ENOMEM, EBADF, ENOTTY, 0});
}

static const void *source_of(uint8_t kind, uint8_t page)
{
    static const uint8_t first[8] = {
        MACHINE_PATTERN, MACHINE_ZEROS, MACHINE_TCS, MACHINE_NUMBERS, 0, 30, 60, 63};

    return machine_source((first[kind % 8] + page % 4U) % MACHINE_SOURCES);
}

void secinfo_build(uint8_t flags, uint8_t *wire)
{
    static const uint8_t types[4] = {SGX_PT_REG, SGX_PT_TCS, SGX_PT_TRIM, 7};
    struct sgx_secinfo s = {.permissions = flags & 7,
                            .type = types[flags >> 3 & 3],
                            .state = (uint8_t)(flags >> 2 & 0x38)};

    sgx_secinfo_render(s, wire);
}

void run_add(struct program *p, const struct operation *o)
{
    const struct enclave *e = program_enclave(p, o);
    struct sgx_ioc_add_pages *argument = (void *)machine_object(0);
    uint8_t *secinfo = machine_object(2);
    int r;

    secinfo_build(o->c, secinfo);
    *argument = (struct sgx_ioc_add_pages){
        .src = machine_pointer(high(o->d), source_of(o->d & 7, o->a)),
        .offset = program_number(low(o->f), o->a, e),
        .length = program_number(high(o->f), o->b % (MACHINE_SOURCES + 1), e),
        .secinfo = machine_pointer(low(o->e), secinfo),
        .flags = o->d & 8 ? 0 : SGX_ADD_PAGES_MEASURE,
        .count = o->a,
    };
    r = emulated_ioctl(program_fd(p, o), SGX_IOC_ADD_PAGES,
                       (void *)machine_pointer(high(o->e), argument));
    checks_errno(r, (const int[]){EINVAL, EFAULT, EACCES, EBUSY, EIO, ENOMEM, EBADF, ENOTTY, 0});
    assert(r != 0 || high(o->e) >= 6 || argument->count == argument->length);
    assert(r == 0 || argument->count <= argument->length || argument->count == o->a);
}

void run_init(struct program *p, const struct operation *o)
{
    const struct enclave *e = program_enclave(p, o);
    struct sgx_ioc_init *argument = (void *)machine_object(0);
    const struct spoil spoil = {.at = o->a, .bits = o->b, .is_signed = o->c & 1};
    uint8_t *sigstruct = machine_object(3);
    uint32_t state = e ? e->shared->state : ENCLAVE_OPENED;
    int r;

    if (e && state == ENCLAVE_CREATED)
        forge_sigstruct(e, spoil, sigstruct);
    argument->sigstruct = machine_pointer(low(o->e), sigstruct);
    r = emulated_ioctl(program_fd(p, o), SGX_IOC_INIT,
                       (void *)machine_pointer(high(o->e), argument));
    checks_errno(r, (const int[]){EINVAL, EFAULT, EACCES, EPERM, EIO, EBADF, ENOTTY, 0});
    assert(r != 0 || (e && state == ENCLAVE_CREATED && e->shared->state == ENCLAVE_INITIALIZED));
    assert(r == 0 || !e || e->shared->state == state);
}

void run_provision(struct program *p, const struct operation *o)
{
    struct sgx_ioc_provision *argument = (void *)machine_object(0);

    argument->fd = o->b < 240 ? (uint64_t)p->fds[o->a % HANDLES] : program_number(o->b, o->a, NULL);
    checks_errno(emulated_ioctl(program_fd(p, o), SGX_IOC_PROVISION,
                                (void *)machine_pointer(high(o->e), argument)),
                 (const int[]){EINVAL, EFAULT, EBADF, ENOTTY, 0});
}

void run_unknown(struct program *p, const struct operation *o)
{
    uint32_t command = 0xa400U | (uint32_t)o->b << 16 | (uint32_t)o->c << 24 | o->a;
    void *argument = (void *)machine_pointer(o->e, machine_object(o->d % MACHINE_OBJECTS));

    if (emulated_ioctl(program_fd(p, o), command, argument) == 0)
        assert(program_enclave(p, o) && (command & 0xff) < 8);
}
