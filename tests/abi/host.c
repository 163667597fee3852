/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "sdk/host/vdso.h"

static_assert(offsetof(struct abi_seen, r) == SEEN_R8, "abi.h");
static_assert(offsetof(struct abi_seen, rflags) == SEEN_RFLAGS, "abi.h");
static_assert(offsetof(struct abi_seen, mxcsr) == SEEN_MXCSR, "abi.h");
static_assert(offsetof(struct abi_seen, ymm) == SEEN_YMM, "abi.h");
static_assert(sizeof(struct abi_seen) == SEEN_SIZE, "abi.h");

struct abi_saw abi_saw;
uint64_t abi_gives[5];
int (*abi_decide)(struct sgx_enclave_run *run);

static uint8_t *reserve(void)
{
    uint8_t *area = mmap(NULL, 2 * ABI_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(area != MAP_FAILED);
    return area + (-(uintptr_t)area & (ABI_SIZE - 1));
}

void abi_open(struct abi *a)
{
    a->fd = open("/dev/sgx_enclave", O_RDWR);
    expect(a->fd >= 0);
    a->base = reserve();
    a->tcs_flags = 0;
    a->secs =
        (struct sgx_secs){.size = ABI_SIZE,
                          .base = (uint64_t)a->base,
                          .ssa_frame_size = 1,
                          .miscselect = SGX_MISC_EXINFO,
                          .attributes = {.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = SGX_XFRM_AVX}};
    a->signature =
        (struct sgx_sigstruct){.exponent = SGX_SIGSTRUCT_EXPONENT,
                               .miscselect = SGX_MISC_EXINFO,
                               .misc_mask = UINT32_MAX,
                               .attributes = a->secs.attributes,
                               .attribute_mask = {.flags = UINT64_MAX, .xfrm = UINT64_MAX}};
}

int abi_create(const struct abi *a)
{
    static uint8_t wire[SGX_SECS_SIZE];
    struct sgx_ioc_create argument = {.src = (uint64_t)wire};

    sgx_secs_render(&a->secs, wire);
    return ioctl(a->fd, SGX_IOC_CREATE, &argument) < 0 ? -errno : 0;
}

int abi_add(struct abi *a, uint64_t offset, const void *page, uint8_t type, uint8_t permissions)
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
    expect_equal(argument.count, PAGE);
    sgx_measure_add(&a->measure, offset, secinfo);
    sgx_measure_extend_page(&a->measure, offset, page);
    return 0;
}

int abi_add_raw(const struct abi *a, uint64_t src, uint64_t offset, uint64_t length,
                uint64_t secinfo_flags)
{
    uint64_t wire[8] __attribute__((aligned(64))) = {secinfo_flags};
    struct sgx_ioc_add_pages argument = {
        .src = src, .offset = offset, .length = length, .secinfo = (uint64_t)wire};

    return ioctl(a->fd, SGX_IOC_ADD_PAGES, &argument) < 0 ? -errno : 0;
}

static void add_thread(struct abi *a, uint64_t at)
{
    static uint8_t page[PAGE] __attribute__((aligned(PAGE)));
    const uint8_t rw = SGX_SECINFO_R | SGX_SECINFO_W;
    struct sgx_tcs tcs = {.flags = a->tcs_flags,
                          .ossa = at + ABI_SSA,
                          .nssa = 2,
                          .oentry = ABI_CODE,
                          .ofs_base = ABI_DATA,
                          .ogs_base = at + ABI_SSA,
                          .fs_limit = PAGE - 1,
                          .gs_limit = PAGE - 1};

    sgx_tcs_render(&tcs, page);
    expect_equal(abi_add(a, at, page, SGX_PT_TCS, 0), 0);
    memset(page, 0, sizeof(page));
    expect_equal(abi_add(a, at + ABI_SSA, page, SGX_PT_REG, rw), 0);
    expect_equal(abi_add(a, at + ABI_SSA + PAGE, page, SGX_PT_REG, rw), 0);
}

void abi_add_all(struct abi *a)
{
    static uint8_t page[PAGE] __attribute__((aligned(PAGE)));

    for (uint64_t i = 0; i < ABI_THREADS; i++)
        add_thread(a, i * ABI_THREAD_SIZE);
    memset(page, 0, sizeof(page));
    for (uint64_t at = 0; at < ABI_DATA_SIZE; at += PAGE)
        expect_equal(abi_add(a, ABI_DATA + at, page, SGX_PT_REG, SGX_SECINFO_R | SGX_SECINFO_W), 0);
    memcpy(page, abi_code_begin, (size_t)(abi_code_end - abi_code_begin));
    expect_equal(abi_add(a, ABI_CODE, page, SGX_PT_REG, SGX_SECINFO_R | SGX_SECINFO_X), 0);
}

int abi_init(struct abi *a)
{
    struct sgx_ioc_init argument = {.sigstruct = (uint64_t)a->sigstruct};

    return ioctl(a->fd, SGX_IOC_INIT, &argument) < 0 ? -errno : 0;
}

