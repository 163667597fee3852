/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall(): runtimes use it to call the kernel without cancellation, or where an old C library has
 * no function for a call. The calls that this library replaces are answered here too; all others go
 * to the kernel. A caller may leave arguments out, and their values are not used then.
 */
#include "emulator/interpose/interpose.h"
#include "emulator/process/setup.h"
#include "emulator/signal/dispositions.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"

long syscall(long number, long a, long b, long c, long d, long e, long f);

static long raw_sigaction(int signo, const void *action, void *ret_old, long size)
{
    struct kernel_action asked, old;
    long r;

    if (size != SIGNAL_SET_SIZE)
        return -EINVAL;
    if (action && copy_user(&asked, action, sizeof(asked)) < 0)
        return -EFAULT;
    r = signals_action_set(signo, action ? &asked : NULL, &old);
    if (r == 0 && ret_old && copy_user(ret_old, &old, sizeof(old)) < 0)
        return -EFAULT;
    return r;
}

static long raw_sigprocmask(int how, const void *set, void *ret_old, long size)
{
    uint64_t asked, old;
    long r;

    if (size != SIGNAL_SET_SIZE)
        return -EINVAL;
    if (set && copy_user(&asked, set, sizeof(asked)) < 0)
        return -EFAULT;
    r = signals_mask_set(how, set ? &asked : NULL, &old);
    if (r == 0 && ret_old && copy_user(ret_old, &old, sizeof(old)) < 0)
        return -EFAULT;
    return r;
}

static long raw_sigaltstack(const void *stack, void *ret_old)
{
    struct kernel_stack asked, old;
    long r;

    if (stack && copy_user(&asked, stack, sizeof(asked)) < 0)
        return -EFAULT;
    r = signals_stack_set(stack ? &asked : NULL, &old, (uint64_t)__builtin_frame_address(0));
    if (r == 0 && ret_old && copy_user(ret_old, &old, sizeof(old)) < 0)
        return -EFAULT;
    return r;
}

static long raw_signals(long number, long a, long b, long c, long d)
{
    setup_once();
    if (number == __NR_rt_sigaction)
        return raw_sigaction((int)a, (const void *)b, (void *)c, d);
    if (number == __NR_rt_sigprocmask)
        return raw_sigprocmask((int)a, (const void *)b, (void *)c, d);
    return raw_sigaltstack((const void *)a, (void *)b);
}

INTERPOSE long syscall(long number, long a, long b, long c, long d, long e, long f)
{
    switch (number) {
    case __NR_open:
        return libc_result(raw_openat(AT_FDCWD, (const char *)a, (int)b, (unsigned)c));
    case __NR_openat:
        return libc_result(raw_openat((int)a, (const char *)b, (int)c, (unsigned)d));
    case __NR_ioctl:
        return ioctl((int)a, (unsigned long)b, (void *)c);
    case __NR_close:
        return libc_result(raw_close((int)a));
    case __NR_close_range:
        return libc_result(raw_close_range((unsigned)a, (unsigned)b, (int)c));
    case __NR_dup:
        return dup((int)a);
    case __NR_dup2:
        return dup2((int)a, (int)b);
    case __NR_dup3:
        return dup3((int)a, (int)b, (int)c);
    case __NR_fcntl:
        return libc_result(raw_fcntl((int)a, (int)b, c));
    case __NR_mmap:
        return (long)mmap((void *)a, (size_t)b, (int)c, (int)d, (int)e, f);
    case __NR_mprotect:
        return mprotect((void *)a, (size_t)b, (int)c);
    case __NR_munmap:
        return munmap((void *)a, (size_t)b);
    case __NR_mremap:
        return (long)mremap((void *)a, (size_t)b, (size_t)c, (int)d, (void *)e);
    case __NR_rt_sigaction:
    case __NR_rt_sigprocmask:
    case __NR_sigaltstack:
        return libc_result(raw_signals(number, a, b, c, d));
    default:
        return libc_result(sys_call6(number, a, b, c, d, e, f));
    }
}
