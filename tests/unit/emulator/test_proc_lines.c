/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emulator/image/proc_lines.h"

/* lines_open() takes a path: of a file that is only a descriptor. */
static void open_text(struct lines *l, const char *text, size_t size)
{
    int fd = memfd_create("lines", MFD_CLOEXEC);
    char path[32];

    assert_int_equal(write(fd, text, size), size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_int_equal(lines_open(l, path), 0);
    close(fd);
}

static void lines_come_one_by_one(void **state)
{
    static const char text[] = "one\n\nthree\nno newline";
    struct lines l;

    (void)state;
    open_text(&l, text, sizeof(text) - 1);
    assert_string_equal(lines_next(&l), "one");
    assert_string_equal(lines_next(&l), "");
    assert_string_equal(lines_next(&l), "three");
    assert_string_equal(lines_next(&l), "no newline");
    assert_null(lines_next(&l));
    assert_null(lines_next(&l));
    lines_close(&l);
}

/* Lines of every length up to beyond the buffer, so that its end falls anywhere in one. */
static void a_line_is_whole_or_cut_at_the_buffer(void **state)
{
    static char text[LINES_BUFFER_SIZE + 40];
    static struct lines l;

    (void)state;
    for (size_t size = LINES_BUFFER_SIZE - 20; size < LINES_BUFFER_SIZE + 20; size++) {
        size_t kept = size < LINES_BUFFER_SIZE ? size : LINES_BUFFER_SIZE - 1;
        const char *line;

        memset(text, 'x', size);
        memcpy(text + size, "\nnext\n", 6);
        open_text(&l, text, size + 6);
        line = lines_next(&l);
        assert_int_equal(strspn(line, "x"), kept);
        assert_int_equal(line[kept], 0);
        for (line = lines_next(&l); line && line[0] != 'n'; line = lines_next(&l))
            assert_int_equal(strspn(line, "x"), strlen(line)); /* the rest of the long one */
        assert_string_equal(line, "next");
        assert_null(lines_next(&l));
        lines_close(&l);
    }
}

static void numbers_end_where_digits_end(void **state)
{
    uint64_t value;

    (void)state;
    assert_string_equal(lines_hex("7fFF0-", &value), "-");
    assert_int_equal(value, 0x7fff0);
    assert_string_equal(lines_decimal("12a", &value), "a");
    assert_int_equal(value, 12);
    assert_string_equal(lines_hex("g", &value), "g");
    assert_int_equal(value, 0);
    assert_int_equal(lines_open(&(struct lines){0}, "/nonexistent"), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_one_by_one),
        cmocka_unit_test(a_line_is_whole_or_cut_at_the_buffer),
        cmocka_unit_test(numbers_end_where_digits_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
