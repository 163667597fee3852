/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/enclave/epc_client.h: the enclave's side of the EPC ledger. */
#ifndef COFFER_EMULATOR_ENCLAVE_EPC_CLIENT_H
#define COFFER_EMULATOR_ENCLAVE_EPC_CLIENT_H

#include "emulator/enclave/enclave.h"

/** ledger_setup() - read where the ledger is and what the limit is */
void ledger_setup(void);

/** ledger_charge() - ask for @pages. Return: how many are granted, fewer than asked when the EPC
 *  or the limit ends there. */
uint64_t ledger_charge(struct enclave *e, uint64_t pages);

/** ledger_trim() - the enclave is complete: give back what was granted ahead */
void ledger_trim(struct enclave *e);

/** ledger_return() - pages that hold nothing any more */
void ledger_return(struct enclave *e, uint64_t pages);

/** ledger_released() - the enclave goes, with all its pages. Lock held. */
void ledger_released(struct enclave *e);

/** ledger_capacity() - bytes of the node's EPC; the default size when nobody counts */
uint64_t ledger_capacity(void);

/** ledger_is_own() - is @fd the connection */
bool ledger_is_own(int fd);

#endif
