/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "mutate.h"
#include "node/ledger_table.h"

static const char status[] =
    "{\"version\":\"1\",\"started\":0,\"profile\":\"aks\",\"warning\":\"the profile does not fit "
    "this node, which has more memory for enclaves than eighty columns can say\",\"remedy\":\"Use "
    "another one.\",\"ready\":true,"
    "\"platform\":{\"backend\":\"software\",\"driver\":\"software\",\"ready\":true,"
    "\"epc_bytes\":176160768,\"nodes\":[{\"id\":0,\"epc_bytes\":176160768}],\"problems\":[]},"
    "\"resources\":[{\"name\":\"v.example/epc\",\"epc\":true,\"devices\":168,\"left_out\":0,"
    "\"healthy\":true,\"topology\":true,\"connected\":true,\"trouble\":\"\"}],"
    "\"ledger\":{\"current\":true,\"trouble\":\"\",\"containers\":["
    "{\"namespace\":\"default\",\"pod\":\"a-pod-whose-name-is-much-longer-than-any-column-of-a-"
    "table-can-be-wide\",\"container\":\"c\",\"resource\":\"v.example/epc\",\"devices\":100}],"
    "\"committed\":[{\"container_id\":\"0123456789012345678901234567890123456789\","
    "\"namespace\":\"\",\"pod\":\"\",\"container\":\"\",\"bytes\":33554432,\"processes\":1}]}}";

static int render(struct span wire, void *context)
{
    CLEANUP(buf_done) struct buf out = buf_init(1 << 20);

    (void)context;
    return ledger_table_render(wire, &out, NULL);
}

static void lines_fit_80_columns(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(1 << 20);
    const char *line;

    (void)state;
    assert_int_equal(ledger_table_render(span_str(status), &out, NULL), 0);
    line = buf_cstr(&out);
    assert_non_null(strstr(line, "\nwarning: the profile does not fit this node"));
    assert_non_null(strstr(line, "\n     ->  Use another one.\n"));
    assert_non_null(strstr(line, "100 MiB"));
    assert_non_null(strstr(line, "68 MiB"));
    assert_non_null(strstr(line, "COMMITTED\n"));
    assert_non_null(strstr(line, "32 MiB"));
    for (; *line; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, 80);
}

static void a_ledger_that_is_not_known_is_not_zero(void **state)
{
    static const char unknown[] =
        "{\"profile\":\"aks\",\"ready\":true,\"platform\":{\"backend\":\"hardware\","
        "\"epc_bytes\":176160768},\"resources\":[{\"name\":\"v.example/epc\",\"epc\":true}],"
        "\"ledger\":{\"current\":false,\"containers\":[]}}";
    CLEANUP(buf_done) struct buf out = buf_init(1 << 20);

    (void)state;
    assert_int_equal(ledger_table_render(span_str(unknown), &out, NULL), 0);
    assert_non_null(strstr(buf_cstr(&out), "what is held is not known"));
    assert_null(strstr(buf_cstr(&out), " held, "));
    assert_null(strstr(buf_cstr(&out), "No container holds"));
}

static void what_is_no_status_is_refused(void **state)
{
    (void)state;
    assert_int_equal(render(span_str("[]"), NULL), -EBADMSG);
    assert_int_equal(render(span_str("{\"ledger\":7}"), NULL), -EBADMSG);
    assert_int_equal(mutate_prefixes(span_str(status), render, NULL), 0);
    (void)!mutate_bits(span_str(status), 0, 8 * strlen(status), render, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_fit_80_columns),
        cmocka_unit_test(a_ledger_that_is_not_known_is_not_zero),
        cmocka_unit_test(what_is_no_status_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
