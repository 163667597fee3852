/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void wrapping_puts_the_outer_first(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(err_set(&err, -EBADMSG, "malformed %s", "json"), -EBADMSG);
    assert_int_equal(err_wrap(&err, "row %d", 7), -EBADMSG);
    assert_int_equal(err_wrap(&err, "load tcb info"), -EBADMSG);
    assert_string_equal(err.text, "load tcb info: row 7: malformed json");
}

static void errno_is_named(void **state)
{
    struct err err = {0};

    (void)state;
    errno = ENOENT;
    assert_int_equal(err_errno(&err, "open %s", "x"), -ENOENT);
    assert_string_equal(err.text, "open x: No such file or directory");
    errno = 0;
    assert_int_equal(err_errno(&err, "y"), -EIO);
}

static void long_sentences_are_cut(void **state)
{
    struct err err = {0};
    char longer[2 * ERR_TEXT_SIZE];

    (void)state;
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = 0;
    err_set(&err, -EINVAL, "%s", longer);
    assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
    err_wrap(&err, "outer");
    assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
    assert_memory_equal(err.text, "outer: xxx", 10);
}

static void null_is_allowed(void **state)
{
    (void)state;
    errno = EPERM;
    assert_int_equal(err_set(NULL, -EINVAL, "x"), -EINVAL);
    assert_int_equal(err_errno(NULL, "x"), -EPERM);
    assert_int_equal(err_wrap(NULL, "x"), -EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrapping_puts_the_outer_first),
        cmocka_unit_test(errno_is_named),
        cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(null_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
