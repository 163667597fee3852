/*
 * The ABI of /dev/sgx_enclave and of the vDSO function, by a program that uses nothing else:
 * abi KEY [TEST]. Runs under `coffer run`, and on hardware as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "crypto/rsa.h"
#include "sdk/host/vdso.h"
#include "sdk/signature.h"
#include "sgx/linux_abi.h"
#include "sgx/measure.h"
#include "sgx/secs.h"
#include "sgx/tcs.h"

#define PAGE 4096

extern const uint8_t abi_code_begin[], abi_code_end[];
int abi_enter(uint64_t operands[6], unsigned leaf, struct sgx_enclave_run *run, uintptr_t function);

static struct rsa_signer *signer;
static const struct sdk_settings settings = {
    .threads = 1,
    .attributes = {.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = SGX_XFRM_AVX},
    .miscselect = SGX_MISC_EXINFO,
};

struct abi {
    int fd;
    uint8_t *base;
    struct sgx_measure measure;
    uint8_t sigstruct[SGX_SIGSTRUCT_SIZE];
};

static uint8_t *reserve(void)
{
    uint8_t *area = mmap(NULL, 2 * ABI_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(area, MAP_FAILED);
    return area + (-(uintptr_t)area & (ABI_SIZE - 1));
}

static void secs_fill(const struct abi *a, uint8_t *wire)
{
    struct sgx_secs secs = {.size = ABI_SIZE,
                            .base = (uint64_t)a->base,
                            .ssa_frame_size = 1,
                            .miscselect = settings.miscselect,
                            .attributes = settings.attributes};

    sgx_secs_render(&secs, wire);
}

static int create(const struct abi *a)
{
    static uint8_t wire[SGX_SECS_SIZE];
    struct sgx_ioc_create argument = {.src = (uint64_t)wire};

    secs_fill(a, wire);
    return ioctl(a->fd, SGX_IOC_CREATE, &argument);
}

/* -errno, or 0 */
static int add(struct abi *a, uint64_t offset, const void *page, uint8_t type, uint8_t permissions)
{
    uint8_t wire[SGX_SECINFO_SIZE] __attribute__((aligned(64)));
    struct sgx_secinfo secinfo = {.type = type, .permissions = permissions};
    struct sgx_ioc_add_pages argument = {.src = (uint64_t)page,
                                         .offset = offset,
                                         .length = PAGE,
                                         .secinfo = (uint64_t)wire,
                                         .flags = SGX_ADD_PAGES_MEASURE};

    sgx_secinfo_render(secinfo, wire);
    if (ioctl(a->fd, SGX_IOC_ADD_PAGES, &argument) < 0)
        return -errno;
    assert_int_equal(argument.count, PAGE);
    sgx_measure_add(&a->measure, offset, secinfo);
    sgx_measure_extend_page(&a->measure, offset, page);
    return 0;
}

static void add_all(struct abi *a)
{
    static uint8_t page[PAGE] __attribute__((aligned(PAGE)));
    const uint8_t rw = SGX_SECINFO_R | SGX_SECINFO_W;

    for (uint64_t i = 0; i < ABI_THREADS; i++) {
        struct sgx_tcs tcs = {.ossa = i * ABI_THREAD_SIZE + PAGE,
                              .nssa = 2,
                              .oentry = ABI_CODE,
                              .ofs_base = ABI_DATA,
                              .ogs_base = i * ABI_THREAD_SIZE + PAGE,
                              .fs_limit = PAGE - 1,
                              .gs_limit = PAGE - 1};

        sgx_tcs_render(&tcs, page);
        assert_int_equal(add(a, i * ABI_THREAD_SIZE, page, SGX_PT_TCS, 0), 0);
        memset(page, 0, sizeof(page));
        assert_int_equal(add(a, i * ABI_THREAD_SIZE + PAGE, page, SGX_PT_REG, rw), 0);
        assert_int_equal(add(a, i * ABI_THREAD_SIZE + 2 * PAGE, page, SGX_PT_REG, rw), 0);
    }
    for (uint64_t at = 0; at < ABI_DATA_SIZE; at += PAGE)
        assert_int_equal(add(a, ABI_DATA + at, page, SGX_PT_REG, rw), 0);
    memcpy(page, abi_code_begin, (size_t)(abi_code_end - abi_code_begin));
    assert_int_equal(add(a, ABI_CODE, page, SGX_PT_REG, SGX_SECINFO_R | SGX_SECINFO_X), 0);
}

