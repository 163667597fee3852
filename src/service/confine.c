/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter names what is forbidden and not what is allowed. A list of allowed calls would be
 * stricter, but it has to know every call of every C library, of OpenSSL and of the sanitizers, on
 * kernels to come; a service that dies of a new call of its C library is worse than one that may
 * call getpid(). What is forbidden is what an attacker inside the process needs to get further:
 * another program, another process's memory, another view of the system, and the large interfaces
 * of the kernel that a service has no use for.
 *
 * A call of another architecture (int 0x80, x32) would have other numbers, so all of them fail.
 *
 * Landlock grants rights below directories. Reading stays free: what may be read is decided by the
 * user ID and the container, and libraries read files at times that one cannot know. A kernel knows
 * the rights of its own version, so the set is cut to those; asking for an unknown one is an error.
 */
#include "service/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

enum {
    LANDLOCK_VERSION_REFER = 2,
    LANDLOCK_VERSION_TRUNCATE = 3,
};

static const uint64_t writing =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE;

/* Return: the rights of @wanted that a kernel with this version of Landlock knows. */
static uint64_t rights_known(uint64_t wanted, long version)
{
    if (version < LANDLOCK_VERSION_REFER)
        wanted &= ~LANDLOCK_ACCESS_FS_REFER;
    if (version < LANDLOCK_VERSION_TRUNCATE)
        wanted &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
    return wanted;
}

static int directory_allow(int ruleset, const char *dir, uint64_t rights, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};

    if (fd < 0)
        return err_errno(err, "%s", dir);
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return err_errno(err, "allow writing below %s", dir);
    return 0;
}

int service_confine_files(const char *const *dirs, bool *ret_is_in_use, struct err *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    uint64_t rights = rights_known(writing, version);
    const struct landlock_ruleset_attr attr = {.handled_access_fs =
                                                   rights | LANDLOCK_ACCESS_FS_EXECUTE};
    CLEANUP(fd_closep) int ruleset = -1;

    *ret_is_in_use = false;
    if (version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
        return 0;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
    if (ruleset < 0)
        return err_errno(err, "make a Landlock ruleset");
    for (; *dirs; dirs++) {
        int r = directory_allow(ruleset, *dirs, rights, err);

        if (r < 0)
            return r;
    }
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return err_errno(err, "confine the files of this process");
    *ret_is_in_use = true;
    return 0;
}

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#define FOREIGN_NUMBERS  0x40000000U /* x32 */
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#define FOREIGN_NUMBERS  0xffffffffU
#endif

/* Two instructions for each call: compare, and return when equal. */
#define FORBID(call)                                                                               \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                                         \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_NUMBERS, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    FORBID(execve),
    FORBID(execveat),
    FORBID(ptrace),
    FORBID(process_vm_readv),
    FORBID(process_vm_writev),
    FORBID(pidfd_getfd),
    FORBID(kcmp),
    FORBID(mount),
    FORBID(umount2),
    FORBID(pivot_root),
    FORBID(chroot),
    FORBID(move_mount),
    FORBID(open_tree),
    FORBID(fsopen),
    FORBID(fsmount),
    FORBID(fspick),
    FORBID(setns),
    FORBID(unshare),
    FORBID(open_by_handle_at),
    FORBID(init_module),
    FORBID(finit_module),
    FORBID(delete_module),
    FORBID(kexec_load),
    FORBID(reboot),
    FORBID(swapon),
    FORBID(swapoff),
    FORBID(settimeofday),
    FORBID(clock_settime),
    FORBID(sethostname),
    FORBID(bpf),
    FORBID(perf_event_open),
    FORBID(userfaultfd),
    FORBID(io_uring_setup),
    FORBID(io_uring_enter),
    FORBID(io_uring_register),
    FORBID(add_key),
    FORBID(request_key),
    FORBID(keyctl),
    FORBID(personality),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

int service_confine_calls(bool *ret_is_in_use, struct err *err)
{
    const struct sock_fprog program = {.len = ARRAY_COUNT(filter), .filter = filter};

    *ret_is_in_use = false;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) {
        *ret_is_in_use = true;
        return 0;
    }
    return errno == EINVAL || errno == ENOSYS ? 0 : err_errno(err, "filter system calls");
}
