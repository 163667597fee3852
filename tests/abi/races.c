/* Threads and signals that come in the middle of what the kernel and the processor do at once. */
#include "tests.h"

#include <pthread.h>
#include <sys/ioctl.h>

enum {
    ROUNDS = 1000,
    SPREAD = 4000, /* steps that a round waits at most, so that the threads meet everywhere */
    RW = SGX_SECINFO_R | SGX_SECINFO_W,
    TO_ACCEPT = ABI_DATA, /* where SECINFO lies */
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

/* Whoever won, the page is there once the leaf has answered, and what is written to it stays. */
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
