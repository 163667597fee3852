/* SPDX-License-Identifier: Apache-2.0 */
/* A program that uses no function of the C library but syscall(). */
#include "tests.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

/* the kernel's struct sigaction */
struct kernel_action {
    void (*handler)(int, void *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

#define KERNEL_RESTORER 0x04000000UL

void abi_restorer(void);
__asm__(".text\n"
        "abi_restorer: mov $15, %eax\n"
        "syscall");

static void map_raw(const struct abi *a, uint64_t offset, uint64_t size, int prot)
{
    uint64_t at = (uint64_t)a->base + offset;

    expect_equal(syscall(SYS_mmap, at, size, prot, MAP_SHARED | MAP_FIXED, a->fd, 0L), at);
}

static int add_raw(struct abi *a, uint64_t offset, const void *page, uint64_t secinfo)
{
    uint64_t wire[8] __attribute__((aligned(64))) = {secinfo};
    struct sgx_ioc_add_pages add = {.src = (uint64_t)page,
                                    .offset = offset,
                                    .length = PAGE,
                                    .secinfo = (uint64_t)wire,
                                    .flags = SGX_ADD_PAGES_MEASURE};
    struct sgx_secinfo parsed;

    expect(sgx_secinfo_parse((const uint8_t *)wire, &parsed));
    sgx_measure_add(&a->measure, offset, parsed);
    sgx_measure_extend_page(&a->measure, offset, page);
    return (int)syscall(SYS_ioctl, a->fd, SGX_IOC_ADD_PAGES, &add);
}

static void load_raw(struct abi *a)
{
    static uint8_t wire[SGX_SECS_SIZE], page[PAGE] __attribute__((aligned(PAGE)));
    struct sgx_ioc_create create = {.src = (uint64_t)wire};
    struct sgx_ioc_init init = {.sigstruct = (uint64_t)a->sigstruct};
    const struct sgx_tcs tcs = {
        .ossa = ABI_SSA, .nssa = 2, .oentry = ABI_CODE, .ofs_base = ABI_DATA, .ogs_base = ABI_SSA};

    sgx_secs_render(&a->secs, wire);
    sgx_measure_create(&a->measure, 1, ABI_SIZE);
    expect_equal(syscall(SYS_ioctl, a->fd, SGX_IOC_CREATE, &create), 0);
    expect_equal(add_raw(a, ABI_SSA, page, REG(3)), 0);
    expect_equal(add_raw(a, ABI_SSA + PAGE, page, REG(3)), 0);
    expect_equal(add_raw(a, ABI_DATA, page, REG(3)), 0);
    sgx_tcs_render(&tcs, page);
    expect_equal(add_raw(a, 0, page, SGX_SECINFO_PT(SGX_PT_TCS)), 0);
    memcpy(page, abi_code_begin, (size_t)(abi_code_end - abi_code_begin));
    expect_equal(add_raw(a, ABI_CODE, page, REG(5)), 0);
    abi_sign(a);
    expect_equal(syscall(SYS_ioctl, a->fd, SGX_IOC_INIT, &init), 0);
}

void system_calls_without_wrappers(struct abi *a)
{
    int fd;

    close(a->fd);
    a->fd = (int)syscall(SYS_openat, AT_FDCWD, "/dev/sgx_enclave", O_RDWR, 0);
    expect(a->fd >= 0);
    load_raw(a);
    map_raw(a, 0, ABI_CODE, PROT_READ | PROT_WRITE);
    map_raw(a, ABI_CODE, PAGE, PROT_READ);
    map_raw(a, ABI_DATA, PAGE, PROT_READ | PROT_WRITE);
    expect_error(syscall(SYS_mprotect, a->base + ABI_CODE, (size_t)PAGE, PROT_READ | PROT_WRITE),
                 EACCES);
    expect_equal(syscall(SYS_mprotect, a->base + ABI_CODE, (size_t)PAGE, PROT_READ | PROT_EXEC), 0);
    poke(a, ABI_DATA, 0x11);
    fd = (int)syscall(SYS_dup, a->fd);
    expect_equal(syscall(SYS_dup2, a->fd, 200), 200);
    expect_equal(syscall(SYS_dup3, a->fd, 201, O_CLOEXEC), 201);
    expect_equal(syscall(SYS_fcntl, a->fd, F_DUPFD, 202), 202);
    expect_equal(syscall(SYS_close, a->fd), 0);
    for (a->fd = 200; a->fd < 203; a->fd++)
        map_raw(a, ABI_DATA, PAGE, PROT_READ | PROT_WRITE);
    expect_equal(syscall(SYS_munmap, a->base + ABI_DATA, (size_t)PAGE), 0);
    a->fd = fd;
    map_raw(a, ABI_DATA, PAGE, PROT_READ | PROT_WRITE);
    expect_equal(peek(a, ABI_DATA), 0x11);
    expect_equal(syscall(SYS_mremap, a->base + ABI_DATA, (size_t)PAGE, (size_t)PAGE, 0),
                 a->base + ABI_DATA);
    expect_equal(syscall(SYS_open, "/dev/sgx_provision", O_RDONLY, 0) >= 0, 1);
}

static volatile sig_atomic_t signals;

static void on_raw(int signo, void *info, void *context)
{
    (void)signo;
    (void)info;
    if (((ucontext_t *)context)->uc_mcontext.gregs[REG_TRAPNO] == 14)
        ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 3; /* after the access */
    signals++;
}

static void fault_here(void)
{
    __asm__ volatile("mov (%0), %%rax" : : "c"(NOWHERE) : "rax");
}

/* With the kernel's structures instead of the C library's, the dispatcher keeps working. */
void signals_without_wrappers(struct abi *a)
{
    static uint8_t stack[32768];
    struct kernel_action action = {.handler = on_raw,
                                   .flags = SA_SIGINFO | SA_ONSTACK | KERNEL_RESTORER};
    struct kernel_action seen = {0};
    stack_t altstack = {.ss_sp = stack, .ss_size = sizeof(stack)}, old;
    uint64_t all = ~0ULL, mask = 0, none = 0;

    action.restorer = abi_restorer;
    abi_load(a);
    expect_exit(ENTER(a, ABI_NOTHING));
    expect_equal(syscall(SYS_sigaltstack, &altstack, NULL), 0);
    expect_equal(syscall(SYS_rt_sigaction, SIGSEGV, &action, NULL, 8L), 0);
    expect_equal(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 8L), 0);
    expect_equal(syscall(SYS_rt_sigaction, SIGSEGV, NULL, &seen, 8L), 0);
    expect(seen.handler == on_raw);
    expect_equal(syscall(SYS_sigaltstack, NULL, &old), 0);
    expect(old.ss_sp == stack);
    fault_here();
    expect_equal(signals, 1);
    expect_equal(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8L), 0);
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, 6, 0, 0);
    expect_equal(handle(a, 2), 0x80000306);
    expect_exit(RESUME(a, 0));
    raise(SIGUSR1);
    expect_equal(signals, 1);
    expect_equal(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, &mask, 8L), 0);
    expect_equal(mask | 1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1), all);
    expect_equal(signals, 2);
}

