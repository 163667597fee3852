/* SPDX-License-Identifier: Apache-2.0 */
#include "tests.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>

static const uint64_t rw = REG(SGX_SECINFO_R | SGX_SECINFO_W);
static uint8_t pages[4 * PAGE] __attribute__((aligned(PAGE)));

static uint64_t source(void)
{
    return (uint64_t)pages;
}

void ioctls_have_their_order(struct abi *a)
{
    struct sgx_ioc_restrict_permissions restriction = {.length = PAGE};

    expect_equal(abi_add_raw(a, source(), 0, PAGE, rw), -EINVAL); /* before CREATE */
    expect_equal(abi_init(a), -EINVAL);
    expect_error(ioctl(a->fd, SGX_IOC_RESTRICT_PERMISSIONS, &restriction), EINVAL);
    expect_error(ioctl(a->fd, SGX_IOC_MODIFY_TYPES, &restriction), EINVAL);
    expect_error(ioctl(a->fd, SGX_IOC_REMOVE_PAGES, &restriction), EINVAL);
    expect_error(ioctl(a->fd, 0xa4ff, NULL), ENOTTY);
    expect_error(ioctl(a->fd, SGX_IOC_VEPC_REMOVE_ALL, NULL), ENOTTY); /* of /dev/sgx_vepc */
    sgx_measure_create(&a->measure, 1, ABI_SIZE);
    expect_equal(abi_create(a), 0);
    expect_equal(abi_create(a), -EINVAL); /* twice */
    abi_add_all(a);
    expect_error(ioctl(a->fd, SGX_IOC_RESTRICT_PERMISSIONS, &restriction), EINVAL); /* no EINIT */
    abi_sign(a);
    expect_equal(abi_init(a), 0);
    expect_equal(abi_init(a), -EINVAL); /* twice */
    expect_equal(abi_create(a), -EINVAL);
    expect_equal(abi_add_raw(a, source(), ABI_ABSENT, PAGE, rw), -EINVAL); /* after INIT */
}

/* Each open makes an enclave, under either name; a copy of the descriptor refers to the same
 * enclave. */
void descriptors_are_enclaves(struct abi *a)
{
    static const char *const provisions[] = {"/dev/sgx_provision", "/dev/sgx/provision"};
    int other = open("/dev/sgx/enclave", O_RDWR | O_CLOEXEC), copied = dup(a->fd), pair[2];
    struct abi second = *a;

    expect(other > a->fd && copied > other);
    expect_equal(fcntl(a->fd, F_GETFD), 0);
    expect_equal(fcntl(other, F_GETFD), FD_CLOEXEC);
    expect_equal(abi_create(a), 0);
    second.fd = copied;
    expect_equal(abi_create(&second), -EINVAL); /* the same enclave */
    second.fd = other;
    expect_equal(abi_create(&second), 0);
    expect_equal(close(a->fd), 0);
    expect_equal(abi_create(a), -EBADF);
    second.fd = copied;
    expect_equal(abi_add_raw(&second, source(), 0, PAGE, rw), 0);
    for (size_t i = 0; i < 2; i++) {
        second.fd = open(provisions[i], O_RDONLY);
        expect(second.fd >= 0);
        expect_equal(abi_create(&second), -ENOTTY);
    }
    expect_equal(pipe(pair), 0);
    second.fd = pair[0];
    expect_equal(abi_create(&second), -ENOTTY);
    expect_equal(dup2(pair[0], copied), copied); /* the number refers to another file now */
    second.fd = copied;
    expect_equal(abi_create(&second), -ENOTTY);
}

void pointers_are_checked(struct abi *a)
{
    struct sgx_ioc_create create = {.src = (uint64_t)NOWHERE};
    struct sgx_ioc_init init = {.sigstruct = (uint64_t)NOWHERE};
    struct sgx_ioc_add_pages add = {.src = source(), .length = PAGE, .secinfo = (uint64_t)NOWHERE};

    expect_error(ioctl(a->fd, SGX_IOC_CREATE, NOWHERE), EFAULT);
    expect_error(ioctl(a->fd, SGX_IOC_CREATE, &create), EFAULT);
    expect_error(ioctl(a->fd, SGX_IOC_PROVISION, NOWHERE), EFAULT);
    expect_equal(abi_create(a), 0);
    expect_error(ioctl(a->fd, SGX_IOC_ADD_PAGES, NOWHERE), EFAULT);
    expect_error(ioctl(a->fd, SGX_IOC_ADD_PAGES, &add), EFAULT);
    expect_error(ioctl(a->fd, SGX_IOC_INIT, NOWHERE), EFAULT);
    expect_error(ioctl(a->fd, SGX_IOC_INIT, &init), EFAULT);
}

