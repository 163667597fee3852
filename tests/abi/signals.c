/* SPDX-License-Identifier: Apache-2.0 */
#include "tests.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>

/* -- old hosts without the vDSO function: exceptions are signals at the AEP -- */

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

    abi_clear_ac(); /* neither an exit nor the kernel clears it */
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
    caught.exitinfo = size; /* advance RIP by so many bytes */
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
    expect_equal(caught.rip, abi_raw_site); /* ENCLU itself has faulted */
    expect_equal(caught.trap, vector);
}

void host_leaves_that_fault(struct abi *a)
{
    uint64_t base = (uint64_t)a->base, aep = (uint64_t)abi_raw_aep;

    on_signal(SIGSEGV, on_jump, 0);
    for (uint64_t leaf = 0; leaf < 16; leaf++) /* the others are leaves for enclaves */
        if (leaf != SGX_EENTER && leaf != SGX_ERESUME)
            check_raw_fault(leaf, base, aep, 13);
    check_raw_fault(SGX_EENTER, base, 1ULL << 60, 13); /* the AEP is not canonical */
    check_raw_fault(SGX_ERESUME, base, aep, 13);
    check_raw_fault(SGX_EENTER, base + ABI_DATA, aep, 14);
    check_raw_fault(SGX_EENTER, 0x10000, aep, 14);
    expect_exit(ENTER(a, ABI_NOTHING));
}

/* -- AC and DF of the host -- */

static volatile uint64_t flags_in_handler;
static volatile sig_atomic_t flags_seen;

static void on_flags(int signo, void *info, void *context)
{
    (void)signo;
    (void)info;
    (void)context;
    __asm__ volatile("pushfq\n\tpop %0" : "=r"(flags_in_handler) : : "memory");
    abi_clear_ac();
    flags_seen++;
}

/* kill(2) to this thread with @flags set: the signal arrives before the next instruction. */
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
        int before = flags_seen;

        expect_equal(signal_with(0x202 | flags[i], SIGUSR1) & (FLAG_AC | FLAG_DF), flags[i]);
        expect_equal(flags_seen, before + 1);
        expect_equal(flags_in_handler & (FLAG_AC | FLAG_DF), flags[i] & FLAG_AC); /* as on Linux */
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
    /* a thread that gets its first signal */
    expect_equal(pthread_create(&id, NULL, signals_with_flags, NULL), 0);
    expect_equal(pthread_join(id, NULL), 0);
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
