#include "tests.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

/* -- hosts of old: no vDSO, so exceptions are signals at the AEP -- */

static const struct abi *entered;
static struct {
    int signo, code;
    uint64_t address, trap, error, rip, rax, rbx, rcx;
    uint32_t exitinfo;
    unsigned count;
} caught;

static void on_exception(int signo, void *info, void *context)
{
    const siginfo_t *si = info;
    const greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

    abi_clear_ac(); /* an exit leaves it, and so does the kernel */
    caught.signo = signo;
    caught.code = si->si_code;
    caught.address = (uint64_t)si->si_addr;
    caught.trap = (uint64_t)r[REG_TRAPNO], caught.error = (uint64_t)r[REG_ERR];
    caught.rip = (uint64_t)r[REG_RIP], caught.rax = (uint64_t)r[REG_RAX];
    caught.rbx = (uint64_t)r[REG_RBX], caught.rcx = (uint64_t)r[REG_RCX];
    caught.count++;
    caught.exitinfo = handle(entered, (uint64_t)caught.exitinfo);
}

static void check_signal(const struct abi *a, unsigned operation, unsigned size, int signo,
                         unsigned vector)
{
    entered = a;
    caught.count = 0;
    caught.exitinfo = size; /* over so many bytes */
    expect_equal(abi_raw_enter((uint64_t)a->base, operation), 1);
    expect_equal(caught.count, 1);
    expect_equal(caught.signo, signo);
    expect_equal(caught.trap, vector);
    expect_equal(caught.rip, abi_raw_aep);
    expect_equal(caught.rcx, abi_raw_aep);
    expect_equal(caught.rax, SGX_ERESUME);
    expect_equal(caught.rbx, a->base);
    expect_equal(caught.exitinfo, 0x80000300 | vector);
}

void exceptions_without_the_vdso(struct abi *a)
{
    static const int signals[] = {SIGILL, SIGSEGV, SIGFPE, SIGBUS};

    for (size_t i = 0; i < 4; i++)
        on_signal(signals[i], on_exception, 0);
    for (int i = 0; i < 3; i++) {
        check_signal(a, ABI_UD, 2, SIGILL, 6);
        check_signal(a, ABI_SYSCALL, 2, SIGILL, 6);
        check_signal(a, ABI_BREAKPOINT, 1, SIGILL, 6);
        check_signal(a, ABI_HLT, 1, SIGSEGV, 13);
        check_signal(a, ABI_DIVIDE, 2, SIGFPE, 0);
        check_signal(a, ABI_X87, 1, SIGFPE, 16);
        check_signal(a, ABI_SSE, 4, SIGFPE, 19);
        check_signal(a, ABI_UNALIGNED, 8, SIGBUS, 17);
    }
}

static sigjmp_buf jump;

static void on_jump(int signo, void *info, void *context)
{
    const greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)info;
    caught.signo = signo;
    caught.rip = (uint64_t)r[REG_RIP], caught.trap = (uint64_t)r[REG_TRAPNO];
    siglongjmp(jump, 1);
}

static void check_raw_fault(uint64_t leaf, uint64_t rbx, uint64_t aep, unsigned vector)
{
    if (sigsetjmp(jump, 1) == 0) {
        abi_raw(leaf, rbx, aep);
        expect(false);
    }
    expect_equal(caught.signo, SIGSEGV);
    expect_equal(caught.rip, abi_raw_site); /* a fault of ENCLU itself */
    expect_equal(caught.trap, vector);
}

void host_leaves_that_fault(struct abi *a)
{
    uint64_t base = (uint64_t)a->base, aep = (uint64_t)abi_raw_aep;

    on_signal(SIGSEGV, on_jump, 0);
    for (uint64_t leaf = 0; leaf < 16; leaf++) /* the others are for the inside */
        if (leaf != SGX_EENTER && leaf != SGX_ERESUME)
            check_raw_fault(leaf, base, aep, 13);
    check_raw_fault(SGX_EENTER, base, 1ULL << 60, 13); /* the AEP is not canonical */
    check_raw_fault(SGX_ERESUME, base, aep, 13);
    check_raw_fault(SGX_EENTER, base + ABI_DATA, aep, 14);
    check_raw_fault(SGX_EENTER, 0x10000, aep, 14);
    expect_exit(ENTER(a, ABI_NOTHING));
}

/* -- interrupts -- */

static _Atomic unsigned ticks, ticks_inside;
static volatile sig_atomic_t on_stack;
static uint8_t signal_stack[64 * 1024];

