/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/image/proc_lines.h: a text file of /proc or of settings, line by line, with storage of
 * the caller.
 */
#ifndef COFFER_EMULATOR_IMAGE_PROC_LINES_H
#define COFFER_EMULATOR_IMAGE_PROC_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LINES_BUFFER_SIZE = 4608, /* bytes: a path of 4096 and what stands before it */
};

/** text_equals() - strcmp() of who has no libc */
static inline bool text_equals(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return *a == *b;
}

/** struct lines - open with lines_open(), release with lines_close() */
struct lines {
    int fd;
    size_t start, end; /* of what is in the buffer and was not returned */
    bool at_end;
    char buffer[LINES_BUFFER_SIZE];
};

/** lines_open() - Return: 0 or a negative errno */
int lines_open(struct lines *l, const char *path);
void lines_close(struct lines *l);

/** lines_next() - the next line without its newline, cut when longer than the buffer; NULL at the
 *  end. Borrowed until the next call. */
const char *lines_next(struct lines *l);

/** lines_hex() - hexadecimal digits. Return: behind them. */
const char *lines_hex(const char *text, uint64_t *ret_value);

/** lines_decimal() - decimal digits. Return: behind them. */
const char *lines_decimal(const char *text, uint64_t *ret_value);

#endif
