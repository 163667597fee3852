/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "The quote is genuine" says that some enclave on some platform made it. Which enclave is for the
 * relying party to say, and this file is how it says so: a table of names, each with the kind of
 * its value and the check that it decides (judge_expectation.c makes the comparison).
 *
 * Values of one name are alternatives, as an upgrade needs them: the old MRENCLAVE and the new one.
 * Different names must all hold. So there is no way to write a list of expectations that accepts
 * more because a name was added, except for advisories that are tolerated, whose name says it.
 *
 * A name that takes a single value is refused when it comes twice. A file and an option that
 * contradict each other are a mistake, and neither order of precedence would be the safe one.
 *
 * Report data is a special field: the enclave chose it, so it proves freshness or binds a key, and
 * people write it in several ways. "report-data" is all 64 bytes, "nonce" and the hashes are filled
 * up with zeros as every known library does, "report-data-prefix" leaves the rest open.
 */
#include "verify/expectation.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/text.h"
#include "quote/td_bits.h"

struct expectation_list {
    atomic_uint refs;
    struct expectation *items;
    size_t count;
    size_t capacity;
};

struct expectation_list *expectation_list_ref(struct expectation_list *list)
{
    if (list)
        atomic_fetch_add_explicit(&list->refs, 1, memory_order_relaxed);
    return list;
}

void expectation_list_unref(struct expectation_list *list)
{
    if (!list || atomic_fetch_sub_explicit(&list->refs, 1, memory_order_acq_rel) != 1)
        return;
    free(list->items);
    free(list);
}

const struct expectation *expectation_next(const struct expectation_list *list, size_t row,
                                           size_t *at)
{
    for (size_t i = *at; list && i < list->count; i++) {
        if (list->items[i].row != row)
            continue;
        *at = i + 1;
        return &list->items[i];
    }
    return NULL;
}

/* The policy's list, made at first use. NULL with @err filled. */
static struct expectation_list *list_open(struct verify_policy *policy, struct err *err)
{
    struct expectation_list *list = policy->expect;

    if (!list) {
        list = calloc(1, sizeof(*list));
        if (!list) {
            err_set(err, -ENOMEM, "expectations");
            return NULL;
        }
        atomic_init(&list->refs, 1);
        policy->expect = list;
    }
    if (atomic_load(&list->refs) == 1)
        return list;
    err_set(err, -EBUSY, "a verdict refers to these expectations already");
    return NULL;
}

static int item_add(struct expectation_list *list, const struct expectation *item, struct err *err)
{
    if (list->count == EXPECTATION_COUNT_MAX)
        return err_set(err, -E2BIG, "more than %d expectations", EXPECTATION_COUNT_MAX);
    if (list->count == list->capacity) {
        size_t more = MAX(list->capacity * 2, (size_t)8);
        struct expectation *items = realloc(list->items, more * sizeof(*items));

        if (!items)
            return err_set(err, -ENOMEM, "expectations");
        list->items = items;
        list->capacity = more;
    }
    list->items[list->count++] = *item;
    return 0;
}

static bool takes_several(const struct expectation_row *row)
{
    switch (row->kind) {
    case EXPECTATION_BYTES:
    case EXPECTATION_MASKED:
    case EXPECTATION_PREFIX:
    case EXPECTATION_NUMBER:
    case EXPECTATION_REFUSED:
    case EXPECTATION_TOLERATED:
        return true;
    case EXPECTATION_NONE:
    case EXPECTATION_PADDED:
    case EXPECTATION_HASH:
    case EXPECTATION_MINIMUM:
    case EXPECTATION_DATE:
    case EXPECTATION_FLAG:
    case EXPECTATION_POLICY:
        break;
    }
    return false;
}

