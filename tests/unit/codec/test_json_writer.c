/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/json_writer.h"

static void write_sample(struct json_writer *w)
{
    json_writer_object_begin(w);
    json_writer_member_string(w, "a", "x\"y");
    json_writer_member_string(w, "none", NULL);
    json_writer_key(w, "list");
    json_writer_array_begin(w);
    json_writer_int(w, -1);
    json_writer_uint(w, UINT64_MAX);
    json_writer_array_end(w);
    json_writer_key(w, "empty");
    json_writer_object_begin(w);
    json_writer_object_end(w);
    json_writer_member_hex(w, "hex", span_of("\x01\xab", 2));
    json_writer_member_bool(w, "yes", true);
    json_writer_object_end(w);
}

static void compact(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(1024);
    struct json_writer w = json_writer_of(&b, false);

    (void)state;
    write_sample(&w);
    assert_string_equal(buf_cstr(&b), "{\"a\":\"x\\\"y\",\"none\":null,\"list\":[-1,"
                                      "18446744073709551615],\"empty\":{},"
                                      "\"hex\":\"01ab\",\"yes\":true}");
}

static void pretty(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(1024);
    struct json_writer w = json_writer_of(&b, true);

    (void)state;
    json_writer_object_begin(&w);
    json_writer_key(&w, "l");
    json_writer_array_begin(&w);
    json_writer_int(&w, 1);
    json_writer_int(&w, 2);
    json_writer_array_end(&w);
    json_writer_object_end(&w);
    assert_string_equal(buf_cstr(&b), "{\n  \"l\": [\n    1,\n    2\n  ]\n}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compact),
        cmocka_unit_test(pretty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
