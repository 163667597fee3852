/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/cpu/augment.h: pages that are added at their first access (EAUG). */
#ifndef COFFER_EMULATOR_CPU_AUGMENT_H
#define COFFER_EMULATOR_CPU_AUGMENT_H

#include "emulator/enclave/enclave.h"

/**
 * augment_page() - add the page at @address, as the kernel does at the first access to an absent
 * page of an initialised enclave Return: true when a pending page was added, by this thread or at
 * the same time by another; false when a page was there before, the application has not mapped the
 * address, the enclave is not initialised, or the EPC ledger refused.
 */
bool augment_page(struct enclave *e, uint64_t address);

#endif