/* A separate program signs, because the cryptography of the build does not link with musl. */
void abi_resign(struct abi *a)
{
    int pair[2], status;
    pid_t pid;

    expect_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid = fork();
    if (pid == 0) {
        dup2(pair[1], STDIN_FILENO);
        dup2(pair[1], STDOUT_FILENO);
        close(pair[0]);
        execl(getenv("COFFER_ABI_SIGNER"), "sign", getenv("COFFER_ABI_KEY"), (char *)NULL);
        _exit(CHECK_FAILED);
    }
    close(pair[1]);
    expect_equal(write(pair[0], a->sigstruct, SGX_SIGSTRUCT_SIZE), SGX_SIGSTRUCT_SIZE);
    expect_equal(recv(pair[0], a->sigstruct, SGX_SIGSTRUCT_SIZE, MSG_WAITALL), SGX_SIGSTRUCT_SIZE);
    close(pair[0]);
    expect_equal(waitpid(pid, &status, 0), pid);
    expect_equal(status, 0);
}

void abi_sign(struct abi *a)
{
    struct sgx_measure measure = a->measure;

    sgx_measure_final(&measure, a->signature.enclave_hash);
    sgx_sigstruct_render(&a->signature, a->sigstruct);
    abi_resign(a);
}

static void map(const struct abi *a, uint64_t offset, uint64_t size, int prot)
{
    void *at = a->base + offset;

    expect(mmap(at, size, prot, MAP_SHARED | MAP_FIXED, a->fd, 0) == at);
}

void abi_map_all(const struct abi *a)
{
    map(a, 0, ABI_CODE, PROT_READ | PROT_WRITE);
    map(a, ABI_CODE, PAGE, PROT_READ | PROT_EXEC);
    map(a, ABI_DATA, ABI_SIZE - ABI_DATA, PROT_READ | PROT_WRITE);
}

void abi_load(struct abi *a)
{
    sgx_measure_create(&a->measure, a->secs.ssa_frame_size, a->secs.size);
    expect_equal(abi_create(a), 0);
    abi_add_all(a);
    abi_sign(a);
    expect_equal(abi_init(a), 0);
    abi_map_all(a);
}

int run_with(struct sgx_enclave_run *run, unsigned leaf, uint64_t operands[6],
             struct abi_seen *seen)
{
    sgx_enter_enclave_fn function = vdso_find_enter();

    expect(function != NULL);
    return abi_enter(operands, leaf, run, (uintptr_t)function, seen);
}

struct sgx_enclave_run enter_as(const struct abi *a, unsigned thread, unsigned leaf,
                                uint64_t operands[6])
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base + thread * ABI_THREAD_SIZE};
    struct abi_seen seen;

    expect_equal(run_with(&run, leaf, operands, &seen), 0);
    return run;
}

void check_fault(struct sgx_enclave_run run, unsigned leaf, unsigned vector, unsigned error,
                 uint64_t address, const char *file, int line)
{
    check_equal(run.function, leaf, "function", file, line);
    check_equal(run.exception_vector, vector, "exception_vector", file, line);
    check_equal(run.exception_error_code, error, "exception_error_code", file, line);
    check_equal(run.exception_addr, address, "exception_addr", file, line);
}

uint32_t handle(const struct abi *a, uint64_t size)
{
    uint64_t operands[6] = {ABI_STEP, size};

    expect_exit(enter_as(a, 0, SGX_EENTER, operands));
    return (uint32_t)operands[0];
}

uint64_t peek(const struct abi *a, uint64_t offset)
{
    uint64_t operands[6] = {ABI_LOAD, (uint64_t)a->base + offset};

    expect_exit(enter_as(a, 0, SGX_EENTER, operands));
    return operands[0];
}

void poke(const struct abi *a, uint64_t offset, uint64_t value)
{
    expect_exit(ENTER(a, ABI_STORE, (uint64_t)a->base + offset, value));
}

void on_signal(int signo, void (*handler)(int, void *info, void *context), int flags)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | flags};

    action.sa_sigaction = (void (*)(int, siginfo_t *, void *))(void (*)(void))handler;
    expect_equal(sigaction(signo, &action, NULL), 0);
}

void every(int microseconds)
{
    const struct itimerval interval = {{0, microseconds}, {0, microseconds}};

    expect_equal(setitimer(ITIMER_REAL, &interval, NULL), 0);
}

/* The kernel's struct sigevent. The C libraries name its thread field differently. */
struct kernel_sigevent {
    uint64_t value;
    int32_t signo, notify, tid;
    int32_t pad[11];
};

int thread_every(int microseconds)
{
    struct kernel_sigevent event = {
        .signo = SIGALRM, .notify = 4 /* SIGEV_THREAD_ID */, .tid = (int)syscall(SYS_gettid)};
    struct itimerspec interval = {.it_interval = {.tv_nsec = microseconds * 1000L},
                                  .it_value = {.tv_nsec = microseconds * 1000L}};
    int timer;

    expect_equal(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer), 0);
    expect_equal(syscall(SYS_timer_settime, timer, 0, &interval, NULL), 0);
    return timer;
}

void thread_every_end(int timer)
{
    expect_equal(syscall(SYS_timer_delete, timer), 0);
}
