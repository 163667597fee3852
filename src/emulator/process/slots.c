/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/process/slots.h"

#include <stdatomic.h>

#include "emulator/process/process.h"
#include "emulator/sys.h"

enum {
    PROBES = 16, /* slots */
};

/* Whose a slot is: process and thread id, because another process may work in this memory; 0: never
 * used. */
static _Atomic uint64_t owners[THREAD_MAX];
static _Atomic unsigned used; /* slots below this were used at least once */

/* In the child of a fork, where one of its parent's slots is the signal stack of the only thread:
 * which one, that thread alone knows, and it may not be the first to need a slot. */
#define OWNER_PARENT UINT64_MAX

static struct thread *slot_at(unsigned index)
{
    return (struct thread *)(thread_arena + (uint64_t)index * THREAD_SLOT_SIZE);
}

unsigned slots_index(const struct thread *t)
{
    return (unsigned)(((uint64_t)t - thread_arena) / THREAD_SLOT_SIZE);
}

static uint64_t owner_self(void)
{
    return (uint64_t)sys_getpid() << 32 | (uint32_t)sys_gettid();
}

static bool owner_lives(uint64_t owner)
{
    return sys_call3(__NR_tgkill, (long)(owner >> 32), (int)owner, 0) != -ESRCH;
}

/* A slot is free when it was never used or its thread is gone. */
static bool slot_take(unsigned index, uint64_t self)
{
    uint64_t owner = atomic_load(&owners[index]);

    if (owner == OWNER_PARENT || (owner && owner != self && owner_lives(owner)))
        return false;
    return atomic_compare_exchange_strong(&owners[index], &owner, self);
}

static struct thread *slot_find(uint64_t self)
{
    unsigned count = atomic_load(&used);

    for (unsigned i = 0; i < count; i++)
        if (atomic_load(&owners[i]) == self)
            return slot_at(i);
    return NULL;
}

/* mlockall() makes all memory resident that may be used, so a slot is opened with its first owner.
 */
static struct thread *slot_open(unsigned index)
{
    unsigned count = atomic_load(&used);

    while (count <= index && !atomic_compare_exchange_weak(&used, &count, index + 1))
        ;
    if (sys_mprotect((uint64_t)slot_at(index), THREAD_SLOT_SIZE, PROT_READ | PROT_WRITE) == 0)
        return slot_at(index);
    atomic_store(&owners[index], 0);
    return NULL;
}

static struct thread *slot_among(unsigned first, unsigned end, uint64_t self)
{
    for (unsigned i = first; i < end; i++)
        if (slot_take(i, self))
            return slot_open(i);
    return NULL;
}

/* Whether an owner lives costs a system call, so a few are asked, in turn, before a slot is begun
 * that was never used. */
static struct thread *slot_new(uint64_t self)
{
    static _Atomic unsigned turn;
    unsigned count = atomic_load(&used), first = atomic_fetch_add(&turn, PROBES);
    struct thread *t;

    first = count > PROBES ? first % (count - PROBES) : 0;
    t = slot_among(first, count < PROBES ? count : first + PROBES, self);
    if (!t)
        t = slot_among(count, THREAD_MAX, self);
    return t ? t : slot_among(0, count, self);
}

void slots_after_fork(void)
{
    unsigned count = atomic_load(&used);

    for (unsigned i = 0; i < count; i++)
        if (atomic_load(&owners[i]))
            atomic_store(&owners[i], OWNER_PARENT);
}

/* The thread that forked has its slot or needs a new one: the parent's are free. */
static void slots_release(void)
{
    unsigned count = atomic_load(&used);

    for (unsigned i = 0; i < count; i++) {
        uint64_t owner = OWNER_PARENT;

        (void)atomic_compare_exchange_strong(&owners[i], &owner, 0);
    }
}

struct thread *slots_claim(void)
{
    uint64_t self = owner_self();
    struct thread *t = slot_find(self);

    if (!t && self >> 32 == (uint32_t)self && !process_is_borrowed())
        slots_release();
    return t ? t : slot_new(self);
}

bool slots_is_parents(const struct thread *t)
{
    return atomic_load(&owners[slots_index(t)]) == OWNER_PARENT;
}

void slots_inherit(const struct thread *t)
{
    atomic_store(&owners[slots_index(t)], owner_self());
    slots_release();
}
