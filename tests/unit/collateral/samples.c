/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "base/fd.h"
#include "vectors.h"

enum {
    SAMPLE_SIZE_MAX = 64 * 1024, /* bytes */
};

struct buf sample_read(const char *name)
{
    struct buf text = buf_init(SAMPLE_SIZE_MAX);
    char relative[128], path[VECTORS_PATH_SIZE];
    struct err err = {0};

    snprintf(relative, sizeof(relative), "tests/data/collateral/%s", name);
    if (fd_read_file(source_path(relative, path), &text, &err) < 0)
        fail_msg("%s", err.text);
    return text;
}

struct buf sample_edited(const char *name, const struct sample_edit *edit)
{
    CLEANUP(buf_done) struct buf text = sample_read(name);
    struct buf edited = buf_init(SAMPLE_SIZE_MAX);
    struct span all = buf_span(&text);
    const uint8_t *at = memmem(all.data, all.len, edit->from, strlen(edit->from));
    size_t before;

    if (!at)
        fail_msg("%s does not contain %s", name, edit->from);
    before = (size_t)(at - all.data);
    buf_put(&edited, span_sub(all, 0, before));
    buf_put_str(&edited, edit->to);
    buf_put(&edited, span_from(all, before + strlen(edit->from)));
    assert_int_equal(buf_status(&edited), 0);
    return edited;
}

void sample_edits_fail(const char *name, const struct sample_edit *edits, size_t count,
                       int (*parse)(struct span json, struct err *err))
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP(buf_done) struct buf text = sample_edited(name, &edits[i]);
        struct err err = {0};

        if (parse(buf_span(&text), &err) != -EBADMSG)
            fail_msg("%s with %s is not refused", name, edits[i].to);
        if (!strstr(err.text, edits[i].message))
            fail_msg("%s with %s: \"%s\" does not say \"%s\"", name, edits[i].to, err.text,
                     edits[i].message);
    }
}

void sample_is_survived(const char *name, mutate_parse parse)
{
    CLEANUP(buf_done) struct buf text = sample_read(name);
    struct span whole = buf_span(&text);

    /* The last byte is the line feed after the object. */
    whole.len--;
    assert_int_equal(parse(whole, NULL), 0);
    assert_int_equal(mutate_prefixes(whole, parse, NULL), 0);
    mutate_bits(whole, 0, whole.len, parse, NULL);
}
