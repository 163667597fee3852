/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/process/process.h"

#include "emulator/enclave/enclave.h"
#include "emulator/signal/dispositions.h"
#include "emulator/process/slots.h"
#include "emulator/sys.h"

enum {
    WORD_CLAIMED = 1, /* the word after: a thread of the child has begun process_forked() */
};

_Atomic int *process_fork_word;

static _Atomic int home; /* the process that owns this memory */

int process_setup(void)
{
    _Atomic int *words = sys_map_wiped(SGX_PAGE_SIZE);

    if (!words)
        return -ENOMEM;
    atomic_store(&home, sys_getpid());
    atomic_store(&words[WORD_CLAIMED], 1);
    atomic_store(words, 1);
    process_fork_word = words;
    return 0;
}

/* One thread does the work and the others wait. All signals are blocked meanwhile, also the
 * synchronous ones, which may be sent: the handler would wait for the thread that it
 * interrupted. */
void process_forked(void)
{
    uint64_t mask;

    signals_block_all(&mask);
    if (!atomic_exchange(&process_fork_word[WORD_CLAIMED], 1)) {
        atomic_store(&home, sys_getpid());
        slots_after_fork();
        signals_after_fork();
        enclave_after_fork();
        atomic_store_explicit(process_fork_word, 1, memory_order_release);
    }
    while (!atomic_load_explicit(process_fork_word, memory_order_acquire))
        sys_yield();
    signals_restore(&mask);
}

bool process_is_borrowed(void)
{
    if (!process_fork_word)
        return true;
    process_contact();
    return sys_getpid() != atomic_load(&home);
}
