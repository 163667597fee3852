/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/self/maps names the file that is mapped at an address, and statfs() of the file tells
 * whether its mount is noexec. A loader that adds one page at a time asks 16384 times for 64 MiB,
 * so the last mapping that was allowed is remembered until something is mapped or unmapped.
 */
#include "emulator/ioctl/add_source.h"

#include <stdatomic.h>

#include "emulator/image/proc_lines.h"
#include "emulator/strings.h"
#include "emulator/sys.h"

enum {
    MOUNT_NOEXEC = 0x0008, /* statfs f_flags: ST_NOEXEC */
};

struct kernel_statfs {
    int64_t type, block_size, blocks, free, available, files, files_free;
    int32_t id[2];
    int64_t name_length, fragment_size, flags;
    int64_t spare[4];
};

static _Atomic uint64_t allowed_start, allowed_end;

void add_source_forget(void)
{
    atomic_store(&allowed_end, 0);
}

static long file_check(const char *path)
{
    struct kernel_statfs fs;

    if (path[0] != '/' || sys_call3(__NR_statfs, (long)path, (long)&fs, 0) < 0)
        return 0; /* anonymous memory, or a file that was deleted */
    return fs.flags & MOUNT_NOEXEC ? -EACCES : 0;
}

/* "start-end perms offset dev inode   path" */
static bool line_parse(const char *line, uint64_t *ret_start, uint64_t *ret_end,
                       const char **ret_path)
{
    const char *p = string_hex(line, ret_start);

    if (*p++ != '-')
        return false;
    p = string_hex(p, ret_end);
    *ret_path = "";
    for (; *p; p++)
        if (*p == '/') {
            *ret_path = p;
            break;
        }
    return true;
}

long add_source_check(uint64_t address)
{
    struct proc_lines lines;
    const char *line;
    long r = -EFAULT;

    if (address >= atomic_load(&allowed_start) && address < atomic_load(&allowed_end))
        return 0;
    if (proc_lines_open(&lines, "/proc/self/maps") < 0)
        return 0;
    while ((line = proc_lines_next(&lines))) {
        uint64_t start, end;
        const char *path;

        if (!line_parse(line, &start, &end, &path) || address < start || address >= end)
            continue;
        r = file_check(path);
        if (r == 0) {
            atomic_store(&allowed_start, start);
            atomic_store(&allowed_end, end);
        }
        break;
    }
    proc_lines_close(&lines);
    return r;
}