static int create_with(struct abi *a, uint64_t at, uint64_t value, unsigned size)
{
    static uint8_t wire[SGX_SECS_SIZE];
    struct sgx_ioc_create argument = {.src = (uint64_t)wire};
    int fd = open("/dev/sgx_enclave", O_RDWR), r;

    sgx_secs_render(&a->secs, wire);
    memcpy(wire + at, &value, size);
    r = ioctl(fd, SGX_IOC_CREATE, &argument) < 0 ? -errno : 0;
    expect_equal(close(fd), 0);
    return r;
}

void secs_is_checked(struct abi *a)
{
    expect_equal(create_with(a, 0, 0, 8), -EINVAL);
    expect_equal(create_with(a, 0, 0x30000, 8), -EINVAL);      /* not a power of two */
    expect_equal(create_with(a, 0, PAGE, 8), -EIO);            /* less than two pages */
    expect_equal(create_with(a, 8, 0x7000000001000, 8), -EIO); /* base not aligned to size */
    expect_equal(create_with(a, 16, 0, 4), -EIO);              /* no SSA frame */
    expect_equal(create_with(a, 20, 2, 4), -EIO);              /* MISCSELECT */
    expect_equal(create_with(a, 24, 1, 1), -EIO);              /* reserved, up to the last byte */
    expect_equal(create_with(a, 96, 1, 1), -EIO);
    expect_equal(create_with(a, 160, 1, 1), -EIO);
    expect_equal(create_with(a, 262, 1, 1), -EIO);
    expect_equal(create_with(a, 4095, 1, 1), -EIO);
    expect_equal(create_with(a, 48, 5, 8), -EIO);       /* INIT */
    expect_equal(create_with(a, 48, 0, 8), -EIO);       /* not 64 bit */
    expect_equal(create_with(a, 48, 0xc, 8), -EIO);     /* a reserved attribute */
    expect_equal(create_with(a, 56, 1, 8), -EIO);       /* XFRM without SSE */
    expect_equal(create_with(a, 56, 0xb, 8), -EIO);     /* half of MPX */
    expect_equal(create_with(a, 56, 0x60007, 8), -EIO); /* no AMX */
    expect_equal(create_with(a, 192, 1, 1), -EIO);      /* CONFIGID without KSS */
    expect_equal(create_with(a, 260, 1, 2), -EIO);      /* CONFIGSVN without KSS */
    expect_equal(create_with(a, 48, 0x84, 8), 0);       /* KSS */
    expect_equal(create_with(a, 48, 0x6, 8), 0);        /* DEBUG */
    expect_equal(create_with(a, 56, 3, 8), 0);          /* x87 and SSE alone */
    expect_equal(create_with(a, 64, ~0ULL, 8), 0);      /* the processor sets MRENCLAVE */
    expect_equal(create_with(a, 256, 0xffff, 2), 0);    /* and these */
}

void pages_are_checked(struct abi *a)
{
    expect_equal(abi_create(a), 0);
    expect_equal(abi_add_raw(a, source() + 1, 0, PAGE, rw), -EINVAL);
    expect_equal(abi_add_raw(a, source(), 1, PAGE, rw), -EINVAL);
    expect_equal(abi_add_raw(a, source(), 0, 0, rw), -EINVAL);
    expect_equal(abi_add_raw(a, source(), 0, 100, rw), -EINVAL);
    expect_equal(abi_add_raw(a, source(), ABI_SIZE, PAGE, rw), -EINVAL);
    expect_equal(abi_add_raw(a, source(), ABI_SIZE - PAGE, 2 * PAGE, rw), -EINVAL);
    expect_equal(abi_add_raw(a, source(), -(uint64_t)PAGE, 2 * PAGE, rw), -EINVAL);
    expect_equal(abi_add_raw(a, source(), PAGE, -(uint64_t)PAGE, rw), -EINVAL);
    expect_equal(abi_add_raw(a, source(), 0, PAGE, rw), 0);
    expect_equal(abi_add_raw(a, source(), 0, PAGE, rw), -EBUSY);
    expect_equal(abi_add_raw(a, source(), ABI_SIZE - PAGE, PAGE, rw), 0); /* the last one */
}

