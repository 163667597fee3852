/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/image/proc_lines.h"

#include "base/text.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"

int lines_open(struct lines *l, const char *path)
{
    long fd = sys_openat(path, O_RDONLY | O_CLOEXEC);

    l->fd = (int)fd;
    l->start = l->end = 0;
    l->at_end = false;
    return fd < 0 ? (int)fd : 0;
}

void lines_close(struct lines *l)
{
    (void)sys_close(l->fd);
}

static void refill(struct lines *l)
{
    size_t left = l->end - l->start;
    long got;

    memmove(l->buffer, l->buffer + l->start, left);
    got = sys_read(l->fd, l->buffer + left, sizeof(l->buffer) - 1 - left);
    l->at_end = got <= 0;
    l->start = 0;
    l->end = left + (got > 0 ? (size_t)got : 0);
}

static char *newline_find(struct lines *l)
{
    for (size_t i = l->start; i < l->end; i++)
        if (l->buffer[i] == '\n')
            return l->buffer + i;
    return NULL;
}

const char *lines_next(struct lines *l)
{
    char *newline = newline_find(l), *line;

    while (!newline && !l->at_end && l->end - l->start < sizeof(l->buffer) - 1) {
        refill(l);
        newline = newline_find(l);
    }
    if (l->start == l->end)
        return NULL;
    line = l->buffer + l->start;
    if (!newline)
        newline = l->buffer + l->end;
    *newline = '\0';
    l->start = (size_t)(newline - l->buffer) + 1;
    if (l->start > l->end)
        l->start = l->end;
    return line;
}

static const char *number(const char *text, int base, uint64_t *ret_value)
{
    uint64_t value = 0;
    int digit;

    for (; (digit = text_hex_digit((uint8_t)*text)) >= 0 && digit < base; text++)
        value = value * (uint64_t)base + (uint64_t)digit;
    *ret_value = value;
    return text;
}

const char *lines_hex(const char *text, uint64_t *ret_value)
{
    return number(text, 16, ret_value);
}

const char *lines_decimal(const char *text, uint64_t *ret_value)
{
    return number(text, 10, ret_value);
}
