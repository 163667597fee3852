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

/* proc_lines_open() takes a path, so the memfd is named by its descriptor. */
static void open_text(struct proc_lines *l, const char *text, size_t size)
{
    int fd = memfd_create("lines", MFD_CLOEXEC);
    char path[32];

    assert_int_equal(write(fd, text, size), size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_int_equal(proc_lines_open(l, path), 0);
    close(fd);
}

static void lines_come_one_by_one(void **state)
{
    static const char text[] = "one\n\nthree\nno newline";
    struct proc_lines l;

    (void)state;
    open_text(&l, text, sizeof(text) - 1);
    assert_string_equal(proc_lines_next(&l), "one");
    assert_string_equal(proc_lines_next(&l), "");
    assert_string_equal(proc_lines_next(&l), "three");
    assert_string_equal(proc_lines_next(&l), "no newline");
    assert_null(proc_lines_next(&l));
    assert_null(proc_lines_next(&l));
    proc_lines_close(&l);
}

/* Lines of every length, up to more than the buffer, so that its end comes at every place of a
 * line. */
static void a_line_is_whole_or_cut_at_the_buffer(void **state)
{
    static char text[PROC_LINES_BUFFER_SIZE + 40];
    static struct proc_lines l;

    (void)state;
    for (size_t size = PROC_LINES_BUFFER_SIZE - 20; size < PROC_LINES_BUFFER_SIZE + 20; size++) {
        size_t kept = size < PROC_LINES_BUFFER_SIZE ? size : PROC_LINES_BUFFER_SIZE - 1;
        const char *line;

        memset(text, 'x', size);
        memcpy(text + size, "\nnext\n", 6);
        open_text(&l, text, size + 6);
        line = proc_lines_next(&l);
        assert_int_equal(strspn(line, "x"), kept);
        assert_int_equal(line[kept], 0);
        for (line = proc_lines_next(&l); line && line[0] != 'n'; line = proc_lines_next(&l))
            assert_int_equal(strspn(line, "x"), strlen(line)); /* the rest of the long line */
        assert_string_equal(line, "next");
        assert_null(proc_lines_next(&l));
        proc_lines_close(&l);
    }
}

static void an_absent_file_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(proc_lines_open(&(struct proc_lines){0}, "/nonexistent"), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_one_by_one),
        cmocka_unit_test(a_line_is_whole_or_cut_at_the_buffer),
        cmocka_unit_test(an_absent_file_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