static int add_secinfo(const struct abi *a, uint64_t flags, unsigned at, uint8_t value)
{
    uint8_t wire[SGX_SECINFO_SIZE] __attribute__((aligned(64))) = {0};
    struct sgx_ioc_add_pages add = {.src = source(), .length = PAGE, .secinfo = (uint64_t)wire};

    memcpy(wire, &flags, sizeof(flags));
    wire[at] = (uint8_t)(wire[at] | value);
    return ioctl(a->fd, SGX_IOC_ADD_PAGES, &add) < 0 ? -errno : 0;
}

void page_types_are_checked(struct abi *a)
{
    const uint64_t tcs = SGX_SECINFO_PT(SGX_PT_TCS);

    expect_equal(abi_create(a), 0);
    expect_equal(add_secinfo(a, REG(SGX_SECINFO_W), 0, 0), -EINVAL);
    expect_equal(add_secinfo(a, REG(SGX_SECINFO_W | SGX_SECINFO_X), 0, 0), -EINVAL);
    expect_equal(add_secinfo(a, rw | SGX_SECINFO_PENDING, 0, 0), -EINVAL);
    expect_equal(add_secinfo(a, rw | SGX_SECINFO_MODIFIED, 0, 0), -EINVAL);
    expect_equal(add_secinfo(a, rw | SGX_SECINFO_PR, 0, 0), -EINVAL);
    expect_equal(add_secinfo(a, rw, 0, 0x40), -EINVAL); /* reserved bits and bytes */
    expect_equal(add_secinfo(a, rw, 2, 1), -EINVAL);
    expect_equal(add_secinfo(a, rw, 8, 1), -EINVAL);
    expect_equal(add_secinfo(a, rw, 63, 1), -EINVAL);
    expect_equal(add_secinfo(a, tcs | SGX_SECINFO_R, 0, 0), -EINVAL);
    for (uint64_t type = 0; type < 8; type++)
        if (type != SGX_PT_TCS && type != SGX_PT_REG)
            expect_equal(add_secinfo(a, SGX_SECINFO_PT(type), 0, 0), -EINVAL);
    pages[72] = 1; /* a reserved byte of a TCS: EADD faults */
    expect_equal(add_secinfo(a, tcs, 0, 0), -EIO);
    pages[72] = 0, pages[16] = 1; /* OSSA not aligned */
    expect_equal(add_secinfo(a, tcs, 0, 0), -EIO);
    pages[16] = 0;
    expect_equal(add_secinfo(a, tcs, 0, 0), 0);
}

void sources_are_checked(struct abi *a)
{
    uint8_t *hole = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect_equal(abi_create(a), 0);
    expect_equal(abi_add_raw(a, (uint64_t)a->base, 0, PAGE, rw), -EFAULT); /* PROT_NONE */
    expect_equal(munmap(hole + PAGE, PAGE), 0);
    expect_equal(abi_add_raw(a, (uint64_t)hole + PAGE, 0, PAGE, rw), -EFAULT);
    expect_equal(abi_add_raw(a, 1ULL << 63, 0, PAGE, rw), -EFAULT);
    /* the second page is not mapped; the first one was added all the same */
    expect_equal(abi_add_raw(a, (uint64_t)hole, 0, 2 * PAGE, rw), -EFAULT);
    expect_equal(abi_add_raw(a, (uint64_t)hole, 0, PAGE, rw), -EBUSY);
    expect_equal(abi_add_raw(a, (uint64_t)hole, PAGE, PAGE, rw), 0);
}

/* A page from a noexec mount, which nobody can map for execution, must not become code of an
 * enclave. */
