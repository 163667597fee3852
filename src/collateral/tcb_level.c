/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/tcb_level.h"

#include <stdlib.h>

#include "collateral/json_list.h"

static int advisory_compare(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    int order = memcmp(x->data, y->data, MIN(x->len, y->len));

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

size_t tcb_level_advisories_unique(struct span *list, size_t count)
{
    size_t unique = 0;

    if (count == 0)
        return 0;
    qsort(list, count, sizeof(*list), advisory_compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !span_equal(list[i], list[unique - 1]))
            list[unique++] = list[i];
    return unique;
}

void tcb_level_status_read(struct json_reader *r, void *to, void *unused)
{
    struct tcb_level_common *level = to;

    (void)unused;
    level->status_text = json_text(r);
    level->status = tcb_status_parse(level->status_text);
    if (level->status > TCB_REVOKED)
        level->status = TCB_UNKNOWN;
}

void tcb_level_advisories_read(struct json_reader *r, struct tcb_level_common *to,
                               struct arena *arena)
{
    struct json_list list = {.max = TCB_ADVISORY_MAX, .item_size = sizeof(struct span)};
    struct span *id;

    json_enter_array(r);
    while ((id = json_list_next(r, arena, &list))) {
        *id = json_text(r);
        if (id->len == 0 || id->len > TCB_ADVISORY_LEN_MAX)
            json_fail(r, "wrong length of an advisory id");
    }
    if (json_failed(r))
        return;
    to->advisories = list.items;
    to->advisory_count = tcb_level_advisories_unique(list.items, list.count);
}

static void svn_read(struct json_reader *r, void *to, void *unused)
{
    static const struct json_field fields[] = {
        {.name = "isvsvn", .kind = JSON_FIELD_U16, .is_required = true},
    };

    (void)unused;
    json_fields_read(r, fields, ARRAY_COUNT(fields), to, NULL);
}

static void advisories_read(struct json_reader *r, void *to, void *arena)
{
    tcb_level_advisories_read(r, to, arena);
}

static const struct json_field level_fields[] = {
    {.name = "tcb",
     .kind = JSON_FIELD_READER,
     .is_required = true,
     .offset = offsetof(struct isvsvn_level, isvsvn),
     .read = svn_read},
    TCB_LEVEL_FIELDS(struct isvsvn_level, advisories_read),
};

static int isvsvn_compare(const void *a, const void *b)
{
    const struct isvsvn_level *x = a, *y = b;

    return (x->isvsvn < y->isvsvn) - (x->isvsvn > y->isvsvn);
}

struct isvsvn_level *tcb_level_isvsvn_read(struct json_reader *r, struct arena *arena, size_t max,
                                           size_t *ret_count)
{
    struct json_list list = {.max = max, .item_size = sizeof(struct isvsvn_level)};
    struct isvsvn_level *levels;

    *ret_count = 0;
    json_enter_array(r);
    while ((levels = json_list_next(r, arena, &list)))
        json_fields_read(r, level_fields, ARRAY_COUNT(level_fields), levels, arena);
    levels = list.items;
    if (json_failed(r) || !levels)
        return NULL;
    qsort(levels, list.count, sizeof(*levels), isvsvn_compare);
    for (size_t i = 1; i < list.count; i++)
        if (levels[i].isvsvn == levels[i - 1].isvsvn)
            json_fail(r, "two levels have the same isvsvn");
    *ret_count = list.count;
    return levels;
}