static int init(struct abi *a)
{
    struct sgx_ioc_init argument = {.sigstruct = (uint64_t)a->sigstruct};

    return ioctl(a->fd, SGX_IOC_INIT, &argument) < 0 ? -errno : 0;
}

static void sign(struct abi *a)
{
    struct sgx_measure measure = a->measure;
    uint8_t mrenclave[SGX_HASH_SIZE];
    struct sdk_signing signing = {.settings = &settings, .mrenclave = mrenclave};
    struct err err = {0};

    sgx_measure_final(&measure, mrenclave);
    assert_int_equal(sdk_sign(&signing, signer, a->sigstruct, &err), 0);
}

static void map_all(const struct abi *a)
{
    assert_ptr_equal(
        mmap(a->base, ABI_CODE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, a->fd, 0), a->base);
    assert_ptr_equal(
        mmap(a->base + ABI_CODE, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, a->fd, 0),
        a->base + ABI_CODE);
    assert_ptr_equal(mmap(a->base + ABI_DATA, ABI_SIZE - ABI_DATA, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_FIXED, a->fd, 0),
                     a->base + ABI_DATA);
}

static void make(struct abi *a)
{
    a->fd = open("/dev/sgx_enclave", O_RDWR);
    assert_true(a->fd >= 0);
    a->base = reserve();
    sgx_measure_create(&a->measure, 1, ABI_SIZE);
}

static int setup(void **state)
{
    static struct abi a;

    make(&a);
    assert_int_equal(create(&a), 0);
    add_all(&a);
    sign(&a);
    assert_int_equal(init(&a), 0);
    map_all(&a);
    *state = &a;
    return 0;
}

static int teardown(void **state)
{
    struct abi *a = *state;

    assert_int_equal(munmap(a->base, ABI_SIZE), 0);
    assert_int_equal(close(a->fd), 0);
    return 0;
}

static uintptr_t enter_function(void)
{
    sgx_enter_enclave_fn function = vdso_find_enter();

    assert_non_null(function);
    return (uintptr_t)function;
}

/* Enter thread @thread; the answers stand in @operands. */
static struct sgx_enclave_run enter_as(const struct abi *a, unsigned thread, unsigned leaf,
                                       uint64_t operands[6])
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base + thread * ABI_THREAD_SIZE};

    assert_int_equal(abi_enter(operands, leaf, &run, enter_function()), 0);
    return run;
}

#define ENTER(a, ...)  enter_as(a, 0, SGX_EENTER, (uint64_t[6]){__VA_ARGS__})
#define RESUME(a, ...) enter_as(a, 0, SGX_ERESUME, (uint64_t[6]){__VA_ARGS__})

static void assert_exited(struct sgx_enclave_run run)
{
    assert_int_equal(run.function, SGX_EEXIT);
}

static void assert_fault(struct sgx_enclave_run run, unsigned leaf, unsigned vector, unsigned error,
                         uint64_t address)
{
    assert_int_equal(run.function, leaf);
    assert_int_equal(run.exception_vector, vector);
    assert_int_equal(run.exception_error_code, error);
    assert_int_equal(run.exception_addr, address);
}

/* The handler entry: what the SSA holds, and over the instruction of @size bytes. */
static uint32_t handle(const struct abi *a, uint64_t size)
{
    uint64_t operands[6] = {0, size};

    assert_exited(enter_as(a, 0, SGX_EENTER, operands));
    return (uint32_t)operands[0];
}

/* -- loading -- */

