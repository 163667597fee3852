/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "pccs/cache.h"

enum { NOW = 1000 };

static struct http_prebuilt *answer_make(void)
{
    struct http_prebuilt *p = NULL;
    struct err err = {0};

    assert_int_equal(
        http_prebuilt_new(200, "text/plain", span_of(NULL, 0), span_str("x"), &p, &err), 0);
    return p;
}

static void an_answer_is_kept_for_its_time(void **state)
{
    static struct pccs_cache c;
    struct http_prebuilt *a = answer_make(), *b = answer_make();

    (void)state;
    assert_null(pccs_cache_find(&c, "key", NOW));
    pccs_cache_put(&c, "key", a, NOW);
    assert_ptr_equal(pccs_cache_find(&c, "key", NOW + PCCS_CACHE_AGE_MS), a);
    assert_null(pccs_cache_find(&c, "key", NOW + PCCS_CACHE_AGE_MS + 1));
    assert_null(pccs_cache_find(&c, "other", NOW));
    pccs_cache_put(&c, "key", b, NOW);
    assert_ptr_equal(pccs_cache_find(&c, "key", NOW), b);
    pccs_cache_clear(&c);
    assert_null(pccs_cache_find(&c, "key", NOW));
    assert_int_equal(a->references, 1);
    assert_int_equal(b->references, 1);
    http_prebuilt_unref(a);
    http_prebuilt_unref(b);
}

/* More keys than places: whatever is found is the right one. */
static void places_are_never_mixed_up(void **state)
{
    static struct pccs_cache c;
    static struct http_prebuilt *answers[2000];
    char key[PCCS_CACHE_KEY_SIZE];
    int found = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        answers[i] = answer_make();
        snprintf(key, sizeof(key), "tcb/sgx/%012X/standard", (unsigned)i);
        pccs_cache_put(&c, key, answers[i], NOW);
    }
    for (int i = 0; i < 2000; i++) {
        struct http_prebuilt *a;

        snprintf(key, sizeof(key), "tcb/sgx/%012X/standard", (unsigned)i);
        a = pccs_cache_find(&c, key, NOW);
        assert_true(!a || a == answers[i]);
        found += a != NULL;
    }
    assert_true(found > PCCS_CACHE_PLACES / 2 && found <= PCCS_CACHE_PLACES);
    pccs_cache_clear(&c);
    for (int i = 0; i < 2000; i++)
        http_prebuilt_unref(answers[i]);
}

static void keys_differ_as_answers_do(void **state)
{
    struct pccs_call a = {.item = {.kind = PCCS_ROOT_CRL}, .version = 4}, b = a;
    char key_a[PCCS_CACHE_KEY_SIZE], key_b[PCCS_CACHE_KEY_SIZE];

    (void)state;
    pccs_cache_key(&a, key_a);
    pccs_cache_key(&b, key_b);
    assert_string_equal(key_a, key_b);
    b.form = PCCS_FORM_PEM;
    pccs_cache_key(&b, key_b);
    assert_string_not_equal(key_a, key_b);
    b = a;
    b.dialect = PCCS_DIALECT_THIM;
    pccs_cache_key(&b, key_b);
    assert_string_not_equal(key_a, key_b);
    b = a;
    b.version = 3;
    pccs_cache_key(&b, key_b);
    assert_string_not_equal(key_a, key_b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_kept_for_its_time),
        cmocka_unit_test(places_are_never_mixed_up),
        cmocka_unit_test(keys_differ_as_answers_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
