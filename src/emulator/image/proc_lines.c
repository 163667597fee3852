/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/image/proc_lines.h"

#include "emulator/sys.h"
#include "crypto_bare/mem.h"

int proc_lines_open(struct proc_lines *l, const char *path)
{
    long fd = sys_openat(path, O_RDONLY | O_CLOEXEC);

    l->fd = (int)fd;
    l->start = l->end = 0;
    l->at_end = false;
    return fd < 0 ? (int)fd : 0;
}

void proc_lines_close(struct proc_lines *l)
{
    (void)sys_close(l->fd);
}

static void buffer_refill(struct proc_lines *l)
{
    size_t left = l->end - l->start;
    long got;

    memmove(l->buffer, l->buffer + l->start, left);
    got = sys_read(l->fd, l->buffer + left, sizeof(l->buffer) - 1 - left);
    l->at_end = got <= 0;
    l->start = 0;
    l->end = left + (got > 0 ? (size_t)got : 0);
}

static char *newline_find(struct proc_lines *l)
{
    for (size_t i = l->start; i < l->end; i++)
        if (l->buffer[i] == '\n')
            return l->buffer + i;
    return NULL;
}

const char *proc_lines_next(struct proc_lines *l)
{
    char *newline = newline_find(l), *line;

    while (!newline && !l->at_end && l->end - l->start < sizeof(l->buffer) - 1) {
        buffer_refill(l);
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