void system_calls_that_fail(struct abi *a)
{
    void *const nowhere = NOWHERE;

    expect_error(syscall(SYS_rt_sigaction, SIGSEGV, NULL, NULL, 4L), EINVAL);
    expect_error(syscall(SYS_rt_sigaction, SIGSEGV, nowhere, NULL, 8L), EFAULT);
    expect_error(syscall(SYS_rt_sigaction, SIGSEGV, NULL, nowhere, 8L), EFAULT);
    expect_error(syscall(SYS_rt_sigaction, 99, NULL, NULL, 8L), EINVAL);
    expect_error(syscall(SYS_rt_sigprocmask, SIG_SETMASK, nowhere, NULL, 8L), EFAULT);
    expect_error(syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, nowhere, 8L), EFAULT);
    expect_error(syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, NULL, 16L), EINVAL);
    expect_error(syscall(SYS_sigaltstack, nowhere, NULL), EFAULT);
    expect_error(syscall(SYS_sigaltstack, NULL, nowhere), EFAULT);
    expect_error(syscall(SYS_openat, AT_FDCWD, "/nowhere/at/all", O_RDONLY, 0), ENOENT);
    expect_error(syscall(SYS_openat, AT_FDCWD, nowhere, O_RDONLY, 0), EFAULT);
    expect_error(syscall(SYS_close, 9999), EBADF);
    expect_error(syscall(SYS_dup2, 9999, 5), EBADF);
    expect_error(syscall(SYS_ioctl, a->fd, SGX_IOC_CREATE, NULL), EFAULT);
    expect_error(syscall(SYS_mmap, 0L, 0L, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L), EINVAL);
    expect_error(syscall(100000L), ENOSYS);
    expect_equal(syscall(SYS_getpid), getpid());
    /* all six arguments arrive */
    expect(syscall(SYS_mmap, 0L, (size_t)PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L) !=
           -1);
}

/* -- like a library with system calls of its own -- */

static long unseen(long number, long first, long second)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second)
                     : "rcx", "r11", "memory");
    return result;
}

/* It closes every descriptor, and other files get the numbers: the emulator must not write to
 * them. */
void descriptors_may_be_replaced(struct abi *a)
{
    int file = memfd_create("file", 0);
    struct abi other;

    expect(file >= 0);
    sgx_measure_create(&a->measure, 1, ABI_SIZE);
    expect_equal(abi_create(a), 0);
    for (int fd = 3; fd < 2000; fd++)
        if (fd != a->fd && fd != file && unseen(SYS_close, fd, 0) == 0)
            expect_equal(unseen(SYS_dup2, file, fd), fd);
    abi_add_all(a);
    abi_sign(a);
    expect_equal(abi_init(a), 0);
    abi_map_all(a);
    poke(a, ABI_DATA, 0x11);
    expect_equal(peek(a, ABI_DATA), 0x11);
    abi_open(&other);
    abi_load(&other);
    expect_exit(ENTER(&other, ABI_NOTHING));
    expect_equal(lseek(file, 0, SEEK_END), 0);
    for (int fd = 3; fd < 2000; fd++)
        if (fd != a->fd && fd != other.fd && unseen(SYS_fcntl, fd, F_GETFD) == 0)
            expect_equal(close(fd), 0);
}
