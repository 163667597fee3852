/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/json_list.h"

void *json_list_next(struct json_reader *r, struct arena *arena, struct json_list *list)
{
    void *items;

    if (!json_next_item(r))
        return NULL;
    if (list->count == list->max) {
        json_fail(r, "the array has too many items");
        return NULL;
    }
    items = arena_grow(arena, list->items, list->count, &list->capacity, list->item_size);
    if (!items) {
        json_fail_memory(r);
        return NULL;
    }
    list->items = items;
    return (uint8_t *)items + list->item_size * list->count++;
}
