/* SPDX-License-Identifier: Apache-2.0 */
/* The account of every kind: cut, flipped, and with each allocation failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/fd.h"
#include "cmd/inspect.h"
#include "mutate.h"
#include "torture.h"
#include "vectors.h"

static const char *const kinds[] = {
    "certificate",  "chain",      "collateral", "crl",        "evaluation",
    "evidence",     "flat",       "identity",   "quote-cbor", "quote-ppid-hex",
    "quote-td15ex", "quote-yaml", "ratls",      "tcbinfo",    "vtpm-in-json",
};

struct scene {
    struct buf file;
    bool json;
};

static void file_load(const char *kind, struct buf *into)
{
    char relative[128], path[VECTORS_PATH_SIZE];

    snprintf(relative, sizeof(relative), "fuzz/corpus/inspect/%s", kind);
    *into = buf_init(INSPECT_SIZE_MAX);
    assert_int_equal(fd_read_file(source_path(relative, path), into, NULL), 0);
}

/* Whatever the bytes are, there is an account of printable text, or a reason. */
static int tell(struct span wire, void *context)
{
    const struct scene *s = context;
    CLEANUP(buf_done) struct buf out = buf_init(ACCOUNT_SIZE_MAX);
    struct account a = account_of(&out, s->json, true, wire);
    struct err err = {0};
    int r = inspect_any(&a, wire, &err);

    assert_true(r == 0 ? out.len > 0 : err.text[0] != '\0');
    for (size_t i = 0; r == 0 && !s->json && i < out.len; i++)
        assert_true(out.data[i] == '\n' || (out.data[i] >= ' ' && out.data[i] <= '~'));
    return r;
}

static int tell_whole(void *context)
{
    struct scene *s = context;

    return tell(buf_span(&s->file), s);
}

static void memory_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_COUNT(kinds); i++) {
        struct scene s = {.json = i % 2};
        struct torture_count count;

        file_load(kinds[i / 2], &s.file);
        count = torture_run(tell_whole, &s);
        assert_true(count.runs > 0);
        assert_int_equal(count.done, 0);
        assert_int_equal(count.other, 0);
        buf_done(&s.file);
    }
}

static void cut_and_flipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct scene s = {.json = i % 2};
        struct span whole;

        file_load(kinds[i], &s.file);
        whole = buf_span(&s.file);
        assert_int_equal(tell(whole, &s), 0);
        assert_true(mutate_prefixes(whole, tell, &s) < whole.len / 2);
        mutate_bits(whole, 0, MIN(whole.len, (size_t)1200), tell, &s);
        buf_done(&s.file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_ends),
        cmocka_unit_test(cut_and_flipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
