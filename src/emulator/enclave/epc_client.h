/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/epc_client.h: asks the EPC ledger for the pages of enclaves (epc/protocol.h).
 * Without a ledger, only the limit of the environment counts.
 */
#ifndef COFFER_EMULATOR_ENCLAVE_EPC_CLIENT_H
#define COFFER_EMULATOR_ENCLAVE_EPC_CLIENT_H

#include "emulator/enclave/enclave.h"

/** epc_client_setup() - read the address of the ledger and the limit from the environment */
void epc_client_setup(void);

/** epc_client_charge() - ask for @pages. Return: the pages that are granted, fewer when the EPC or
 * the limit does not allow more. */
uint64_t epc_client_charge(struct enclave *e, uint64_t pages);

/** epc_client_trim() - the enclave is complete: return the pages that were asked for in advance */
void epc_client_trim(struct enclave *e);

/** epc_client_return() - return pages that were removed or not used */
void epc_client_return(struct enclave *e, uint64_t pages);

/** epc_client_released() - return all pages of an enclave. The caller holds the mapping lock. */
void epc_client_released(struct enclave *e);

/** epc_client_capacity() - bytes of the node's EPC; the default size without a ledger */
uint64_t epc_client_capacity(void);

/** epc_client_is_own() - is @fd the connection to the ledger */
bool epc_client_is_own(int fd);

#endif
