/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epc/ledger.h: counts the software platform's EPC: how many pages each process holds, and
 * how many more it may have. Pure. Linux pages EPC out, so without a limit a node's enclaves may
 * hold more than its EPC; the ledger then says which part would be resident: the pages charged
 * last.
 */
#ifndef COFFER_EPC_LEDGER_H
#define COFFER_EPC_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "epc/protocol.h"

/** EPC_HOLDER_PAGES_MAX - what a process may hold in all, 16 TiB: what it says it holds is counted,
 * and so many processes as there may be do not reach the end of the numbers */
#define EPC_HOLDER_PAGES_MAX (UINT64_C(1) << 32)

/** enum epc_overcommit - what happens when the EPC is full */
enum epc_overcommit {
    EPC_PAGE,   /* as Linux does: older pages are paged out */
    EPC_REFUSE, /* the page that crosses it is refused */
};

/** struct epc_ledger_group - processes that share one limit; an empty name is a process alone */
struct epc_ledger_group {
    bool
        is_container; /* named by the node, and not by the process: no process can join by a name */
    char name[EPC_GROUP_SIZE]; /* NUL-padded */
};

struct epc_holder; /* one process; opaque */

/** struct epc_ledger - zero-initialise, set capacity and mode; all counts are 4 KiB pages */
struct epc_ledger {
    uint64_t capacity;
    enum epc_overcommit overcommit;
    uint64_t charged;           /* by all holders */
    struct epc_holder *holders; /* newest charge first */
};

/**
 * epc_ledger_join() - a process begins
 * @limit: pages for the group, 0: none
 * @held:  pages that it holds already, counted up to EPC_HOLDER_PAGES_MAX whatever the limits are
 * Return: the holder, or NULL without memory
 */
struct epc_holder *epc_ledger_join(struct epc_ledger *l, const struct epc_ledger_group *group,
                                   uint64_t limit, uint64_t held);

/** epc_ledger_room() - pages that @group may still get below @limit */
uint64_t epc_ledger_room(const struct epc_ledger *l, const struct epc_ledger_group *group,
                         uint64_t limit);

/** epc_ledger_charge() - Return: how many of @pages it may have: what capacity and limits leave */
uint64_t epc_ledger_charge(struct epc_ledger *l, struct epc_holder *h, uint64_t pages);

/** epc_ledger_return() - at most what it holds */
void epc_ledger_return(struct epc_ledger *l, struct epc_holder *h, uint64_t pages);

/** epc_ledger_leave() - the process ended: everything comes back. NULL is allowed. */
void epc_ledger_leave(struct epc_ledger *l, struct epc_holder *h);

/** epc_ledger_charged() and epc_ledger_resident() - pages of one holder */
uint64_t epc_ledger_charged(const struct epc_holder *h);
uint64_t epc_ledger_resident(const struct epc_ledger *l, const struct epc_holder *h);

#endif