static void ioctls_before_create(void **state)
{
    struct sgx_ioc_add_pages pages = {.length = PAGE};
    struct sgx_ioc_create bad = {.src = 1};
    struct sgx_ioc_restrict_permissions restriction = {.length = PAGE};
    struct abi a;

    (void)state;
    make(&a);
    assert_int_equal(ioctl(a.fd, SGX_IOC_ADD_PAGES, &pages), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(init(&a), -EINVAL);
    assert_int_equal(ioctl(a.fd, SGX_IOC_CREATE, &bad), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(ioctl(a.fd, SGX_IOC_CREATE, NULL), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(ioctl(a.fd, SGX_IOC_RESTRICT_PERMISSIONS, &restriction), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(ioctl(a.fd, 0xa4ff, NULL), -1);
    assert_int_equal(errno, ENOTTY);
    assert_int_equal(create(&a), 0);
    assert_int_equal(create(&a), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(close(a.fd), 0);
}

static int create_with(uint64_t at, uint64_t value, unsigned size)
{
    static uint8_t wire[SGX_SECS_SIZE];
    struct sgx_ioc_create argument = {.src = (uint64_t)wire};
    struct abi a;
    int r;

    make(&a);
    secs_fill(&a, wire);
    memcpy(wire + at, &value, size);
    r = ioctl(a.fd, SGX_IOC_CREATE, &argument) < 0 ? -errno : 0;
    close(a.fd);
    return r;
}

static void secs_is_checked(void **state)
{
    (void)state;
    assert_int_equal(create_with(0, 0x30000, 8), -EINVAL);      /* not a power of two */
    assert_int_equal(create_with(8, 0x7000000001000, 8), -EIO); /* base not aligned to size */
    assert_int_equal(create_with(16, 0, 4), -EIO);              /* no SSA frame */
    assert_int_equal(create_with(24, 1, 1), -EIO);              /* reserved */
    assert_int_equal(create_with(48, 5, 8), -EIO);              /* INIT */
    assert_int_equal(create_with(48, 0, 8), -EIO);              /* not 64 bit */
    assert_int_equal(create_with(56, 1, 8), -EIO);              /* XFRM without SSE */
    assert_int_equal(create_with(56, 0x60007, 8), -EIO);        /* AMX is not there */
}

static int add_raw(const struct abi *a, uint64_t src, uint64_t offset, uint64_t length,
                   uint64_t flags)
{
    uint64_t wire[8] __attribute__((aligned(64))) = {flags};
    struct sgx_ioc_add_pages argument = {
        .src = src, .offset = offset, .length = length, .secinfo = (uint64_t)wire};

    return ioctl(a->fd, SGX_IOC_ADD_PAGES, &argument) < 0 ? -errno : 0;
}

static void pages_are_checked(void **state)
{
    static uint8_t page[2 * PAGE] __attribute__((aligned(PAGE)));
    const uint64_t src = (uint64_t)page, reg = SGX_SECINFO_PT(SGX_PT_REG);
    struct abi a;

    (void)state;
    make(&a);
    assert_int_equal(create(&a), 0);
    assert_int_equal(add_raw(&a, src + 1, 0, PAGE, reg | 3), -EINVAL);
    assert_int_equal(add_raw(&a, src, 1, PAGE, reg | 3), -EINVAL);
    assert_int_equal(add_raw(&a, src, 0, 0, reg | 3), -EINVAL);
    assert_int_equal(add_raw(&a, src, 0, 100, reg | 3), -EINVAL);
    assert_int_equal(add_raw(&a, src, ABI_SIZE, PAGE, reg | 3), -EINVAL);
    assert_int_equal(add_raw(&a, src, -(uint64_t)PAGE, 2 * PAGE, reg | 3), -EINVAL);
    assert_int_equal(add_raw(&a, src, 0, PAGE, reg | 2), -EINVAL);
    assert_int_equal(add_raw(&a, src, 0, PAGE, reg | 0x40), -EINVAL);
    assert_int_equal(add_raw(&a, src, 0, PAGE, reg | SGX_SECINFO_PENDING), -EINVAL);
    assert_int_equal(add_raw(&a, src, 0, PAGE, SGX_SECINFO_PT(SGX_PT_TCS) | 1), -EINVAL);
    assert_int_equal(add_raw(&a, src, 0, PAGE, SGX_SECINFO_PT(SGX_PT_SECS)), -EINVAL);
    assert_int_equal(add_raw(&a, (uint64_t)a.base, 0, PAGE, reg | 3), -EFAULT); /* PROT_NONE */
    page[72] = 1; /* a reserved byte of a TCS */
    assert_int_equal(add_raw(&a, src, 0, PAGE, SGX_SECINFO_PT(SGX_PT_TCS)), -EIO);
    page[72] = 0;
    assert_int_equal(add_raw(&a, src, 0, PAGE, reg | 3), 0);
    assert_int_equal(add_raw(&a, src, 0, PAGE, reg | 3), -EBUSY);
    assert_int_equal(close(a.fd), 0);
}

static void count_tells_how_far_it_came(void **state)
{
    static uint8_t pages[4 * PAGE] __attribute__((aligned(PAGE)));
    uint64_t wire[8] __attribute__((aligned(64))) = {SGX_SECINFO_PT(SGX_PT_REG) | 3};
    struct sgx_ioc_add_pages argument = {
        .src = (uint64_t)pages, .length = 4 * PAGE, .secinfo = (uint64_t)wire};
    struct abi a;

    (void)state;
    make(&a);
    assert_int_equal(create(&a), 0);
    assert_int_equal(add_raw(&a, (uint64_t)pages, 2 * PAGE, PAGE, wire[0]), 0);
    assert_int_equal(ioctl(a.fd, SGX_IOC_ADD_PAGES, &argument), -1);
    assert_int_equal(errno, EBUSY);
    assert_int_equal(argument.count, 2 * PAGE);
    assert_int_equal(close(a.fd), 0);
}

static int init_changed(uint64_t at, uint8_t bits, uint64_t secs_flags)
{
    static uint8_t wire[SGX_SECS_SIZE];
    struct sgx_ioc_create argument = {.src = (uint64_t)wire};
    struct abi a;
    int r;

    make(&a);
    secs_fill(&a, wire);
    wire[48] = (uint8_t)(wire[48] | secs_flags);
    assert_int_equal(ioctl(a.fd, SGX_IOC_CREATE, &argument), 0);
    add_all(&a);
    sign(&a);
    a.sigstruct[at] ^= bits;
    r = init(&a);
    if (r < 0) {
        a.sigstruct[at] ^= bits;
        assert_int_equal(init(&a), secs_flags ? r : 0); /* a refused EINIT may be tried again */
    }
    close(a.fd);
    return r;
}

static void signature_is_checked(void **state)
{
    (void)state;
    assert_int_equal(init_changed(0, 1, 0), -EPERM);    /* HEADER */
    assert_int_equal(init_changed(16, 1, 0), -EINVAL);  /* VENDOR */
    assert_int_equal(init_changed(130, 1, 0), -EPERM);  /* MODULUS */
    assert_int_equal(init_changed(512, 1, 0), -EPERM);  /* EXPONENT */
    assert_int_equal(init_changed(600, 1, 0), -EPERM);  /* SIGNATURE */
    assert_int_equal(init_changed(960, 1, 0), -EPERM);  /* ENCLAVEHASH */
    assert_int_equal(init_changed(1041, 1, 0), -EPERM); /* Q1 */
    assert_int_equal(init_changed(1425, 1, 0), -EPERM); /* Q2 */
    assert_int_equal(init_changed(0, 0, SGX_ATTRIBUTE_PROVISIONKEY), -EACCES);
    assert_int_equal(init_changed(0, 0, SGX_ATTRIBUTE_EINITTOKENKEY), -EACCES);
}

static void mappings_have_caps(void **state)
{
    struct abi *a = *state;
    uint8_t *code = a->base + ABI_CODE, *data = a->base + ABI_DATA;

    assert_ptr_equal(mmap(data, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, a->fd, 0), MAP_FAILED);
    assert_int_equal(errno, EINVAL);
    assert_ptr_equal(mmap(data, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, a->fd, 0),
                     MAP_FAILED);
    assert_int_equal(errno, EACCES);
    assert_ptr_equal(mmap(a->base + ABI_SIZE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, a->fd, 0),
                     MAP_FAILED);
    assert_int_equal(errno, EACCES);
    assert_int_equal(mprotect(code, PAGE, PROT_READ | PROT_WRITE), -1);
    assert_int_equal(errno, EACCES);
    assert_int_equal(mprotect(a->base + ABI_ABSENT, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
    assert_exited(ENTER(a, ABI_STORE, (uint64_t)data + 8, 1)); /* the page is there */
    assert_int_equal(mprotect(data, PAGE, PROT_READ), 0);
    assert_fault(ENTER(a, ABI_STORE, (uint64_t)data + 8, 1), SGX_ERESUME, 14, 7, (uint64_t)data);
    assert_int_equal(mprotect(data, PAGE, PROT_READ | PROT_WRITE), 0);
    assert_exited(RESUME(a, 0));
}

/* -- inside -- */

static void enters_and_leaves(void **state)
{
    uint64_t bases[6] = {ABI_BASES};
    struct abi *a = *state;

    assert_exited(ENTER(a, ABI_NOTHING));
    assert_exited(enter_as(a, 0, SGX_EENTER, bases));
    assert_int_equal(bases[0], (uint64_t)a->base + ABI_DATA);
    assert_int_equal(bases[1], (uint64_t)a->base + PAGE);
}

static void vdso_checks_its_arguments(void **state)
{
    struct abi *a = *state;
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base};
    uint64_t none[6] = {0};

    assert_int_equal(abi_enter(none, SGX_EEXIT, &run, enter_function()), -EINVAL);
    assert_int_equal(abi_enter(none, SGX_EGETKEY, &run, enter_function()), -EINVAL);
    run.reserved[215] = 1;
    assert_int_equal(abi_enter(none, SGX_EENTER, &run, enter_function()), -EINVAL);
}

static void entries_that_fault(void **state)
{
    struct abi *a = *state;
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base + 8};
    uint64_t none[6] = {0};

    assert_int_equal(abi_enter(none, SGX_EENTER, &run, enter_function()), 0);
    assert_fault(run, SGX_EENTER, 13, 0, 0); /* not aligned */
    run = (struct sgx_enclave_run){.tcs = (uint64_t)a->base + ABI_DATA};
    assert_int_equal(abi_enter(none, SGX_EENTER, &run, enter_function()), 0);
    assert_int_equal(run.exception_vector, 14);        /* not a TCS */
    assert_fault(RESUME(a, 0), SGX_ERESUME, 13, 0, 0); /* CSSA is 0 */
}

static void undefined_instruction(void **state)
{
    struct abi *a = *state;

    assert_fault(ENTER(a, ABI_UD), SGX_ERESUME, 6, 0, 0);
    assert_int_equal(handle(a, 2), 0x80000306);
    assert_exited(RESUME(a, 0));
    assert_fault(ENTER(a, ABI_SYSCALL), SGX_ERESUME, 6, 0, 0);
    assert_int_equal(handle(a, 2), 0x80000306);
    assert_exited(RESUME(a, 0));
}

static void general_protection(void **state)
{
    struct abi *a = *state;

    assert_fault(ENTER(a, ABI_HLT), SGX_ERESUME, 13, 0, 0);
    assert_int_equal(handle(a, 1), 0x8000030d);
    assert_exited(RESUME(a, 0));
    assert_fault(ENTER(a, ABI_LEAF, 8, 8, 8, SGX_EREPORT), SGX_ERESUME, 13, 0, 0);
    assert_int_equal(handle(a, 3), 0x8000030d);
    assert_exited(RESUME(a, 0));
    assert_fault(ENTER(a, ABI_LEAF, 0, 0, 0, 77), SGX_ERESUME, 13, 0, 0);
    assert_int_equal(handle(a, 3), 0x8000030d);
    assert_exited(RESUME(a, 0));
}

static void page_faults(void **state)
{
    struct abi *a = *state;
    uint64_t code = (uint64_t)a->base + ABI_CODE;

    assert_fault(ENTER(a, ABI_STORE, code + 0x123, 1), SGX_ERESUME, 14, 7, code);
    assert_int_equal(handle(a, 3), 0x8000030e);
    assert_exited(RESUME(a, 0));
    /* a TCS is nobody's */
    assert_int_equal(ENTER(a, ABI_LOAD, (uint64_t)a->base + 16).exception_vector, 14);
    assert_int_equal(handle(a, 3), 0x8000030e);
    assert_exited(RESUME(a, 0));
    assert_fault(ENTER(a, ABI_LOAD, 0x7010), SGX_ERESUME, 14, 4, 0x7000);
    assert_int_equal(handle(a, 3), 0x8000030e);
    assert_exited(RESUME(a, 0));
}

static void nested_exceptions(void **state)
{
    struct abi *a = *state;

    assert_fault(ENTER(a, ABI_UD), SGX_ERESUME, 6, 0, 0);
    assert_exited(ENTER(a, 0, 0)); /* the handler itself, CSSA 1 */
    assert_fault(RESUME(a, 0), SGX_ERESUME, 6, 0, 0);
    assert_int_equal(handle(a, 2), 0x80000306);
    assert_exited(RESUME(a, 0));
}

static void keys_report_errors_in_rax(void **state)
{
    struct abi *a = *state;
    uint64_t data = (uint64_t)a->base + ABI_DATA;
    uint64_t leaf[6] = {ABI_LEAF, data + 512, data + 2048, 0, SGX_EGETKEY};

    assert_exited(ENTER(a, ABI_STORE, data + 512, SGX_KEY_EINITTOKEN));
    assert_exited(enter_as(a, 0, SGX_EENTER, leaf));
    assert_int_equal(leaf[0], SGX_INVALID_ATTRIBUTE);
    assert_int_equal(leaf[1] & 0x41, 0x40); /* ZF, not CF */
    leaf[0] = ABI_LEAF, leaf[1] = data + 512, leaf[2] = data + 2048, leaf[4] = SGX_EGETKEY;
    assert_exited(ENTER(a, ABI_STORE, data + 512, 99));
    assert_exited(enter_as(a, 0, SGX_EENTER, leaf));
    assert_int_equal(leaf[0], SGX_INVALID_KEYNAME);
}

/* -- SGX2 -- */

static uint64_t accept_page(const struct abi *a, uint64_t page, uint64_t secinfo)
{
    uint64_t data = (uint64_t)a->base + ABI_DATA;
    uint64_t leaf[6] = {ABI_LEAF, data, page, 0, SGX_EACCEPT};

    assert_exited(ENTER(a, ABI_STORE, data, secinfo));
    assert_exited(enter_as(a, 0, SGX_EENTER, leaf));
    return leaf[0];
}

static void pages_come_on_touch(void **state)
{
    struct abi *a = *state;
    uint64_t page = (uint64_t)a->base + ABI_ABSENT;
    uint64_t augmented = SGX_SECINFO_PT(SGX_PT_REG) | SGX_SECINFO_PENDING | 3;
    struct sgx_enclave_run run = ENTER(a, ABI_STORE, page, 7);

    assert_int_equal(run.exception_vector, 14);
    assert_int_equal(run.exception_error_code & 0x8000, 0x8000); /* pending: SGX's own fault */
    assert_int_equal(run.exception_addr, page);
    assert_int_equal(handle(a, 3), 0x8000030e);
    assert_exited(RESUME(a, 0));
    assert_int_equal(accept_page(a, page, augmented), 0);
    assert_int_equal(accept_page(a, page, augmented), SGX_PAGE_ATTRIBUTES_MISMATCH);
    assert_exited(ENTER(a, ABI_STORE, page, 7));
    assert_int_equal(accept_page(a, page + PAGE, augmented), 0); /* EACCEPT itself brings it */
}

static void permissions_are_restricted(void **state)
{
    struct abi *a = *state;
    uint64_t page = (uint64_t)a->base + ABI_DATA + PAGE;
    struct sgx_ioc_restrict_permissions p = {
        .offset = ABI_DATA + PAGE, .length = PAGE, .permissions = SGX_SECINFO_R};

    assert_exited(ENTER(a, ABI_STORE, page, 7));
    assert_int_equal(ioctl(a->fd, SGX_IOC_RESTRICT_PERMISSIONS, &p), 0);
    assert_int_equal(p.count, PAGE);
    assert_fault(ENTER(a, ABI_STORE, page, 7), SGX_ERESUME, 14, 0x8007, page);
    assert_int_equal(handle(a, 3), 0x8000030e);
    assert_exited(RESUME(a, 0));
    assert_int_equal(ioctl(a->fd, SGX_IOC_RESTRICT_PERMISSIONS, &p), -1);
    assert_int_equal(errno, EINVAL); /* count is not zero */
    assert_int_equal(accept_page(a, page, SGX_SECINFO_PT(SGX_PT_REG) | SGX_SECINFO_PR | 1), 0);
}

static void pages_are_trimmed(void **state)
{
    struct abi *a = *state;
    uint64_t page = (uint64_t)a->base + ABI_DATA + PAGE;
    struct sgx_ioc_modify_types types = {
        .offset = ABI_DATA + PAGE, .length = PAGE, .page_type = SGX_PT_TRIM};
    struct sgx_ioc_remove_pages removal = {.offset = ABI_DATA + PAGE, .length = PAGE};

    assert_int_equal(ioctl(a->fd, SGX_IOC_REMOVE_PAGES, &removal), -1);
    assert_int_equal(errno, EPERM);
    removal.count = 0;
    assert_int_equal(ioctl(a->fd, SGX_IOC_MODIFY_TYPES, &types), 0);
    assert_int_equal(ioctl(a->fd, SGX_IOC_REMOVE_PAGES, &removal), -1);
    assert_int_equal(errno, EPERM); /* not accepted yet */
    removal.count = 0;
    assert_int_equal(accept_page(a, page, SGX_SECINFO_PT(SGX_PT_TRIM) | SGX_SECINFO_MODIFIED), 0);
    assert_int_equal(ioctl(a->fd, SGX_IOC_REMOVE_PAGES, &removal), 0);
    assert_int_equal(removal.count, PAGE);
    removal.count = 0;
    assert_int_equal(ioctl(a->fd, SGX_IOC_REMOVE_PAGES, &removal), -1);
    assert_int_equal(errno, EFAULT);
}

/* -- signals, threads, fork -- */

static volatile sig_atomic_t ticks, breakpoints, on_stack;
static uint8_t signal_stack[64 * 1024];

static void on_signal(int signo, siginfo_t *info, void *context)
{
    uint8_t here;

    (void)info;
    (void)context;
    ticks += signo == SIGALRM;
    breakpoints += signo == SIGTRAP;
    on_stack += &here >= signal_stack && &here < signal_stack + sizeof(signal_stack);
}

static void handle_signal(int signo, int flags)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags};

    assert_int_equal(sigaction(signo, &action, NULL), 0);
}

static void breakpoints_stay_signals(void **state)
{
    struct abi *a = *state;

    handle_signal(SIGTRAP, 0);
    breakpoints = 0;
    assert_exited(ENTER(a, ABI_BREAKPOINT)); /* a trap: resumed behind it by the AEP */
    assert_int_equal(breakpoints, 1);
}

static void timer(int microseconds)
{
    const struct itimerval every = {
        {0, microseconds},
        {0, microseconds}
    };

    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

struct spinner {
    const struct abi *a;
    unsigned thread;
    int failures;
};

static void *spin(void *data)
{
    struct spinner *s = data;
    uint64_t gs = (uint64_t)s->a->base + s->thread * ABI_THREAD_SIZE + PAGE;
    const char *seconds = getenv("COFFER_ABI_SECONDS");
    time_t end = time(NULL) + (seconds ? atoi(seconds) : 1);

    do {
        for (int i = 0; i < 50; i++) {
            uint64_t operands[6] = {ABI_SPIN, 20000, 0, gs};

            if (enter_as(s->a, s->thread, SGX_EENTER, operands).function != SGX_EEXIT ||
                operands[0] != 1)
                s->failures++;
            for (int k = 0; k < 200; k++) {
                uint64_t nothing[6] = {ABI_NOTHING};

                if (enter_as(s->a, s->thread, SGX_EENTER, nothing).function != SGX_EEXIT)
                    s->failures++;
            }
        }
    } while (time(NULL) < end);
    return NULL;
}

static void eight_threads_under_a_timer(void **state)
{
    struct spinner spinners[ABI_THREADS];
    pthread_t ids[ABI_THREADS];

    handle_signal(SIGALRM, SA_RESTART);
    ticks = 0;
    timer(500);
    for (unsigned i = 0; i < ABI_THREADS; i++) {
        spinners[i] = (struct spinner){.a = *state, .thread = i};
        assert_int_equal(pthread_create(&ids[i], NULL, spin, &spinners[i]), 0);
    }
    for (unsigned i = 0; i < ABI_THREADS; i++)
        assert_int_equal(pthread_join(ids[i], NULL), 0);
    timer(0);
    for (unsigned i = 0; i < ABI_THREADS; i++)
        assert_int_equal(spinners[i].failures, 0);
    assert_true(ticks > 10);
}

static void signals_use_the_programs_stack(void **state)
{
    stack_t ours = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)}, seen;
    struct spinner s = {.a = *state};

    assert_int_equal(sigaltstack(&ours, NULL), 0);
    handle_signal(SIGALRM, SA_ONSTACK | SA_RESTART);
    ticks = on_stack = 0;
    timer(1000);
    spin(&s);
    timer(0);
    assert_int_equal(s.failures, 0);
    assert_true(ticks > 10);
    assert_int_equal(on_stack, ticks);
    assert_int_equal(sigaltstack(NULL, &seen), 0);
    assert_ptr_equal(seen.ss_sp, signal_stack);
    ours.ss_flags = SS_DISABLE;
    assert_int_equal(sigaltstack(&ours, NULL), 0);
}

static sigjmp_buf jump;

static void on_jump(int signo)
{
    (void)signo;
    siglongjmp(jump, 1);
}

static void raise_fault(void)
{
    volatile int *volatile nowhere = (volatile int *)8;

    *nowhere = 1;
}

static void handlers_may_jump_away(void **state)
{
    struct sigaction action = {.sa_handler = on_jump};
    struct abi *a = *state;

    assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
    for (int i = 0; i < 100; i++) {
        if (sigsetjmp(jump, 1) == 0) {
            raise_fault();
            fail();
        }
        assert_exited(ENTER(a, ABI_NOTHING));
    }
    action.sa_handler = SIG_DFL;
    assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
}

static void masks_cannot_stop_it(void **state)
{
    struct abi *a = *state;
    sigset_t all, old, seen;

    sigfillset(&all);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &all, &old), 0);
    assert_exited(ENTER(a, ABI_NOTHING));
    assert_fault(ENTER(a, ABI_UD), SGX_ERESUME, 6, 0, 0);
    assert_int_equal(handle(a, 2), 0x80000306);
    assert_exited(RESUME(a, 0));
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &old, &seen), 0);
    assert_int_equal(sigismember(&seen, SIGILL), 1);
    assert_int_equal(sigismember(&seen, SIGUSR1), 1);
}

