/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/image/proc_lines.h: reads a text file of /proc line by line, in the caller's storage. */
#ifndef COFFER_EMULATOR_IMAGE_PROC_LINES_H
#define COFFER_EMULATOR_IMAGE_PROC_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROC_LINES_BUFFER_SIZE = 4608, /* bytes: a line of /proc/self/maps with a path of 4096 */
};

/** struct proc_lines - open with proc_lines_open(), release with proc_lines_close() */
struct proc_lines {
    int fd;
    size_t start, end; /* the bytes in the buffer that were not returned yet */
    bool at_end;
    char buffer[PROC_LINES_BUFFER_SIZE];
};

/** proc_lines_open() - Return: 0 or a negative errno */
int proc_lines_open(struct proc_lines *l, const char *path);
void proc_lines_close(struct proc_lines *l);

/** proc_lines_next() - the next line without its newline, or NULL at the end. A line longer than
 * the buffer comes in pieces. Borrowed until the next call. */
const char *proc_lines_next(struct proc_lines *l);

#endif
