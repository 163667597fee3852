/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

int sysfs_parse_u64(struct span text, uint64_t *ret)
{
    struct span digits = text_trim(text);
    uint64_t value = 0;

    if (digits.len == 0)
        return -EINVAL;
    for (size_t i = 0; i < digits.len; i++) {
        uint64_t digit = (uint64_t)digits.data[i] - '0';

        if (!is_digit(digits.data[i]))
            return -EINVAL;
        if (value > (UINT64_MAX - digit) / 10)
            return -ERANGE;
        value = value * 10 + digit;
    }
    *ret = value;
    return 0;
}

int sysfs_parse_keyed(struct span text, const char *key, uint64_t *ret)
{
    while (text.len > 0) {
        struct span line = text_split(&text, '\n');
        struct span name = text_split(&line, ' ');

        if (span_equal_str(name, key))
            return sysfs_parse_u64(line, ret) < 0 ? -EINVAL : 0;
    }
    return -ENOENT;
}

int sysfs_parse_node_name(const char *name, int32_t *ret)
{
    struct span text = span_str(name);
    uint64_t value;

    if (!span_starts_with(text, span_str("node")) || text.len < 5 || !is_digit(text.data[4]))
        return -EINVAL;
    if (sysfs_parse_u64(span_from(text, 4), &value) < 0 || value > INT32_MAX)
        return -EINVAL;
    *ret = (int32_t)value;
    return 0;
}

static bool has_option(struct span options, const char *name)
{
    while (options.len > 0)
        if (span_equal_str(text_split(&options, ','), name))
            return true;
    return false;
}

int sysfs_parse_mount_noexec(struct span mountinfo, const char *mount_point, bool *ret)
{
    enum { FIELDS_BEFORE_MOUNT_POINT = 4 }; /* id, parent, device, root */
    int r = -ENOENT;

    while (mountinfo.len > 0) {
        struct span line = text_split(&mountinfo, '\n');

        for (int i = 0; i < FIELDS_BEFORE_MOUNT_POINT; i++)
            text_split(&line, ' ');
        if (!span_equal_str(text_split(&line, ' '), mount_point))
            continue;
        *ret = has_option(text_split(&line, ' '), "noexec");
        r = 0;
    }
    return r;
}

int sysfs_read(const char *dir, const char *name, char *buffer, size_t size, struct span *ret)
{
    CLEANUP(fd_closep) int fd = -1;
    char path[PATH_MAX];
    size_t len = 0;

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    while (len < size) {
        ssize_t n = read(fd, buffer + len, size - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *ret = span_of(buffer, len);
    return 0;
}

int sysfs_read_u64(const char *dir, const char *name, uint64_t *ret)
{
    char buffer[64];
    struct span text;
    int r = sysfs_read(dir, name, buffer, sizeof(buffer), &text);

    return r < 0 ? r : sysfs_parse_u64(text, ret);
}

void sysfs_read_line(const char *dir, const char *name, char *ret, size_t size)
{
    struct span text = span_of(NULL, 0);

    ret[0] = '\0';
    if (sysfs_read(dir, name, ret, size - 1, &text) < 0)
        text = span_of(NULL, 0);
    text = text_trim(text_split(&text, '\n'));
    if (text.len > 0)
        memmove(ret, text.data, text.len);
    memset(ret + text.len, 0, size - text.len);
}
