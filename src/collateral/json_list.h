/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/json_list.h: a JSON array read into an array of structs in an arena. For collateral/
 * only.
 *
 *     struct json_list list = {.max = LEVEL_MAX, .item_size = sizeof(*level)};
 *     json_enter_array(r);
 *     while ((level = json_list_next(r, arena, &list)))
 *         level_read(r, level);
 */
#ifndef COFFER_COLLATERAL_JSON_LIST_H
#define COFFER_COLLATERAL_JSON_LIST_H

#include "codec/json.h"
#include "collateral/arena.h"

struct json_list {
    void *items; /* in the arena; NULL while there are none */
    size_t count;
    size_t capacity; /* internal */
    size_t max;      /* items; one more latches in the reader */
    size_t item_size;
};

/**
 * json_list_next() - step to the next item of the entered array and make room for it
 * Return: zeroed room, valid until the next call; NULL at the end, above @max or without memory,
 * the latter two latched in @r.
 */
void *json_list_next(struct json_reader *r, struct arena *arena, struct json_list *list);

#endif
