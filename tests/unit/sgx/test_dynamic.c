/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "base/macros.h"
#include "sgx/dynamic.h"

#define BASE UINT64_C(0x100000)

enum {
    R = (int)SGX_SECINFO_R,
    W = (int)SGX_SECINFO_W,
    X = (int)SGX_SECINFO_X,
    PENDING = (int)SGX_SECINFO_PENDING,
    MODIFIED = (int)SGX_SECINFO_MODIFIED,
    PR = (int)SGX_SECINFO_PR,
};

static _Atomic uint32_t words[4];
static _Atomic uint8_t groups[1];
static struct sgx_page_table table;

static int table_make(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        words[i] = 0;
    groups[0] = 0;
    sgx_page_table_init(&table, words, groups, BASE, ARRAY_COUNT(words));
    return 0;
}

static void page_set(uint64_t address, struct sgx_page page)
{
    page.valid = true;
    assert_true(sgx_page_table_swap(&table, address, sgx_page_table_load(&table, address), page));
}

static void expect_page(uint64_t address, int permissions, int state, enum sgx_page_type type)
{
    struct sgx_page p = sgx_page_table_load(&table, address);

    assert_true(p.valid);
    assert_int_equal(p.permissions, permissions);
    assert_int_equal(p.state, state);
    assert_int_equal(p.type, type);
}

static enum sgx_status accept(uint64_t address, int permissions, int state, enum sgx_page_type type)
{
    static const uint8_t page[SGX_PAGE_SIZE];
    uint8_t wire[SGX_SECINFO_SIZE];

    sgx_secinfo_render((struct sgx_secinfo){.permissions = (uint8_t)permissions,
                                            .state = (uint8_t)state,
                                            .type = (uint8_t)type},
                       wire);
    return sgx_eaccept(&table, address, wire, page);
}

static void grow(void **state)
{
    (void)state;
    assert_int_equal(sgx_eaug(&table, BASE), SGX_SUCCESS);
    assert_int_equal(sgx_eaug(&table, BASE), SGX_FAULT_PF);
    assert_int_equal(sgx_eaug(&table, BASE + 4 * SGX_PAGE_SIZE), SGX_FAULT_GP);
    assert_int_equal(sgx_eaug(&table, BASE + 1), SGX_FAULT_GP);
    expect_page(BASE, R | W, PENDING, SGX_PT_REG);
    assert_int_equal(sgx_page_table_load(&table, BASE).max, R | W | X);
    assert_false(sgx_page_table_access(&table, BASE, R));

    assert_int_equal(accept(BASE, R, PENDING, SGX_PT_REG), SGX_PAGE_ATTRIBUTES_MISMATCH);
    assert_int_equal(accept(BASE, R | W, 0, SGX_PT_REG), SGX_PAGE_ATTRIBUTES_MISMATCH);
    assert_int_equal(accept(BASE, R | W, PENDING, SGX_PT_REG), SGX_SUCCESS);
    expect_page(BASE, R | W, 0, SGX_PT_REG);
    assert_true(sgx_page_table_access(&table, BASE, R | W));
    assert_int_equal(accept(BASE, R | W, PENDING, SGX_PT_REG), SGX_PAGE_ATTRIBUTES_MISMATCH);
}

static void accept_refuses_impossible_requests(void **state)
{
    static const uint8_t page[SGX_PAGE_SIZE];
    uint8_t reserved[SGX_SECINFO_SIZE] = {[40] = 1};

    (void)state;
    assert_int_equal(sgx_eaug(&table, BASE), SGX_SUCCESS);
    assert_int_equal(sgx_eaccept(&table, BASE, reserved, page), SGX_FAULT_GP);
    assert_int_equal(accept(BASE, W, PENDING, SGX_PT_REG), SGX_FAULT_GP);
    assert_int_equal(accept(BASE, R, MODIFIED, SGX_PT_REG), SGX_FAULT_GP);
    assert_int_equal(accept(BASE, R, MODIFIED, SGX_PT_TCS), SGX_FAULT_GP);
    assert_int_equal(accept(BASE, 0, PENDING, SGX_PT_TCS), SGX_FAULT_GP);
    assert_int_equal(accept(BASE, 0, MODIFIED, SGX_PT_VA), SGX_FAULT_GP);
    assert_int_equal(accept(BASE + 8, R | W, PENDING, SGX_PT_REG), SGX_FAULT_GP);
    assert_int_equal(accept(BASE - 4096, R | W, PENDING, SGX_PT_REG), SGX_FAULT_GP);
    assert_int_equal(accept(BASE + 4096, R | W, PENDING, SGX_PT_REG), SGX_FAULT_PF);
    expect_page(BASE, R | W, PENDING, SGX_PT_REG);
}