static void on_tick(int signo, void *info, void *context)
{
    const greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint8_t here;

    (void)signo;
    (void)info;
    ticks++;
    ticks_inside += r[REG_RAX] == SGX_ERESUME && r[REG_RCX] == r[REG_RIP];
    on_stack += &here >= signal_stack && &here < signal_stack + sizeof(signal_stack);
}

/* -- the host's own AC and DF -- */

static volatile uint64_t flags_in_handler;

static void on_flags(int signo, void *info, void *context)
{
    (void)signo;
    (void)info;
    (void)context;
    __asm__ volatile("pushfq\n\tpop %0" : "=r"(flags_in_handler) : : "memory");
    abi_clear_ac();
    ticks++;
}

/* kill(2) of this thread with @flags set: the signal comes before the next instruction. */
static uint64_t signal_with(uint64_t flags, int signo)
{
    long pid = getpid(), tid = syscall(SYS_gettid);
    uint64_t after;

    __asm__ volatile("sub $128, %%rsp\n\t"
                     "push %[flags]\n\t"
                     "popfq\n\t"
                     "syscall\n\t"
                     "pushfq\n\t"
                     "pop %[after]\n\t"
                     "push $0x202\n\t"
                     "popfq\n\t"
                     "add $128, %%rsp"
                     : [after] "=&b"(after)
                     : [flags] "r"(flags), "a"(SYS_tgkill), "D"(pid), "S"(tid), "d"(signo)
                     : "rcx", "r11", "memory", "cc");
    return after;
}

static void *signals_with_flags(void *unused)
{
    const uint64_t flags[] = {FLAG_AC, FLAG_DF, FLAG_AC | FLAG_DF};

    for (size_t i = 0; i < 3; i++) {
        unsigned before = ticks;

        expect_equal(signal_with(0x202 | flags[i], SIGUSR1) & (FLAG_AC | FLAG_DF), flags[i]);
        expect_equal(ticks, before + 1);
        expect_equal(flags_in_handler & (FLAG_AC | FLAG_DF), flags[i] & FLAG_AC); /* Linux' way */
    }
    return unused;
}

void host_flags_survive_signals(struct abi *a)
{
    pthread_t id;

    on_signal(SIGUSR1, on_flags, 0);
    (void)signals_with_flags(NULL);
    expect_exit(ENTER(a, ABI_NOTHING));
    (void)signals_with_flags(NULL);
    /* a thread whose first signal this is */
    expect_equal(pthread_create(&id, NULL, signals_with_flags, NULL), 0);
    expect_equal(pthread_join(id, NULL), 0);
}

struct spinner {
    const struct abi *a;
    unsigned thread;
    int failures;
};

static void spin_some(struct spinner *s)
{
    uint64_t gs = (uint64_t)s->a->base + s->thread * ABI_THREAD_SIZE + ABI_SSA;

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
}

static __thread const struct spinner *self;

static void *spin(void *data)
{
    const char *seconds = getenv("COFFER_ABI_SECONDS");
    time_t end = time(NULL) + (seconds ? atoi(seconds) : 1);
    int timer;

    self = data;
    timer = thread_every(500);
    do
        spin_some(data);
    while (time(NULL) < end);
    thread_every_end(timer);
    return NULL;
}

static void spin_in_threads(const struct abi *a, unsigned count)
{
    struct spinner spinners[ABI_THREADS];
    pthread_t ids[ABI_THREADS];

    for (unsigned i = 0; i < count; i++) {
        spinners[i] = (struct spinner){.a = a, .thread = i};
        expect_equal(pthread_create(&ids[i], NULL, spin, &spinners[i]), 0);
    }
    for (unsigned i = 0; i < count; i++)
        expect_equal(pthread_join(ids[i], NULL), 0);
    for (unsigned i = 0; i < count; i++)
        expect_equal(spinners[i].failures, 0);
    expect(ticks > 10 * count);
}

/* Each thread has a timer of 2 kHz of its own: a process's goes to the first thread alone. */
void eight_threads_under_a_timer(struct abi *a)
{
    on_signal(SIGALRM, on_tick, SA_RESTART);
    spin_in_threads(a, ABI_THREADS);
    expect(ticks_inside > 10);
}

void signals_use_the_programs_stack(struct abi *a)
{
    stack_t ours = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)}, seen;
    struct spinner s = {.a = a};

    expect_equal(sigaltstack(&ours, NULL), 0);
    on_signal(SIGALRM, on_tick, SA_ONSTACK | SA_RESTART);
    spin(&s);
    expect_equal(s.failures, 0);
    expect(ticks_inside > 10);
    expect_equal(on_stack, ticks);
    expect_equal(sigaltstack(NULL, &seen), 0);
    expect(seen.ss_sp == signal_stack);
    ours.ss_flags = SS_DISABLE;
    expect_equal(sigaltstack(&ours, NULL), 0);
}

