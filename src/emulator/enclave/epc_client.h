/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/enclave/epc_client.h: the enclave's side of the EPC ledger. */
#ifndef COFFER_EMULATOR_ENCLAVE_EPC_CLIENT_H
#define COFFER_EMULATOR_ENCLAVE_EPC_CLIENT_H

#include "emulator/enclave/enclave.h"

/** epc_client_setup() - read where the ledger is and what the limit is */
void epc_client_setup(void);

/** epc_client_charge() - ask for @pages. Return: how many are granted, fewer than asked when the
 * EPC or the limit ends there. */
uint64_t epc_client_charge(struct enclave *e, uint64_t pages);

/** epc_client_trim() - the enclave is complete: give back what was granted ahead */
void epc_client_trim(struct enclave *e);

/** epc_client_return() - pages that hold nothing any more */
void epc_client_return(struct enclave *e, uint64_t pages);

/** epc_client_released() - the enclave goes, with all its pages. Lock held. */
void epc_client_released(struct enclave *e);

/** epc_client_capacity() - bytes of the node's EPC; the default size when nobody counts */
uint64_t epc_client_capacity(void);

/** epc_client_is_own() - is @fd the connection */
bool epc_client_is_own(int fd);

#endif