static void a_child_has_the_enclave_too(void **state)
{
    struct abi *a = *state;
    uint64_t data = (uint64_t)a->base + ABI_DATA + 64, load[6] = {ABI_LOAD, data};
    pid_t pid;
    int status;

    assert_exited(ENTER(a, ABI_NOTHING));
    pid = fork();
    if (pid == 0) {
        bool good = ENTER(a, ABI_STORE, data, 0x77).function == SGX_EEXIT &&
                    ENTER(a, ABI_SYSCALL).exception_vector == 6;

        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_exited(enter_as(a, 1, SGX_EENTER, load));
    assert_int_equal(load[0], 0x77);
}

/* -- hostile arguments: no errno matters, only that the program lives and the enclave too -- */

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void hostile_ioctls(void **state)
{
    struct abi *a = *state;
    uint64_t seed = 88172645463325252, words[8];
    const uint64_t values[] = {0,
                               1,
                               PAGE,
                               2 * PAGE,
                               ABI_DATA,
                               ABI_SIZE,
                               UINT64_MAX,
                               UINT64_MAX - PAGE + 1,
                               (uint64_t)words,
                               (uint64_t)a->base,
                               (uint64_t)a->base + ABI_ABSENT,
                               1ULL << 63};

    for (int i = 0; i < 20000; i++) {
        unsigned command = (unsigned)(0xa400 | random_next(&seed) % 9);
        static const unsigned sizes[] = {0x40080000, 0xc0300000, 0x40080000, 0x40080000, 0,
                                         0xc0280000, 0xc0280000, 0xc0180000, 0};

        for (size_t k = 0; k < 8; k++)
            words[k] = values[random_next(&seed) % (sizeof(values) / sizeof(values[0]))];
        command |= sizes[command & 15];
        (void)ioctl(i % 2 ? a->fd : open("/dev/sgx_enclave", O_RDWR), command,
                    i % 7 ? (void *)words : (void *)values[(unsigned)i % 12]);
        if (i % 64 == 0)
            for (int fd = a->fd + 1; fd < a->fd + 64; fd++)
                close(fd);
    }
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ioctls_before_create),
        cmocka_unit_test(secs_is_checked),
        cmocka_unit_test(pages_are_checked),
        cmocka_unit_test(count_tells_how_far_it_came),
        cmocka_unit_test(signature_is_checked),
        LIVE(mappings_have_caps),
        LIVE(enters_and_leaves),
        LIVE(vdso_checks_its_arguments),
        LIVE(entries_that_fault),
        LIVE(undefined_instruction),
        LIVE(general_protection),
        LIVE(page_faults),
        LIVE(nested_exceptions),
        LIVE(keys_report_errors_in_rax),
        LIVE(pages_come_on_touch),
        LIVE(permissions_are_restricted),
        LIVE(pages_are_trimmed),
        LIVE(breakpoints_stay_signals),
        LIVE(eight_threads_under_a_timer),
        LIVE(signals_use_the_programs_stack),
        LIVE(handlers_may_jump_away),
        LIVE(masks_cannot_stop_it),
        LIVE(a_child_has_the_enclave_too),
        LIVE(hostile_ioctls),
    };
    struct err err = {0};

    if (argc < 2 || rsa_signer_new(argv[1], &signer, &err) < 0)
        return 2;
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
