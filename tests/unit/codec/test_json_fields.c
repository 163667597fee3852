/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "codec/json_fields.h"

struct thing {
    uint8_t small;
    uint16_t middle;
    uint32_t large;
    uint8_t bytes[3];
    struct span text;
    int64_t time;
    bool flag;
};

static void flag_read(struct json_reader *r, void *to, void *context)
{
    int *calls = context;
    bool *flag = to;

    (*calls)++;
    *flag = json_flag(r);
}

/* clang-format off */
static const struct json_field fields[] = {
    {.name = "small", .kind = JSON_FIELD_U8, .offset = offsetof(struct thing, small),
     .is_required = true},
    {.name = "middle", .kind = JSON_FIELD_U16, .offset = offsetof(struct thing, middle)},
    {.name = "large", .kind = JSON_FIELD_U32, .offset = offsetof(struct thing, large)},
    {.name = "bytes", .kind = JSON_FIELD_HEX, .offset = offsetof(struct thing, bytes), .size = 3},
    {.name = "text", .kind = JSON_FIELD_TEXT, .offset = offsetof(struct thing, text)},
    {.name = "time", .kind = JSON_FIELD_TIME, .offset = offsetof(struct thing, time)},
    {.name = "flag", .kind = JSON_FIELD_READER, .offset = offsetof(struct thing, flag),
     .read = flag_read},
};
/* clang-format on */

static int thing_read(const char *json, struct thing *ret, uint32_t *ret_seen, struct err *err)
{
    struct json_reader r = json_reader_of(span_str(json));
    int calls = 0;

    *ret = (struct thing){0};
    *ret_seen = json_fields_read(&r, fields, ARRAY_COUNT(fields), ret, &calls);
    assert_int_equal(calls, json_fields_has(*ret_seen, 6));
    return json_reader_done(&r, err);
}

static void every_kind_is_read(void **state)
{
    struct thing x;
    uint32_t seen;

    (void)state;
    assert_int_equal(thing_read("{\"flag\":true,\"other\":[{}],\"time\":\"1970-01-01T00:01:00Z\","
                                "\"text\":\"abc\",\"bytes\":\"0102FF\",\"large\":4294967295,"
                                "\"middle\":65535,\"small\":255}",
                                &x, &seen, NULL),
                     0);
    assert_int_equal(seen, 0x7f);
    assert_int_equal(x.small, 255);
    assert_int_equal(x.middle, 65535);
    assert_int_equal(x.large, UINT32_MAX);
    assert_memory_equal(x.bytes, "\1\2\377", 3);
    assert_true(span_equal_str(x.text, "abc"));
    assert_int_equal(x.time, 60);
    assert_true(x.flag);
}

static void missing_members_keep_their_value(void **state)
{
    struct thing x;
    uint32_t seen;

    (void)state;
    assert_int_equal(thing_read("{\"small\":0}", &x, &seen, NULL), 0);
    assert_true(json_fields_has(seen, 0));
    assert_false(json_fields_has(seen, 1));
    assert_null(x.text.data);
}

static void faults_are_named(void **state)
{
    static const struct {
        const char *json;
        const char *message;
    } rows[] = {
        {"{}", "member small is missing"},
        {"{\"small\":1,\"small\":1}", "member small occurs twice"},
        {"{\"small\":256}", "json at byte"},
        {"{\"small\":1,\"middle\":65536}", "json at byte"},
        {"{\"small\":1,\"large\":4294967296}", "json at byte"},
        {"{\"small\":1,\"bytes\":\"0102\"}", "hex digits"},
        {"{\"small\":1,\"time\":\"60\"}", "expected an RFC 3339 date"},
        {"{\"small\":1,\"time\":\"20250101T000000Z----\"}", "expected an RFC 3339 date"},
        {"{\"small\":1,\"flag\":0}", "expected true or false"},
        {"[]", "json at byte 0"},
        {"{\"small\":1", "text ends early"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct err err = {0};
        struct thing x;
        uint32_t seen;

        assert_int_equal(thing_read(rows[i].json, &x, &seen, &err), -EBADMSG);
        if (!strstr(err.text, rows[i].message))
            fail_msg("%s: %s", rows[i].json, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(missing_members_keep_their_value),
        cmocka_unit_test(faults_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
