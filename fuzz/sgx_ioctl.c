/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile program uses the ioctls and mappings of /dev/sgx_enclave. An input is that program: one
 * byte selects the machine, then operations follow (emulator/program.h). Most operations are nearly
 * right, so that most programs get far.
 *
 * After every operation: errno is one that Linux can return, no count is larger than what was asked
 * for, and exactly the pages that exist are charged. At the end: memory has the rights that enclave
 * and mapping allow, and nothing is left when everything is closed.
 */
#include <assert.h>
#include <string.h>

#include "emulator/checks.h"
#include "emulator/machine.h"
#include "emulator/program.h"

enum {
    OPERATIONS_MAX = 96,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_ledger_loss(struct program *p, const struct operation *o)
{
    (void)p;
    (void)o;
    machine_ledger_lose();
}

static const run_fn runs[] = {
    run_open,   run_close,    run_duplicate, run_create,      run_add,     run_init,  run_modify,
    run_remove, run_restrict, run_unknown,   run_map,         run_protect, run_unmap, run_replace,
    run_touch,  run_enclu,    run_provision, run_ledger_loss, run_remap,   run_enter, run_poke,
};

/* Unmap the arena first: an area may be in it, and another mapping over that area. */
static void finish(struct program *p)
{
    assert(emulated_munmap((void *)(MACHINE_ARENA - MACHINE_GUARD_SIZE),
                           MACHINE_ARENA_SIZE + MACHINE_GUARD_SIZE) == 0);
    for (size_t i = 0; i < p->area_count; i++)
        assert(emulated_munmap(p->areas[i].address, p->areas[i].size) == 0);
    for (size_t i = 0; i < HANDLES; i++)
        program_release(p, p->fds[i]);
    (void)emulated_close_range(HANDLE_FLOOR, HANDLE_FLOOR + HANDLE_SPAN, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct program p = {.fds = {-1, -1, -1, -1, -1, -1, -1, -1}};
    struct holdings before, after;
    uint64_t charged;

    machine_begin(size ? data[0] : 0);
    before = checks_holdings();
    for (size_t i = 0; i < OPERATIONS_MAX && 1 + (i + 1) * sizeof(struct operation) <= size; i++) {
        struct operation o;

        memcpy(&o, data + 1 + i * sizeof(o), sizeof(o));
        runs[o.code % (sizeof(runs) / sizeof(runs[0]))](&p, &o);
        checks_books();
    }
    checks_rights();
    finish(&p);
    assert(!machine_charged(&charged) || charged == 0);
    machine_end();
    after = checks_holdings();
    assert(after.descriptors == before.descriptors && after.shared == before.shared);
    return 0;
}
