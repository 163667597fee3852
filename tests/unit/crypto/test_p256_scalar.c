/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "crypto/hash.h"
#include "crypto/p256_scalar.h"

static bool is_one(const struct p256_scalar *a)
{
    return a->v[0] == 1 && (a->v[1] | a->v[2] | a->v[3]) == 0;
}

static void inverse_check(const struct p256_scalar *a)
{
    struct p256_scalar inverse, product;

    p256_scalar_invert(&inverse, a);
    p256_scalar_mul(&product, a, &inverse);
    if (!is_one(&product))
        fail_msg("%016llx...%016llx has another inverse", (unsigned long long)a->v[3],
                 (unsigned long long)a->v[0]);
}

static void powers_of_two_have_inverses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        struct p256_scalar a = {{0}}, negative;

        a.v[i / 64] = UINT64_C(1) << i % 64;
        inverse_check(&a);
        p256_scalar_negate(&negative, &a);
        inverse_check(&negative);
    }
}

static void small_and_large_numbers_have_inverses(void **state)
{
    (void)state;
    for (uint64_t i = 1; i < 2000; i++) {
        struct p256_scalar a = {{i}}, negative;

        inverse_check(&a);
        p256_scalar_negate(&negative, &a);
        inverse_check(&negative);
    }
}

static void numbers_of_all_kinds_have_inverses(void **state)
{
    uint8_t bytes[SHA256_SIZE] = {0};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct p256_scalar a;

        hash_sha256(span_of(bytes, sizeof(bytes)), bytes);
        p256_scalar_reduce_bytes(&a, bytes);
        inverse_check(&a);
    }
}

/* Long runs of zeros shift by more than a limb at once. */
static void sparse_numbers_have_inverses(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 255; i++)
        for (unsigned j = 0; j < i; j += 7) {
            struct p256_scalar a = {{0}};

            a.v[i / 64] |= UINT64_C(1) << i % 64;
            a.v[j / 64] |= UINT64_C(1) << j % 64;
            inverse_check(&a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_two_have_inverses),
        cmocka_unit_test(small_and_large_numbers_have_inverses),
        cmocka_unit_test(numbers_of_all_kinds_have_inverses),
        cmocka_unit_test(sparse_numbers_have_inverses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
