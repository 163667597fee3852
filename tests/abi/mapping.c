/* SPDX-License-Identifier: Apache-2.0 */
#include "tests.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>

static long map_at(const struct abi *a, void *at, size_t size, int prot)
{
    return (long)mmap(at, size, prot, MAP_SHARED | MAP_FIXED, a->fd, 0);
}

void mappings_have_caps(struct abi *a)
{
    uint8_t *code = a->base + ABI_CODE, *data = a->base + ABI_DATA;

    expect_error(map_at(a, data, PAGE, PROT_READ | PROT_EXEC), EACCES);
    expect_error(map_at(a, code, PAGE, PROT_READ | PROT_WRITE), EACCES);
    /* one of the two pages refuses */
    expect_error(map_at(a, code, 2 * PAGE, PROT_READ | PROT_WRITE), EACCES);
    expect_error(map_at(a, code, 2 * PAGE, PROT_READ | PROT_EXEC), EACCES);
    expect_equal(map_at(a, code, 2 * PAGE, PROT_READ), (long)code);
    expect_error(mprotect(code, PAGE, PROT_READ | PROT_WRITE), EACCES);
    expect_error(mprotect(data, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), EACCES);
    expect_error(mprotect(a->base, PAGE, PROT_EXEC), EACCES); /* a TCS allows read and write */
    expect_equal(mprotect(a->base, PAGE, PROT_READ | PROT_WRITE), 0);
    expect_equal(mprotect(code, PAGE, PROT_READ | PROT_EXEC), 0);
    expect_equal(mprotect(data, PAGE, PROT_READ | PROT_WRITE), 0);
    /* without a page, there is no restriction */
    expect_equal(mprotect(a->base + ABI_ABSENT, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
    expect_exit(ENTER(a, ABI_STORE, (uint64_t)data + 8, 1));
    expect_equal(mprotect(data, PAGE, PROT_READ), 0);
    expect_fault(ENTER(a, ABI_STORE, (uint64_t)data + 8, 1), SGX_ERESUME, 14, 7, (uint64_t)data);
    expect_equal(mprotect(data, PAGE, PROT_READ | PROT_WRITE), 0);
    expect_exit(RESUME(a, 0));
}

void mappings_stay_in_range(struct abi *a)
{
    uint8_t *beyond = a->base + ABI_SIZE;

    expect_error(map_at(a, beyond, PAGE, PROT_READ), EACCES);
    expect_error(map_at(a, beyond - PAGE, 2 * PAGE, PROT_READ), EACCES);
    expect_error(map_at(a, a->base - PAGE, 2 * PAGE, PROT_READ), EACCES);
    expect_error((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, a->fd, 0), EACCES);
    expect_error(map_at(a, beyond, PAGE, PROT_NONE), EACCES);
    expect_exit(ENTER(a, ABI_NOTHING));
}

void mappings_and_personality(struct abi *a)
{
    expect(personality(READ_IMPLIES_EXEC) >= 0);
    expect_error(map_at(a, a->base + ABI_DATA, PAGE, PROT_READ), EACCES);
    expect_error(mprotect(a->base + ABI_DATA, PAGE, PROT_READ), EACCES);
    expect(personality(0) >= 0);
    expect_equal(map_at(a, a->base + ABI_DATA, PAGE, PROT_READ | PROT_WRITE),
                 (long)a->base + ABI_DATA);
    expect_exit(ENTER(a, ABI_NOTHING));
}

void mappings_are_shared(struct abi *a)
{
    void *data = a->base + ABI_DATA;

    expect_error((long)mmap(data, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, a->fd, 0), EINVAL);
    expect_error((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, a->fd, 0), EINVAL);
    expect_error((long)mmap(data, 0, PROT_READ, MAP_SHARED | MAP_FIXED, a->fd, 0), EINVAL);
    poke(a, ABI_DATA, 1);
}

void mappings_go_in_parts(struct abi *a)
{
    uint8_t *data = a->base + ABI_DATA;

    poke(a, ABI_DATA, 0x11);
    poke(a, ABI_DATA + PAGE, 0x22);
    expect_equal(munmap(data + PAGE, PAGE), 0);
    expect_fault(ENTER(a, ABI_LOAD, (uint64_t)data + PAGE), SGX_ERESUME, 14, 4,
                 (uint64_t)data + PAGE);
    expect_equal(peek(a, ABI_DATA), 0x11); /* the page beside it */
    expect_equal(map_at(a, data + PAGE, PAGE, PROT_READ | PROT_WRITE), (long)data + PAGE);
    expect_exit(RESUME(a, 0));
    expect_equal(peek(a, ABI_DATA + PAGE), 0x22); /* the page stayed in the enclave */
    expect_equal(munmap(a->base, ABI_SIZE), 0);
    expect_equal(ENTER(a, ABI_NOTHING).exception_vector, 14);
    abi_map_all(a);
    expect_equal(peek(a, ABI_DATA), 0x11);
    expect_equal(close(a->fd), 0); /* a mapping keeps the enclave */
    expect_equal(peek(a, ABI_DATA), 0x11);
}

/* Memory of the host over a part of an enclave hides its page and does not remove it. */
void mappings_are_replaced(struct abi *a)
{
    uint8_t *data = a->base + ABI_DATA;
    uint8_t *ours = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    poke(a, ABI_DATA, 0x11);
    expect(mmap(data, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                0) == data);
    expect_equal(data[0], 0);
    expect_error((long)mmap(data, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, a->fd, 0),
                 EEXIST);
    data[0] = 0x33;
    expect_equal(mprotect(data, PAGE, PROT_READ | PROT_EXEC), 0); /* ordinary memory */
    expect_equal(map_at(a, data, PAGE, PROT_READ | PROT_WRITE), (long)data);
    expect_equal(peek(a, ABI_DATA), 0x11);
    expect(mremap(ours, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, data) == data);
    expect_equal(mprotect(data, PAGE, PROT_READ | PROT_EXEC), 0);
    expect_equal(map_at(a, data, PAGE, PROT_READ | PROT_WRITE), (long)data);
    expect_equal(peek(a, ABI_DATA), 0x11);
}

/* VM_DONTEXPAND: shrinking is munmap(), and the same size has no effect. */
void mappings_do_not_grow(struct abi *a)
{
    uint8_t *absent = a->base + ABI_ABSENT;
    uint8_t *last = a->base + ABI_SIZE - PAGE;

    expect_equal(munmap(last, PAGE), 0);
    expect_error((long)mremap(last - PAGE, PAGE, 2 * PAGE, 0), EFAULT);
    expect_error((long)mremap(last - PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
    expect(mremap(absent, PAGE, PAGE, 0) == absent);
    expect(mremap(absent, 2 * PAGE, PAGE, 0) == absent);
    expect_equal(ENTER(a, ABI_LOAD, (uint64_t)absent + PAGE).exception_error_code, 4);
    expect_equal(handle(a, 3), 0x8000030e);
    expect_exit(RESUME(a, 0));
}

/* The address decides which page is shown; the offset is ignored. */
void offsets_do_not_matter(struct abi *a)
{
    uint8_t *data = a->base + ABI_DATA;

    poke(a, ABI_DATA, 0x11);
    expect(mmap(data, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, a->fd, 8 * PAGE) ==
           data);
    expect_equal(peek(a, ABI_DATA), 0x11);
}

static void load_mapped(struct abi *a)
{
    sgx_measure_create(&a->measure, 1, ABI_SIZE);
    expect_equal(abi_create(a), 0);
    abi_add_all(a);
    abi_sign(a);
    expect_equal(abi_init(a), 0);
}

/* Gramine first maps the range from the device, and sets rights afterwards. */
void mappings_before_create(struct abi *a)
{
    uint8_t *at = mmap(NULL, 2 * ABI_SIZE, PROT_NONE, MAP_SHARED, a->fd, 0);

    expect((long)at != -1);
    a->base = at + (-(uintptr_t)at & (ABI_SIZE - 1));
    a->secs.base = (uint64_t)a->base;
    load_mapped(a);
    expect_equal(mprotect(a->base, ABI_CODE, PROT_READ | PROT_WRITE), 0);
    expect_equal(mprotect(a->base + ABI_CODE, PAGE, PROT_READ | PROT_EXEC), 0);
    expect_equal(mprotect(a->base + ABI_DATA, ABI_DATA_SIZE, PROT_READ | PROT_WRITE), 0);
    poke(a, ABI_DATA, 0x11);
    expect_equal(peek(a, ABI_DATA), 0x11);
}

void mappings_in_parts_before_create(struct abi *a)
{
    expect_equal(map_at(a, a->base, ABI_SIZE, PROT_READ | PROT_WRITE), (long)a->base);
    expect_equal(mprotect(a->base + ABI_CODE, PAGE, PROT_READ | PROT_EXEC), 0);
    expect(mmap(a->base + ABI_ABSENT, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                0) == a->base + ABI_ABSENT);
    load_mapped(a);
    poke(a, ABI_DATA, 0x11);
    expect_equal(peek(a, ABI_DATA), 0x11);
    expect_equal(ENTER(a, ABI_LOAD, (uint64_t)a->base + ABI_ABSENT).exception_error_code, 4);
}

static sigjmp_buf touched;
static int touched_by, touched_code;

static void on_touch(int signo, void *info, void *context)
{
    (void)context;
    touched_by = signo;
    touched_code = ((siginfo_t *)info)->si_code;
    siglongjmp(touched, 1);
}

/* Before EINIT an access adds no page. */
void absent_pages_are_bus_errors(struct abi *a)
{
    expect_equal(map_at(a, a->base, ABI_SIZE, PROT_READ | PROT_WRITE), (long)a->base);
    expect_equal(abi_create(a), 0);
    on_signal(SIGBUS, on_touch, 0);
    on_signal(SIGSEGV, on_touch, 0);
    if (sigsetjmp(touched, 1) == 0) {
        (void)*(volatile uint8_t *)(a->base + ABI_DATA);
        expect(false);
    }
    expect_equal(touched_by, SIGBUS);
    expect_equal(touched_code, BUS_ADRERR);
}
