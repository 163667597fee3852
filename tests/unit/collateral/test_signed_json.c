/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "collateral/signed_json.h"

static void bodies_are_sliced(void **state)
{
    char body[400], digits[2 * P256_SIGNATURE_SIZE + 1];
    struct signed_json s;

    (void)state;
    memset(digits, 'a', sizeof(digits) - 1);
    digits[sizeof(digits) - 1] = '\0';
    snprintf(body, sizeof(body), "{\"tcbInfo\": {\"a\" : [1] } ,\"signature\":\"%s\"}", digits);
    assert_int_equal(signed_json_parse(span_str(body), "tcbInfo", &s, NULL), 0);
    assert_true(span_equal_str(s.inner, "{\"a\" : [1] }"));
    assert_int_equal(s.signature[63], 0xaa);
    assert_int_equal(signed_json_parse(span_str(body), "enclaveIdentity", &s, NULL), -EBADMSG);
}

static void members_occur_once_and_complete(void **state)
{
    char body[400], digits[2 * P256_SIGNATURE_SIZE + 1];
    struct signed_json s;

    (void)state;
    memset(digits, 'a', sizeof(digits) - 1);
    digits[sizeof(digits) - 1] = '\0';
    snprintf(body, sizeof(body), "{\"tcbInfo\":{},\"tcbInfo\":{},\"signature\":\"%s\"}", digits);
    assert_int_equal(signed_json_parse(span_str(body), "tcbInfo", &s, NULL), -EBADMSG);
    snprintf(body, sizeof(body), "{\"tcbInfo\":{},\"signature\":\"%.126s\"}", digits);
    assert_int_equal(signed_json_parse(span_str(body), "tcbInfo", &s, NULL), -EBADMSG);
    assert_int_equal(signed_json_parse(span_str("{\"tcbInfo\":{}}"), "tcbInfo", &s, NULL),
                     -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_sliced),
        cmocka_unit_test(members_occur_once_and_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
