/* SPDX-License-Identifier: Apache-2.0 */
/* Threads and signals that interrupt operations which the kernel or the processor does
 * atomically. */
#include "tests.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>

enum {
    ROUNDS = 1000,
    SPREAD = 4000, /* largest delay of a round, in steps, so that the threads meet at every place */
    RW = SGX_SECINFO_R | SGX_SECINFO_W,
    TO_ACCEPT = ABI_DATA, /* address of SECINFO */
    TO_COPY = ABI_DATA + 64,
    TO_TRIM = ABI_DATA + 128,
    SOURCE = ABI_DATA + PAGE,
};

/** struct race - two threads that execute @leaf on one absent page at the same time */
struct race {
    const struct abi *a;
    unsigned leaf;
    uint64_t secinfo;
    _Atomic int begun, done;
};

static uint64_t leaf_as(const struct abi *a, unsigned thread, unsigned leaf, uint64_t secinfo)
{
    uint64_t base = (uint64_t)a->base;
    uint64_t operands[6] = {ABI_LEAF, base + secinfo, base + ABI_ABSENT, base + SOURCE, leaf};

    expect_exit(enter_as(a, thread, SGX_EENTER, operands));
    return operands[0];
}

static void *race_peer(void *data)
{
    struct race *r = data;

    for (int round = 1; round <= ROUNDS; round++) {
        while (r->begun < round)
            ;
        (void)leaf_as(r->a, 1, r->leaf, r->secinfo);
        r->done = round;
    }
    return NULL;
}

static void page_remove(const struct abi *a)
{
    struct sgx_ioc_modify_types types = {
        .offset = ABI_ABSENT, .length = PAGE, .page_type = SGX_PT_TRIM};
    struct sgx_ioc_remove_pages removal = {.offset = ABI_ABSENT, .length = PAGE};

    expect_equal(ioctl(a->fd, SGX_IOC_MODIFY_TYPES, &types), 0);
    expect_equal(leaf_as(a, 0, SGX_EACCEPT, TO_TRIM), 0);
    expect_equal(ioctl(a->fd, SGX_IOC_REMOVE_PAGES, &removal), 0);
}

/* Whichever thread was first: the page exists once the leaf has answered, and keeps what is
 * written. */
static void race_round(struct race *r, int round)
{
    uint64_t status, before = r->leaf == SGX_EACCEPTCOPY ? 0x1234 : 0;

    r->begun = round;
    for (volatile int i = 0; i < round * 37 % SPREAD; i++)
        ;
    status = leaf_as(r->a, 0, r->leaf, r->secinfo);
    expect(status == 0 || status == SGX_PAGE_ATTRIBUTES_MISMATCH);
    expect_equal(peek(r->a, ABI_ABSENT), before);
    poke(r->a, ABI_ABSENT, 7);
    while (r->done < round)
        ;
    expect_equal(peek(r->a, ABI_ABSENT), 7);
    page_remove(r->a);
}

static void race(const struct abi *a, unsigned leaf, uint64_t secinfo)
{
    struct race r = {.a = a, .leaf = leaf, .secinfo = secinfo};
    pthread_t id;

    poke(a, TO_ACCEPT, REG(SGX_SECINFO_PENDING | RW));
    poke(a, TO_COPY, REG(RW));
    poke(a, TO_TRIM, SGX_SECINFO_PT(SGX_PT_TRIM) | SGX_SECINFO_MODIFIED);
    poke(a, SOURCE, 0x1234);
    expect_equal(pthread_create(&id, NULL, race_peer, &r), 0);
    for (int round = 1; round <= ROUNDS; round++)
        race_round(&r, round);
    expect_equal(pthread_join(id, NULL), 0);
}

void touches_meet(struct abi *a)
{
    race(a, SGX_EACCEPT, TO_ACCEPT);
}

void copies_meet(struct abi *a)
{
    race(a, SGX_EACCEPTCOPY, TO_COPY);
}

static sigjmp_buf before_ioctl;
static volatile sig_atomic_t is_adding;

static void on_alarm(int signo, void *info, void *context)
{
    (void)signo;
    (void)info;
    (void)context;
    if (is_adding)
        siglongjmp(before_ioctl, 1);
}

/* A handler may jump out of an ioctl, and the enclave can still be used. */
void ioctls_may_be_left(struct abi *a)
{
    static uint8_t pages[32 << 20] __attribute__((aligned(PAGE)));
    struct itimerval soon = {.it_value.tv_usec = 1000};

    memset(pages, 1, sizeof(pages));
    a->secs.size = 128 << 20;
    a->secs.base = 64ULL << 32;
    expect_equal(abi_create(a), 0);
    on_signal(SIGALRM, on_alarm, 0);
    if (!sigsetjmp(before_ioctl, 1)) {
        is_adding = 1;
        expect_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
        (void)abi_add_raw(a, (uint64_t)pages, 0, sizeof(pages), REG(RW));
        expect(!is_adding); /* the handler should have come in time */
    }
    is_adding = 0;
    expect_equal(abi_add_raw(a, (uint64_t)pages, 64 << 20, PAGE, REG(RW)), 0);
}
