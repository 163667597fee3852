/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_fields.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

enum {
    DATE_LEN_MIN = 20, /* bytes of "2025-01-31T00:00:00Z" */
    YEAR_LEN = 4,
};

/* clock_parse() also takes unix seconds; a date starts with its year. */
int64_t json_fields_time(struct json_reader *r)
{
    struct span text = json_text(r);
    int64_t value = 0;

    if (json_failed(r))
        return 0;
    if (text.len < DATE_LEN_MIN || text.data[YEAR_LEN] != '-' ||
        clock_parse(text, &value, NULL) < 0)
        json_fail(r, "expected an RFC 3339 date");
    return value;
}

static void value_read(struct json_reader *r, const struct json_field *field, uint8_t *to,
                       void *context)
{
    switch (field->kind) {
    case JSON_FIELD_U8:
        *to = (uint8_t)json_unsigned(r, UINT8_MAX);
        break;
    case JSON_FIELD_U16:
        memcpy(to, &(uint16_t){(uint16_t)json_unsigned(r, UINT16_MAX)}, sizeof(uint16_t));
        break;
    case JSON_FIELD_U32:
        memcpy(to, &(uint32_t){(uint32_t)json_unsigned(r, UINT32_MAX)}, sizeof(uint32_t));
        break;
    case JSON_FIELD_HEX:
        json_hex_fixed(r, to, field->size);
        break;
    case JSON_FIELD_TEXT:
        memcpy(to, &(struct span[1]){json_text(r)}, sizeof(struct span));
        break;
    case JSON_FIELD_TIME:
        memcpy(to, &(int64_t){json_fields_time(r)}, sizeof(int64_t));
        break;
    case JSON_FIELD_READER:
        field->read(r, to, context);
        break;
    case JSON_FIELD_NONE:
        assert(false); /* no row has this kind */
    }
}

static size_t field_find(const struct json_field *fields, size_t count, struct span key)
{
    size_t i = 0;

    while (i < count && !span_equal_str(key, fields[i].name))
        i++;
    return i;
}

uint32_t json_fields_read(struct json_reader *r, const struct json_field *fields, size_t count,
                          void *to, void *context)
{
    uint32_t seen = 0;
    struct span key;

    assert(count <= JSON_FIELDS_MAX);
    json_enter_object(r);
    while (json_next_member(r, &key)) {
        size_t i = field_find(fields, count, key);

        if (i == count) {
            json_skip(r);
            continue;
        }
        if (json_fields_has(seen, i))
            json_fail_member(r, fields[i].name, "occurs twice");
        seen |= UINT32_C(1) << i;
        value_read(r, &fields[i], (uint8_t *)to + fields[i].offset, context);
    }
    for (size_t i = 0; i < count; i++)
        if (fields[i].is_required && !json_fields_has(seen, i))
            json_fail_member(r, fields[i].name, "is missing");
    return seen;
}
