/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which thread owns which slot of the arena.
 *
 * No C library tells the emulator that a thread begins or ends, so a slot is taken when a thread
 * first needs one and is free when its owner no longer exists. The owner is a process id and a
 * thread id, because the child of a vfork runs in this memory too. Everything is one atomic word a
 * slot, without a lock, because threads take slots in signal handlers.
 *
 * Asking the kernel whether an owner lives costs a system call. So only PROBES used slots are
 * asked, a different group each time, before a slot is taken that was never used; all are asked
 * only when the arena is full.
 *
 * After a fork the child has one thread, and that thread is still on the signal stack of its old
 * slot. Its id is new, and only the thread itself can tell which slot it is on. Until it does,
 * every used slot is reserved (OWNER_PARENT). Then its slot gets the new id, and the others are
 * free.
 *
 * The arena is PROT_NONE until a slot is first taken, because mlockall() would make all of it
 * resident.
 */
#include "emulator/process/slots.h"

#include <stdatomic.h>

#include "emulator/process/process.h"
#include "emulator/sys.h"

enum {
    PROBES = 16, /* slots */
};

/* Process id and thread id of each slot's owner; 0: never used. */
static _Atomic uint64_t owners[THREAD_MAX];
static _Atomic unsigned used; /* slots below this were used at least once */

/* The owner of a used slot in the child of a fork, until the thread that forked was seen. */
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

/* Take the slot if it was never used or its owner no longer exists. */
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

/* Make the memory of a slot accessible. */
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

/* A used slot out of a few, else one that was never used, else any. */
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

/* The thread that forked has its slot, or has never had one: the reserved slots become free. */
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