/* @row takes one value: the whole text, and only once. */
static int single_set(struct expectation_list *list, size_t row, struct span value,
                      const struct expectation_files *files, struct err *err)
{
    struct expectation x;
    size_t at = 0;
    int r;

    if (expectation_next(list, row, &at))
        return err_set(err, -EEXIST, "given twice, but takes one value");
    r = expectation_value_parse(row, value, files, &x, err);
    return r < 0 ? r : item_add(list, &x, err);
}

static int several_set(struct expectation_list *list, size_t row, struct span values,
                       struct err *err)
{
    int r = values.len > 0 ? 0 : err_set(err, -EINVAL, "a value is missing");

    while (r == 0 && values.len > 0) {
        struct expectation x;

        r = expectation_value_parse(row, text_trim(text_split(&values, ',')), NULL, &x, err);
        if (r == 0)
            r = item_add(list, &x, err);
    }
    return r;
}

/* The rows of kind POLICY. */
static int policy_set(struct verify_policy *policy, const char *name, struct span value,
                      struct err *err)
{
    uint64_t *bits = &policy->allow_td_attributes;
    enum td_bits_kind kind = TD_BITS_ATTRIBUTES;

    if (strcmp(name, "accept-current") == 0) {
        if (policy->accept_current)
            return err_set(err, -EEXIST, "given twice, but takes one value");
        return verify_policy_parse_accept(value, &policy->accept_current, err);
    }
    if (strcmp(name, "require-td-attributes") == 0) {
        bits = &policy->require_td_attributes;
    } else if (strcmp(name, "allow-xfam") == 0) {
        bits = &policy->allow_xfam;
        kind = TD_BITS_XFAM;
    }
    if (*bits)
        return err_set(err, -EEXIST, "given twice, but takes one value");
    return td_bits_parse(kind, value, bits, err);
}

static int row_set(struct verify_policy *policy, size_t row, struct span value,
                   const struct expectation_files *files, struct err *err)
{
    struct expectation_list *list;

    if (expectation_row_at(row)->kind == EXPECTATION_POLICY)
        return policy_set(policy, expectation_row_at(row)->name, value, err);
    list = list_open(policy, err);
    if (!list)
        return err->code;
    if (takes_several(expectation_row_at(row)))
        return several_set(list, row, value, err);
    return single_set(list, row, value, files, err);
}

int expectation_set(struct verify_policy *policy, struct span name, struct span value,
                    const struct expectation_files *files, struct err *err)
{
    const struct expectation_row *row;
    struct err local = {0};
    int r;

    for (size_t i = 0; (row = expectation_row_at(i)); i++) {
        if (!span_equal_str(name, row->name))
            continue;
        r = row_set(policy, i, value, files, &local);
        return r < 0 ? err_set(err, r, "%s: %s", row->name, local.text) : 0;
    }
    return err_set(err, -ENOENT, "nothing can be expected of \"%.*s\"",
                   (int)MIN(name.len, (size_t)64), (const char *)name.data);
}

/* A comment begins at a '#' that is first in the line or follows a blank. */
static struct span comment_cut(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] == '#' && (i == 0 || line.data[i - 1] == ' ' || line.data[i - 1] == '\t'))
            return span_sub(line, 0, i);
    return line;
}

int expectation_read(struct verify_policy *policy, struct span text,
                     const struct expectation_files *files, struct err *err)
{
    unsigned number = 0;

    if (text.len > EXPECTATION_FILE_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "expectations of %zu bytes, limit %d", text.len,
                       EXPECTATION_FILE_SIZE_MAX);
    while (text.len > 0) {
        struct span line = text_trim(comment_cut(text_split(&text, '\n'))), name;
        struct err local = {0};
        int r;

        number++;
        if (line.len == 0)
            continue;
        if (!memchr(line.data, '=', line.len))
            return err_set(err, -EINVAL, "line %u: expected \"name = value\"", number);
        name = text_trim(text_split(&line, '='));
        r = expectation_set(policy, name, text_trim(line), files, &local);
        if (r < 0)
            return err_set(err, r, "line %u: %s", number, local.text);
    }
    return 0;
}
