/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOG_AREA "test"
#include "base/log.h"

/* The text written to standard error since the last call, without the time. */
static const char *captured(int pipe_end)
{
    static char text[8192];
    ssize_t n = read(pipe_end, text, sizeof(text) - 1);
    char *level;

    text[n > 0 ? n : 0] = 0;
    level = strstr(text, "level");
    return level ? level : text;
}

static void lines_have_one_form(void **state)
{
    int ends[2], saved = dup(STDERR_FILENO);
    const char *logfmt, *json;
    char first[8192];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    assert_int_equal(log_configure("warn,test=debug", NULL, NULL), 0);
    log_debug("registered", "resource=%s count=%d reason=\"%s\"", "x", 3, "a\nb");
    logfmt = strcpy(first, captured(ends[0]));
    assert_int_equal(log_configure(NULL, "json", NULL), 0);
    log_warn("say \"hi\"", "count=%d text=\"%s\"", 3, "two words");
    json = captured(ends[0]);
    dup2(saved, STDERR_FILENO);
    assert_string_equal(logfmt, "level=debug area=test msg=\"registered\" resource=x count=3 "
                                "reason=\"a b\"\n");
    assert_string_equal(json, "level\":\"warn\",\"area\":\"test\",\"msg\":\"say \\\"hi\\\"\","
                              "\"count\":3,\"text\":\"two words\"}\n");
    assert_int_equal(log_configure(NULL, "logfmt", NULL), 0);
    close(ends[0]);
    close(ends[1]);
    close(saved);
}

static void areas_have_their_level(void **state)
{
    (void)state;
    assert_int_equal(log_configure("error,kubelet=info", NULL, NULL), 0);
    assert_false(log_enabled("other", LOG_LEVEL_WARN));
    assert_true(log_enabled("kubelet", LOG_LEVEL_INFO));
    assert_false(log_enabled("kubelet", LOG_LEVEL_DEBUG));
}

static void bad_words_are_named(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(log_configure("loud", NULL, &err), -EINVAL);
    assert_non_null(strstr(err.text, "\"loud\""));
    assert_int_equal(log_configure(NULL, "xml", &err), -EINVAL);
    assert_int_equal(log_configure("a=,b", NULL, &err), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_one_form),
        cmocka_unit_test(areas_have_their_level),
        cmocka_unit_test(bad_words_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
