/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform makes EEXIT sites fast by a jump through a word at an address that a program may
 * want for itself. EEXIT works whatever happens to that address, and however code reaches the site.
 */
#include "tests.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ROUNDS = 200,
    LEAVERS = 3,
};
#define WORD_PAGE ((void *)0x01cc0000)

static void enter_often(const struct abi *a, unsigned thread)
{
    for (int i = 0; i < ROUNDS; i++)
        expect_exit(enter_as(a, thread, SGX_EENTER, (uint64_t[6]){ABI_NOTHING}));
}

static uint8_t *page_take(int flags)
{
    uint8_t *page =
        mmap(WORD_PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

    if (page == WORD_PAGE)
        memset(page, 0x5a, PAGE);
    return page;
}

void exits_without_their_page(struct abi *a)
{
    expect(page_take(MAP_FIXED) == WORD_PAGE);
    enter_often(a, 0);
    expect_equal(*(uint8_t *)WORD_PAGE, 0x5a);
}

void exits_give_their_page_up(struct abi *a)
{
    enter_often(a, 0);
    expect(page_take(MAP_FIXED) == WORD_PAGE);
    enter_often(a, 0);
    expect_equal(*(uint8_t *)WORD_PAGE, 0x5a);
    expect_equal(munmap(WORD_PAGE, PAGE), 0);
    enter_often(a, 0);
    expect(page_take(0) == WORD_PAGE);
}

struct leaver {
    const struct abi *a;
    unsigned thread;
};

static void *leaver(void *data)
{
    const struct leaver *l = data;

    for (int i = 0; i < 20; i++)
        enter_often(l->a, l->thread);
    return NULL;
}

/* The sites are written and restored while other threads leave by them. */
void exits_change_under_threads(struct abi *a)
{
    struct leaver leavers[LEAVERS];
    pthread_t ids[LEAVERS];

    for (unsigned i = 0; i < LEAVERS; i++) {
        leavers[i] = (struct leaver){.a = a, .thread = i + 1};
        expect_equal(pthread_create(&ids[i], NULL, leaver, &leavers[i]), 0);
    }
    enter_often(a, 0);
    expect_equal(munmap(WORD_PAGE, PAGE), 0);
    enter_often(a, 0);
    for (unsigned i = 0; i < LEAVERS; i++)
        expect_equal(pthread_join(ids[i], NULL), 0);
}

/* Code that jumps to the ENCLU of an EEXIT with another leaf executes that leaf: EREPORT, with a
 * TCS as TARGETINFO. */
void exits_are_entered_in_the_middle(struct abi *a)
{
    uint64_t code = (uint64_t)a->base + ABI_CODE, site = (uint64_t)(abi_enclu - abi_code_begin);

    enter_often(a, 0);
    for (int i = 0; i < 3; i++) {
        struct sgx_enclave_run run = ENTER(a, ABI_JUMP, code + site);

        expect_equal(run.function, SGX_ERESUME);
        expect_equal(run.exception_vector, 14);
        expect_equal(peek(a, ABI_GPRS_RIP), code + site);
        poke(a, ABI_GPRS_RIP, code + (uint64_t)(abi_leave - abi_code_begin));
        expect_exit(RESUME(a, 0));
        enter_often(a, 0);
    }
}
