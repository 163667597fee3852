/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG DICE evidence is tag([ quote, claims ]) with a tag from 60000 on that names the kind of quote
 * (60000: Intel TEE quote). Any other CBOR is searched like JSON: every string, whatever its key.
 */
#include <stdio.h>

#include "codec/cbor.h"
#include "evidence/scan.h"

enum {
    DEPTH_MAX = 16,
    TAG_DICE_FIRST = 60000,
    TAG_DICE_LAST = 60010,
};

static void item_walk(struct evidence_scan *s, struct cbor *c, const char *path, unsigned depth);

/* Return: false when @c is not [ bytes, bytes ]; nothing is read then. */
static bool dice_walk(struct evidence_scan *s, struct cbor *c)
{
    struct span outer = s->claims;
    struct cbor look = *c;
    struct cbor_item array = cbor_next(&look), quote = cbor_next(&look), claims = cbor_next(&look);

    if (array.type != CBOR_ARRAY || array.value != 2 || quote.type != CBOR_BYTES ||
        claims.type != CBOR_BYTES)
        return false;
    *c = look;
    s->claims = claims.string;
    evidence_scan_in(s, quote.string, "CBOR");
    s->claims = outer;
    return true;
}

static void map_walk(struct evidence_scan *s, struct cbor *c, uint64_t count, const char *path,
                     unsigned depth)
{
    for (uint64_t i = 0; i < count && !c->failed; i++) {
        struct cbor_item key = cbor_next(c);
        char inner[EVIDENCE_PLACE_SIZE / 2];

        if (key.type == CBOR_TEXT)
            snprintf(inner, sizeof(inner), "%s%s%.*s", path, *path ? "." : "",
                     (int)MIN(key.string.len, (size_t)64), (const char *)key.string.data);
        else
            snprintf(inner, sizeof(inner), "%s%s%llu", path, *path ? "." : "",
                     (unsigned long long)key.value);
        if (key.type != CBOR_TEXT && key.type != CBOR_UNSIGNED && key.type != CBOR_NEGATIVE)
            return;
        item_walk(s, c, inner, depth + 1);
    }
}

static void item_walk(struct evidence_scan *s, struct cbor *c, const char *path, unsigned depth)
{
    struct cbor_item item;

    if (depth > DEPTH_MAX) {
        evidence_scan_problem(s, "CBOR is nested deeper than %d", DEPTH_MAX);
        c->failed = true;
        return;
    }
    item = cbor_next(c);
    if (item.type == CBOR_BYTES && item.string.len >= EVIDENCE_QUOTE_MIN) {
        evidence_scan_in(s, item.string, *path ? "CBOR, member %s" : "CBOR%s", path);
    } else if (item.type == CBOR_TEXT) {
        evidence_scan_text_in(s, item.string, *path ? "CBOR, member %s" : "CBOR%s", path);
    } else if (item.type == CBOR_ARRAY) {
        for (uint64_t i = 0; i < item.value && !c->failed; i++)
            item_walk(s, c, path, depth + 1);
    } else if (item.type == CBOR_MAP) {
        map_walk(s, c, item.value, path, depth);
    } else if (item.type == CBOR_TAG) {
        if (item.value < TAG_DICE_FIRST || item.value > TAG_DICE_LAST || !dice_walk(s, c))
            item_walk(s, c, path, depth + 1);
    }
}

bool evidence_cbor_scan(struct evidence_scan *s, struct span bytes)
{
    struct cbor c = cbor_of(bytes);

    if (!cbor_is_whole(bytes))
        return false;
    item_walk(s, &c, "", 0);
    return true;
}
