/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"

static const struct {
    const char *name;
    const char *rule;
} rows[CHECK_COUNT] = {
#define CHECK_ROW(id, name, rule) [CHECK_##id] = {name, rule},
    CHECKS(CHECK_ROW)
#undef CHECK_ROW
};

const char *check_name(enum check_id id)
{
    return rows[id].name;
}

const char *check_rule(enum check_id id)
{
    return rows[id].rule;
}

/* Details quote names out of certificates, and end on terminals. */
PRINTF_LIKE(2, 0)
static void detail_write(struct check *c, const char *format, va_list args)
{
    vsnprintf(c->detail, sizeof(c->detail), format, args);
    for (char *p = c->detail; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

void check_fail(struct check_list *list, enum check_id id, const char *format, ...)
{
    struct check *c = &list->check[id];
    va_list args;

    if (c->outcome == CHECK_FAILED)
        return;
    c->outcome = CHECK_FAILED;
    va_start(args, format);
    detail_write(c, format, args);
    va_end(args);
}

void check_mismatch(struct check_list *list, enum check_id id, const char *name,
                    struct span expected, struct span found)
{
    CLEANUP(buf_done) struct buf text = buf_init(CHECK_DETAIL_SIZE);
    size_t want = MIN(expected.len, (size_t)CHECK_MISMATCH_SIZE_MAX);
    size_t have = MIN(found.len, (size_t)CHECK_MISMATCH_SIZE_MAX);

    buf_put_str(&text, "expected ");
    buf_put_hex(&text, span_sub(expected, 0, want));
    buf_put_str(&text, ", found ");
    buf_put_hex(&text, span_sub(found, 0, have));
    if (buf_status(&text) < 0)
        check_fail(list, id, "%s does not match", name);
    else
        check_fail(list, id, "%s does not match: %.*s", name, (int)text.len,
                   (const char *)text.data);
}

void check_equal(struct check_list *list, enum check_id id, const char *name, struct span expected,
                 struct span found)
{
    if (span_equal(expected, found))
        check_pass(list, id);
    else
        check_mismatch(list, id, name, expected, found);
}

void check_miss(struct check_list *list, enum check_id id, const char *format, ...)
{
    struct check *c = &list->check[id];
    va_list args;

    if (c->outcome != CHECK_NOT_EVALUATED || c->detail[0])
        return;
    va_start(args, format);
    detail_write(c, format, args);
    va_end(args);
}

bool check_all_passed(const struct check_list *list)
{
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        enum check_outcome outcome = list->check[i].outcome;

        if (outcome != CHECK_PASSED && outcome != CHECK_NOT_APPLICABLE)
            return false;
    }
    return true;
}