static void restrict_permissions(void **state)
{
    (void)state;
    page_set(BASE, (struct sgx_page){.permissions = R | W, .type = SGX_PT_REG, .max = R | W});
    assert_int_equal(sgx_emodpr(&table, BASE, W), SGX_FAULT_GP);
    assert_int_equal(sgx_emodpr(&table, BASE, R | X), SGX_SUCCESS);
    expect_page(BASE, R, PR, SGX_PT_REG);
    assert_int_equal(accept(BASE, R, 0, SGX_PT_REG), SGX_PAGE_ATTRIBUTES_MISMATCH);
    assert_int_equal(accept(BASE, R, PR, SGX_PT_REG), SGX_SUCCESS);
    assert_int_equal(sgx_emodpr(&table, BASE + 4096, R), SGX_FAULT_PF);
    assert_int_equal(sgx_eaug(&table, BASE + 4096), SGX_SUCCESS);
    assert_int_equal(sgx_emodpr(&table, BASE + 4096, R), SGX_PAGE_NOT_MODIFIABLE);
    page_set(BASE + 8192, (struct sgx_page){.type = SGX_PT_TCS});
    assert_int_equal(sgx_emodpr(&table, BASE + 8192, R), SGX_FAULT_GP);
}

static void extend_permissions(void **state)
{
    uint8_t wire[SGX_SECINFO_SIZE];

    (void)state;
    page_set(BASE, (struct sgx_page){.permissions = R, .type = SGX_PT_REG, .max = R});
    sgx_secinfo_render((struct sgx_secinfo){.permissions = R | X, .type = SGX_PT_REG}, wire);
    assert_int_equal(sgx_emodpe(&table, BASE, wire), SGX_SUCCESS);
    expect_page(BASE, R | X, 0, SGX_PT_REG);
    assert_int_equal(sgx_emodpe(&table, BASE + 4096, wire), SGX_FAULT_PF);
    page_set(BASE, (struct sgx_page){.type = SGX_PT_REG});
    sgx_secinfo_render((struct sgx_secinfo){.permissions = W, .type = SGX_PT_REG}, wire);
    assert_int_equal(sgx_emodpe(&table, BASE, wire), SGX_FAULT_GP);
    page_set(BASE, (struct sgx_page){.type = SGX_PT_REG, .state = PENDING});
    assert_int_equal(sgx_emodpe(&table, BASE, wire), SGX_FAULT_PF);
    wire[9] = 1;
    assert_int_equal(sgx_emodpe(&table, BASE, wire), SGX_FAULT_GP);
}

static void trim_and_remove(void **state)
{
    (void)state;
    page_set(BASE, (struct sgx_page){.permissions = R | W, .type = SGX_PT_REG, .max = R | W});
    assert_false(sgx_dynamic_is_removable(sgx_page_table_load(&table, BASE)));
    assert_int_equal(sgx_emodt(&table, BASE, SGX_PT_REG), SGX_FAULT_GP);
    assert_int_equal(sgx_emodt(&table, BASE, SGX_PT_TRIM), SGX_SUCCESS);
    expect_page(BASE, 0, MODIFIED, SGX_PT_TRIM);
    assert_false(sgx_dynamic_is_removable(sgx_page_table_load(&table, BASE)));
    assert_int_equal(sgx_emodt(&table, BASE, SGX_PT_TRIM), SGX_PAGE_NOT_MODIFIABLE);
    assert_int_equal(accept(BASE, 0, MODIFIED, SGX_PT_TRIM), SGX_SUCCESS);
    assert_true(sgx_dynamic_is_removable(sgx_page_table_load(&table, BASE)));
    assert_int_equal(sgx_emodt(&table, BASE, SGX_PT_TRIM), SGX_FAULT_GP);
    assert_int_equal(sgx_eremove(&table, BASE), SGX_SUCCESS);
    assert_int_equal(sgx_eremove(&table, BASE), SGX_FAULT_PF);
    assert_false(sgx_dynamic_is_removable(sgx_page_table_load(&table, BASE)));
}

static void new_thread(void **state)
{
    static const uint8_t good[SGX_PAGE_SIZE], bad[SGX_PAGE_SIZE] = {[4000] = 1};
    uint8_t wire[SGX_SECINFO_SIZE], busy[SGX_PAGE_SIZE] = {[24] = 1};

    (void)state;
    page_set(BASE, (struct sgx_page){.permissions = R | W, .type = SGX_PT_REG, .max = R | W | X});
    assert_int_equal(sgx_emodt(&table, BASE, SGX_PT_TCS), SGX_SUCCESS);
    assert_int_equal(sgx_page_table_load(&table, BASE).max, R | W);
    sgx_secinfo_render((struct sgx_secinfo){.state = MODIFIED, .type = SGX_PT_TCS}, wire);
    assert_int_equal(sgx_eaccept(&table, BASE, wire, bad), SGX_FAULT_GP);
    assert_int_equal(sgx_eaccept(&table, BASE, wire, busy), SGX_FAULT_GP);
    assert_int_equal(sgx_eaccept(&table, BASE, wire, good), SGX_SUCCESS);
    expect_page(BASE, 0, 0, SGX_PT_TCS);
    assert_int_equal(sgx_emodt(&table, BASE, SGX_PT_TCS), SGX_FAULT_GP);
    assert_int_equal(sgx_emodt(&table, BASE, SGX_PT_TRIM), SGX_SUCCESS);
}

