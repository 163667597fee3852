/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/http/answer.h"

static void dates_are_imf_fixdates(void **state)
{
    char text[HTTP_DATE_SIZE];

    (void)state;
    assert_string_equal(http_answer_date_render(784111777, text), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(http_answer_date_render(1709164799, text), "Wed, 28 Feb 2024 23:59:59 GMT");
    assert_string_equal(http_answer_date_render(INT64_MAX, text), "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void statuses_have_their_words(void **state)
{
    (void)state;
    assert_string_equal(http_answer_status_text(200), "OK");
    assert_string_equal(http_answer_status_text(431), "Request Header Fields Too Large");
    assert_string_equal(http_answer_status_text(460), ""); /* the PCCS's own codes have no words */
    assert_false(http_answer_has_body(204) || http_answer_has_body(304) ||
                 http_answer_has_body(100));
    assert_true(http_answer_has_body(200) && http_answer_has_body(404));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_imf_fixdates),
        cmocka_unit_test(statuses_have_their_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
