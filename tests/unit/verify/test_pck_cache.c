/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "verify/check.h"
#include "verify/pck_cache.h"
#include "verify/verdict.h"

static void key_of(uint32_t n, uint8_t key[static SHA256_SIZE])
{
    hash_sha256(span_of(&n, sizeof(n)), key);
}

static void store(struct pck_cache *c, uint32_t n)
{
    struct pck_platform p = {.is_verified = true, .pck = {.pcesvn = (uint16_t)n}};
    uint8_t key[SHA256_SIZE];

    key_of(n, key);
    pck_cache_store(c, key, &p);
}

static bool find(struct pck_cache *c, uint32_t n)
{
    uint8_t key[SHA256_SIZE];
    struct pck_platform p;

    key_of(n, key);
    if (!pck_cache_find(c, key, &p))
        return false;
    assert_int_equal(p.pck.pcesvn, (uint16_t)n);
    known_key_unref(p.known);
    return true;
}

static void what_was_stored_is_found(void **state)
{
    struct pck_cache *c = pck_cache_new(10000);
    size_t found = 0;

    (void)state;
    assert_non_null(c);
    assert_false(find(c, 1));
    for (uint32_t i = 0; i < 10000; i++)
        store(c, i);
    for (uint32_t i = 0; i < 10000; i++)
        found += find(c, i);
    assert_int_equal(found, 10000);
    pck_cache_free(c);
}

static void the_longest_unused_goes_first(void **state)
{
    struct pck_cache *c = pck_cache_new(64);
    size_t found = 0;

    (void)state;
    assert_non_null(c);
    store(c, 0);
    for (uint32_t i = 1; i < 5000; i++) {
        store(c, i);
        assert_true(find(c, 0));
        assert_true(find(c, i));
    }
    for (uint32_t i = 1; i < 5000; i++)
        found += find(c, i);
    assert_in_range(found, 32, 128);
    pck_cache_free(c);
}

static void qe_reports_are_remembered_two_at_a_time(void **state)
{
    struct pck_cache *c = pck_cache_new(16);
    uint8_t key[SHA256_SIZE], qe[4][SHA256_SIZE];
    struct pck_platform p;

    (void)state;
    assert_non_null(c);
    key_of(7, key);
    for (uint32_t i = 0; i < 4; i++)
        key_of(100 + i, qe[i]);
    pck_cache_store_qe(c, key, qe[0]); /* no such platform: nothing happens */
    store(c, 7);
    for (size_t i = 0; i < 4; i++) {
        pck_cache_store_qe(c, key, qe[i]);
        pck_cache_store_qe(c, key, qe[i]);
        assert_true(pck_cache_find(c, key, &p));
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(pck_cache_knows_qe(&p, qe[k]), k <= i && i - k < PCK_CACHE_QE_MAX);
    }
    pck_cache_free(c);
}

/* The generator, as good a key as any */
static const uint8_t key_bytes[P256_KEY_SIZE] = {
    0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
    0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
    0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static void known_keys_outlive_their_entry(void **state)
{
    struct pck_cache *c = pck_cache_new(1);
    struct known_key *known = known_key_new(key_bytes);
    uint8_t key[SHA256_SIZE];
    struct pck_platform p;

    (void)state;
    assert_true(c && known);
    key_of(1, key);
    store(c, 1);
    pck_cache_store_known(c, key, known);
    assert_int_equal(atomic_load(&known->refs), 2);
    assert_true(pck_cache_find(c, key, &p));
    assert_ptr_equal(p.known, known);
    assert_int_equal(atomic_load(&known->refs), 3);
    known_key_unref(known);
    pck_cache_free(c);
    assert_int_equal(atomic_load(&p.known->refs), 1);
    assert_memory_equal(p.known->key, key_bytes, sizeof(key_bytes));
    known_key_unref(p.known);
}

static void *worker_run(void *context)
{
    struct pck_cache *c = context;
    struct known_key *known = known_key_new(key_bytes);
    uint8_t key[SHA256_SIZE];

    for (uint32_t i = 0; i < 3000; i++) {
        store(c, i % 100);
        key_of(i % 100, key);
        pck_cache_store_qe(c, key, key);
        pck_cache_store_known(c, key, known);
        (void)find(c, (i + 50) % 100);
    }
    known_key_unref(known);
    return NULL;
}

static void threads_share_it(void **state)
{
    struct pck_cache *c = pck_cache_new(32);
    pthread_t threads[3];

    (void)state;
    assert_non_null(c);
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker_run, c), 0);
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    pck_cache_free(c);
}

static void zero_is_refused(void **state)
{
    struct check_list none = {0};
    struct verdict v = {0};

    (void)state;
    assert_false(check_all_passed(&none));
    assert_false(verdict_is_accepted(&v));
    assert_false(verdict_is_accepted(NULL));
    for (int i = 0; i < CHECK_COUNT; i++)
        check_pass(&none, (enum check_id)i);
    assert_true(check_all_passed(&none));
    check_fail(&none, CHECK_DEBUG, "%s", "first");
    check_fail(&none, CHECK_DEBUG, "%s", "second");
    check_miss(&none, CHECK_DEBUG, "%s", "third");
    assert_string_equal(none.check[CHECK_DEBUG].detail, "first");
    assert_false(check_all_passed(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_stored_is_found),
        cmocka_unit_test(the_longest_unused_goes_first),
        cmocka_unit_test(qe_reports_are_remembered_two_at_a_time),
        cmocka_unit_test(known_keys_outlive_their_entry),
        cmocka_unit_test(threads_share_it),
        cmocka_unit_test(zero_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