static void accept_a_copy(void **state)
{
    uint8_t wire[SGX_SECINFO_SIZE];

    (void)state;
    page_set(BASE, (struct sgx_page){.permissions = R, .type = SGX_PT_REG, .max = R});
    assert_int_equal(sgx_eaug(&table, BASE + 4096), SGX_SUCCESS);
    sgx_secinfo_render((struct sgx_secinfo){.permissions = R | X, .type = SGX_PT_REG}, wire);
    assert_int_equal(sgx_eacceptcopy(&table, BASE + 4096, BASE + 8192, wire), SGX_FAULT_PF);
    assert_int_equal(sgx_eacceptcopy(&table, BASE + 4096, BASE + 1, wire), SGX_FAULT_GP);
    assert_int_equal(sgx_eacceptcopy(&table, BASE + 8192, BASE, wire), SGX_FAULT_PF);
    assert_int_equal(sgx_eacceptcopy(&table, BASE, BASE, wire), SGX_PAGE_ATTRIBUTES_MISMATCH);
    assert_int_equal(sgx_eacceptcopy(&table, BASE + 4096, BASE, wire), SGX_SUCCESS);
    expect_page(BASE + 4096, R | X, 0,
                SGX_PT_REG); /* the rights of SECINFO replace the RW of EAUG */
    sgx_secinfo_render((struct sgx_secinfo){.permissions = R, .type = SGX_PT_TCS}, wire);
    assert_int_equal(sgx_eacceptcopy(&table, BASE + 4096, BASE, wire), SGX_FAULT_GP);
}

/* the target must have the rights of EAUG, and gets exactly those of SECINFO */
static void accept_a_copy_with_any_rights(void **state)
{
    uint8_t wire[SGX_SECINFO_SIZE];

    (void)state;
    page_set(BASE, (struct sgx_page){.permissions = R, .type = SGX_PT_REG, .max = R});
    for (int rights = 0; rights <= (R | W | X); rights++) {
        struct sgx_page target = {.permissions = (uint8_t)rights,
                                  .state = (uint8_t)PENDING,
                                  .type = SGX_PT_REG,
                                  .max = R | W | X};

        page_set(BASE + 4096, target);
        sgx_secinfo_render((struct sgx_secinfo){.permissions = R, .type = SGX_PT_REG}, wire);
        assert_int_equal(sgx_eacceptcopy(&table, BASE + 4096, BASE, wire),
                         rights == (R | W) ? SGX_SUCCESS : SGX_PAGE_ATTRIBUTES_MISMATCH);
        if ((rights & (R | W)) == W)
            continue;
        target.permissions = R | W;
        page_set(BASE + 4096, target);
        sgx_secinfo_render((struct sgx_secinfo){.permissions = (uint8_t)rights, .type = SGX_PT_REG},
                           wire);
        assert_int_equal(sgx_eacceptcopy(&table, BASE + 4096, BASE, wire), SGX_SUCCESS);
        expect_page(BASE + 4096, rights, 0, SGX_PT_REG);
    }
}

enum {
    RACE_THREADS = 4,
    RACE_ROUNDS = 300,
};

static _Atomic int race_arrived, race_won, race_added;

/** race() - in every round, all threads accept the same pending page */
static void *race(void *argument)
{
    for (int round = 1; round <= RACE_ROUNDS; round++) {
        atomic_fetch_add(&race_arrived, 1);
        while (atomic_load(&race_arrived) < round * RACE_THREADS)
            sched_yield();
        if (accept(BASE, R | W, PENDING, SGX_PT_REG) == SGX_SUCCESS) {
            atomic_fetch_add(&race_won, 1);
            atomic_fetch_add(&race_added, sgx_eremove(&table, BASE) == SGX_SUCCESS &&
                                              sgx_eaug(&table, BASE) == SGX_SUCCESS);
        }
    }
    return argument;
}

/* a page is accepted as often as it was added, however many threads try: never twice */
static void one_winner(void **state)
{
    pthread_t ids[RACE_THREADS];

    (void)state;
    assert_int_equal(sgx_eaug(&table, BASE), SGX_SUCCESS);
    for (size_t i = 0; i < RACE_THREADS; i++)
        assert_int_equal(pthread_create(&ids[i], NULL, race, NULL), 0);
    for (size_t i = 0; i < RACE_THREADS; i++)
        assert_int_equal(pthread_join(ids[i], NULL), 0);
    assert_true(race_won >= RACE_ROUNDS);
    assert_int_equal(race_won, race_added);
    expect_page(BASE, R | W, PENDING, SGX_PT_REG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(grow, table_make),
        cmocka_unit_test_setup(accept_refuses_impossible_requests, table_make),
        cmocka_unit_test_setup(restrict_permissions, table_make),
        cmocka_unit_test_setup(extend_permissions, table_make),
        cmocka_unit_test_setup(trim_and_remove, table_make),
        cmocka_unit_test_setup(new_thread, table_make),
        cmocka_unit_test_setup(accept_a_copy, table_make),
        cmocka_unit_test_setup(accept_a_copy_with_any_rights, table_make),
        cmocka_unit_test_setup(one_winner, table_make),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