static _Atomic unsigned wrong_answers;

static void on_tick_enter(int signo, void *info, void *context)
{
    uint64_t operands[6] = {ABI_ECHO, 1, 2, 3, 4};

    (void)signo;
    (void)info;
    (void)context;
    ticks++;
    if (enter_as(self->a, self->thread, SGX_EENTER, operands).function != SGX_EEXIT ||
        operands[0] != 0x500 || operands[4] != 0x404)
        wrong_answers++;
}

/* As library operating systems deliver signals: the handler enters, wherever it interrupted. */
void handlers_enter_the_enclave(struct abi *a)
{
    on_signal(SIGALRM, on_tick_enter, SA_RESTART);
    spin_in_threads(a, 4);
    expect_equal(wrong_answers, 0);
}

static void raise_fault(void)
{
    volatile int *volatile nowhere = (volatile int *)8;

    *nowhere = 1;
}

void handlers_may_jump_away(struct abi *a)
{
    on_signal(SIGSEGV, on_jump, 0);
    for (volatile int i = 0; i < 100; i++) {
        if (sigsetjmp(jump, 1) == 0) {
            raise_fault();
            expect(false);
        }
        expect_exit(ENTER(a, ABI_NOTHING));
    }
}

void masks_cannot_stop_it(struct abi *a)
{
    sigset_t all, old, seen;

    sigfillset(&all);
    expect_equal(pthread_sigmask(SIG_SETMASK, &all, &old), 0);
    expect_exit(ENTER(a, ABI_NOTHING));
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, 6, 0, 0);
    expect_equal(handle(a, 2), 0x80000306);
    expect_exit(RESUME(a, 0));
    expect_equal(pthread_sigmask(SIG_SETMASK, &old, &seen), 0);
    expect_equal(sigismember(&seen, SIGILL), 1);
    expect_equal(sigismember(&seen, SIGUSR1), 1);
}

void a_child_has_the_enclave_too(struct abi *a)
{
    pid_t pid;
    int status;

    expect_exit(ENTER(a, ABI_NOTHING));
    pid = fork();
    if (pid == 0) {
        poke(a, ABI_DATA + 64, 0x77);
        expect_fault(ENTER(a, ABI_SYSCALL), SGX_ERESUME, 6, 0, 0);
        expect_error((long)mmap(a->base + ABI_DATA, PAGE, PROT_READ, MAP_PRIVATE, a->fd, 0),
                     EINVAL);
        expect_equal(mprotect(a->base + ABI_DATA, PAGE, PROT_READ), 0); /* the child's only */
        expect_equal(munmap(a->base + ABI_CODE, PAGE), 0);
        _exit(0);
    }
    expect_equal(waitpid(pid, &status, 0), pid);
    expect_equal(status, 0);
    expect_exit(
        enter_as(a, 1, SGX_EENTER, (uint64_t[6]){ABI_STORE, (uint64_t)a->base + ABI_DATA + 72, 1}));
    expect_equal(*(volatile uint64_t *)(a->base + ABI_DATA + 64), 0x77);
    expect_fault(RESUME(a, 0), SGX_ERESUME, 6, 0, 0); /* its thread 0 is ours too */
}

void children_by_vfork_and_spawn(struct abi *a)
{
    char name[] = "true";
    char *const arguments[] = {name, NULL};
    int status;
    pid_t pid;

    for (int i = 0; i < 3; i++) {
        expect_exit(ENTER(a, ABI_NOTHING));
        expect_equal(posix_spawnp(&pid, name, NULL, NULL, arguments, environ), 0);
        expect_equal(waitpid(pid, &status, 0), pid);
        expect_equal(status, 0);
        expect_fault(ENTER(a, ABI_SYSCALL), SGX_ERESUME, 6, 0, 0);
        pid = vfork();
        if (pid == 0)
            _exit(0);
        expect_equal(waitpid(pid, &status, 0), pid);
        expect_equal(status, 0);
        expect_equal(handle(a, 2), 0x80000306);
        expect_exit(RESUME(a, 0));
    }
}

/* -- hostile arguments: no errno matters, only that the program lives and the enclave too -- */

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

void hostile_ioctls(struct abi *a)
{
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
        unsigned long command = 0xa400 | random_next(&seed) % 9;
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
