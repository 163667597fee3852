/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/level_parse.h"

#include <stdlib.h>

#include "base/clock.h"

int member_once(struct json_reader *r, struct span key, const char *const *names, size_t count,
                uint32_t *seen)
{
    for (size_t i = 0; i < count; i++) {
        if (!span_equal_str(key, names[i]))
            continue;
        if (*seen & 1U << i)
            json_fail(r, "a member occurs twice");
        *seen |= 1U << i;
        return (int)i;
    }
    return -1;
}

int64_t date_read(struct json_reader *r)
{
    struct span text = json_text(r);
    int64_t value = 0;

    if (json_failed(r))
        return 0;
    if (text.len < 20 || text.data[4] != '-' || clock_parse(text, &value, NULL) < 0)
        json_fail(r, "expected an RFC 3339 date");
    return value;
}

static int text_compare(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    int order = memcmp(x->data, y->data, MIN(x->len, y->len));

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void advisories_read(struct json_reader *r, struct arena *arena,
                            struct tcb_level_common *level)
{
    struct span *list = NULL;
    size_t count = 0, capacity = 0, unique = 0;

    json_enter_array(r);
    while (json_next_item(r)) {
        list = arena_grow(arena, list, count, &capacity, sizeof(*list));
        if (!list) {
            json_fail_memory(r);
            return;
        }
        list[count] = json_text(r);
        if (list[count].len == 0 || list[count].len > TCB_ADVISORY_LEN_MAX)
            json_fail(r, "bad length of an advisory id");
        if (++count > TCB_ADVISORY_MAX)
            json_fail(r, "too many advisory ids");
    }
    if (json_failed(r) || count == 0)
        return;
    qsort(list, count, sizeof(*list), text_compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !span_equal(list[i], list[unique - 1]))
            list[unique++] = list[i];
    level->advisories = list;
    level->advisory_count = unique;
}

bool level_member_read(struct json_reader *r, struct span key, struct arena *arena,
                       struct tcb_level_common *level)
{
    if (span_equal_str(key, "tcbDate")) {
        if (level->has_tcb_date)
            json_fail(r, "tcbDate occurs twice");
        level->tcb_date = date_read(r);
        level->has_tcb_date = true;
        return true;
    }
    if (span_equal_str(key, "tcbStatus")) {
        if (level->status_text.data)
            json_fail(r, "tcbStatus occurs twice");
        level->status_text = json_text(r);
        level->status = tcb_status_parse(level->status_text);
        if (level->status > TCB_REVOKED)
            level->status = TCB_UNKNOWN;
        return true;
    }
    if (span_equal_str(key, "advisoryIDs")) {
        if (level->advisories)
            json_fail(r, "advisoryIDs occurs twice");
        advisories_read(r, arena, level);
        return true;
    }
    return false;
}

void level_check(struct json_reader *r, const struct tcb_level_common *level)
{
    if (!level->has_tcb_date)
        json_fail(r, "a level without tcbDate");
    if (!level->status_text.data)
        json_fail(r, "a level without tcbStatus");
}

static bool isvsvn_read(struct json_reader *r, uint16_t *ret)
{
    static const char *const names[] = {"isvsvn"};
    struct span key;
    uint32_t seen = 0;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (member_once(r, key, names, ARRAY_COUNT(names), &seen) == 0)
            *ret = (uint16_t)json_unsigned(r, UINT16_MAX);
        else
            json_skip(r);
    }
    return seen != 0;
}

static void isvsvn_level_read(struct json_reader *r, struct arena *arena,
                              struct isvsvn_level *level)
{
    struct span key;
    bool has_svn = false;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "tcb")) {
            if (has_svn)
                json_fail(r, "tcb occurs twice");
            has_svn = isvsvn_read(r, &level->isvsvn);
        } else if (!level_member_read(r, key, arena, &level->common)) {
            json_skip(r);
        }
    }
    if (!has_svn)
        json_fail(r, "a level without isvsvn");
    level_check(r, &level->common);
}

static int isvsvn_compare(const void *a, const void *b)
{
    const struct isvsvn_level *x = a, *y = b;

    return (x->isvsvn < y->isvsvn) - (x->isvsvn > y->isvsvn);
}

struct isvsvn_level *isvsvn_levels_read(struct json_reader *r, struct arena *arena, size_t max,
                                        size_t *ret_count)
{
    struct isvsvn_level *levels = NULL;
    size_t count = 0, capacity = 0;

    *ret_count = 0;
    json_enter_array(r);
    while (json_next_item(r)) {
        levels = count < max ? arena_grow(arena, levels, count, &capacity, sizeof(*levels)) : NULL;
        if (!levels && count < max)
            json_fail_memory(r);
        if (!levels) {
            json_fail(r, "too many levels");
            return NULL;
        }
        isvsvn_level_read(r, arena, &levels[count++]);
    }
    if (json_failed(r) || count == 0)
        return levels;
    qsort(levels, count, sizeof(*levels), isvsvn_compare);
    for (size_t i = 1; i < count; i++)
        if (levels[i].isvsvn == levels[i - 1].isvsvn)
            json_fail(r, "two levels with the same isvsvn");
    *ret_count = count;
    return levels;
}
