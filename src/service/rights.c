/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CAPABILITIES_MAX = 64, /* of the kernel's interface, version 3 */
    WORD_BITS = 32,
};

unsigned service_rights_raise_files(unsigned wanted, unsigned reserved)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return wanted;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= (rlim_t)wanted + reserved)
        return wanted;
    return limit.rlim_cur > reserved ? (unsigned)(limit.rlim_cur - reserved) : 1;
}

int service_rights_hide_memory(struct err *err)
{
    const struct rlimit none = {0};

    umask(SERVICE_RIGHTS_UMASK);
    if (setrlimit(RLIMIT_CORE, &none) < 0)
        return err_errno(err, "forbid core files");
    if (prctl(PR_SET_DUMPABLE, 0) < 0)
        return err_errno(err, "hide the memory of this process");
    return 0;
}

/* Dropping from the bounding set needs CAP_SETPCAP; without it no_new_privs has the same effect. */
static void bounds_drop(uint64_t kept)
{
    for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
        if (!(kept & SERVICE_RIGHT(i)) && prctl(PR_CAPBSET_READ, i) == 1)
            (void)prctl(PR_CAPBSET_DROP, i);
    }
}

static int sets_reduce(uint64_t kept, struct err *err)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &head, sets) < 0)
        return err_errno(err, "read the capabilities");
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        uint32_t mask = (uint32_t)(kept >> (i * WORD_BITS));

        sets[i].permitted &= mask;
        sets[i].effective &= mask;
        sets[i].inheritable = 0;
    }
    if (syscall(SYS_capset, &head, sets) < 0)
        return err_errno(err, "drop the capabilities");
    return 0;
}

int service_rights_drop(uint64_t kept, struct err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_errno(err, "set no_new_privs");
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    bounds_drop(kept);
    return sets_reduce(kept, err);
}