void sources_on_noexec_mounts(struct abi *a)
{
    int fd;
    uint8_t *at, *file;

    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        skip("no mount namespace of one's own");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/tmp", "tmpfs", MS_NOEXEC, NULL) != 0)
        skip("no right to mount");
    fd = open("/tmp/source", O_RDWR | O_CREAT, 0600);
    if (fd < 0)
        skip("the mount takes no file");
    expect_equal(ftruncate(fd, PAGE), 0);
    at = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    file = mmap(at + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
    expect(file == at + PAGE);
    expect_equal(abi_create(a), 0);
    expect_equal(abi_add_raw(a, (uint64_t)file, 0, PAGE, rw), -EACCES);
    expect_equal(abi_add_raw(a, (uint64_t)at, 0, 2 * PAGE, rw), -EACCES); /* the second */
    expect_equal(abi_add_raw(a, (uint64_t)at, 0, PAGE, rw), -EBUSY);      /* after the first */
    expect_equal(abi_add_raw(a, (uint64_t)file, 0, PAGE, rw), -EBUSY);    /* checked before */
    expect_equal(mount("none", "/tmp", NULL, MS_REMOUNT, NULL), 0);
    file = mmap(file, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0); /* as of old: at mmap */
    expect_equal(abi_add_raw(a, (uint64_t)file, PAGE, PAGE, rw), 0);
}

void count_tells_how_far_it_came(struct abi *a)
{
    uint64_t wire[8] __attribute__((aligned(64))) = {rw};
    struct sgx_ioc_add_pages add = {
        .src = source(), .length = 4 * PAGE, .secinfo = (uint64_t)wire, .count = 77};

    expect_equal(abi_create(a), 0);
    expect_equal(abi_add_raw(a, source(), 2 * PAGE, PAGE, rw), 0);
    expect_error(ioctl(a->fd, SGX_IOC_ADD_PAGES, &add), EBUSY);
    expect_equal(add.count, 2 * PAGE);
    add.offset = 1, add.count = 77;
    expect_error(ioctl(a->fd, SGX_IOC_ADD_PAGES, &add), EINVAL);
    expect_equal(add.count, 77); /* refused before it began */
    add.offset = 4 * PAGE;
    expect_equal(ioctl(a->fd, SGX_IOC_ADD_PAGES, &add), 0);
    expect_equal(add.count, 4 * PAGE);
    expect_error(ioctl(a->fd, SGX_IOC_ADD_PAGES, &add), EBUSY);
    expect_equal(add.count, 0);
}

void pages_need_not_be_measured(struct abi *a)
{
    uint64_t wire[8] __attribute__((aligned(64))) = {rw};
    struct sgx_ioc_add_pages add = {
        .src = source(), .offset = ABI_ABSENT, .length = 2 * PAGE, .secinfo = (uint64_t)wire};

    sgx_measure_create(&a->measure, 1, ABI_SIZE);
    expect_equal(abi_create(a), 0);
    memset(pages, 0x5a, sizeof(pages));
    expect_equal(ioctl(a->fd, SGX_IOC_ADD_PAGES, &add), 0);
    for (uint64_t at = 0; at < 2 * PAGE; at += PAGE)
        sgx_measure_add(&a->measure, ABI_ABSENT + at,
                        (struct sgx_secinfo){.type = SGX_PT_REG, .permissions = 3});
    abi_add_all(a);
    abi_sign(a);
    expect_equal(abi_init(a), 0);
    abi_map_all(a);
    expect_equal(peek(a, ABI_ABSENT + PAGE + 8), 0x5a5a5a5a5a5a5a5a);
}

static void *add_much(void *data)
{
    static uint8_t large[256 * PAGE] __attribute__((aligned(PAGE)));
    struct abi *a = data;

    for (uint64_t at = 0; at < a->secs.size; at += sizeof(large))
        (void)abi_add_raw(a, (uint64_t)large, at, sizeof(large), rw);
    return NULL;
}

/* A second ioctl of the same enclave fails with EBUSY and does not wait. */
static bool is_seen_busy(struct abi *a)
{
    bool seen = false;
    pthread_t id;

    abi_open(a);
    a->secs.size = 64 << 20;
    a->secs.base = 64ULL << 32;
    expect_equal(abi_create(a), 0);
    expect_equal(pthread_create(&id, NULL, add_much, a), 0);
    for (int i = 0; i < 100000 && !seen; i++) {
        int r = abi_create(a);

        expect(r == -EBUSY || r == -EINVAL);
        seen = r == -EBUSY;
    }
    expect_equal(pthread_join(id, NULL), 0);
    close(a->fd);
    return seen;
}

void ioctls_exclude_one_another(struct abi *a)
{
    close(a->fd);
    while (!is_seen_busy(a))
        ;
}
