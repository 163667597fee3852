/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform/sysfs.h: the few text files of the kernel that discovery reads. The parsers are pure;
 * the readers use a fixed buffer, so that looking again every two seconds allocates nothing.
 */
#ifndef COFFER_PLATFORM_SYSFS_H
#define COFFER_PLATFORM_SYSFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    SYSFS_TEXT_MAX = 4096,           /* bytes of a file that are read; sysfs gives at most a page */
    SYSFS_MOUNTINFO_MAX = 16 * 1024, /* bytes of a mount table that are read; /dev comes early */
};

/**
 * sysfs_parse_u64() - a decimal number, blanks and one line end around it allowed
 * Return: 0; -EINVAL; -ERANGE above 2^64 - 1.
 */
NODISCARD int sysfs_parse_u64(struct span text, uint64_t *ret);

/**
 * sysfs_parse_keyed() - the value of "KEY VALUE" lines, as cgroup files have them
 * Return: 0; -ENOENT when no line has @key; -EINVAL when its value is no number ("max" is none).
 */
NODISCARD int sysfs_parse_keyed(struct span text, const char *key, uint64_t *ret);

/** sysfs_parse_node_name() - the N of "nodeN". Return: 0; -EINVAL for any other name. */
NODISCARD int sysfs_parse_node_name(const char *name, int32_t *ret);

/**
 * sysfs_parse_mount_noexec() - does the mount at @mount_point say noexec?
 * @mountinfo: text of /proc/PID/mountinfo, proc(5); of several mounts at one point the last counts
 * Return: 0 and @ret; -ENOENT when nothing is mounted there.
 */
NODISCARD int sysfs_parse_mount_noexec(struct span mountinfo, const char *mount_point, bool *ret);

/**
 * sysfs_read() - the first bytes of DIR/NAME
 * @buffer: receives them; @ret points into it
 * Return: 0; negative errno of open or read.
 */
NODISCARD int sysfs_read(const char *dir, const char *name, char *buffer, size_t size,
                         struct span *ret);

/** sysfs_read_u64() - read and parse. Return: as the two. */
NODISCARD int sysfs_read_u64(const char *dir, const char *name, uint64_t *ret);

/** sysfs_read_line() - the first line of DIR/NAME into @ret, cut to @size, the rest zeros */
void sysfs_read_line(const char *dir, const char *name, char *ret, size_t size);

#endif
