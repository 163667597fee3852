/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/cpu/augment.h: pages that come on first touch (EAUG), and what a touched page means. */
#ifndef COFFER_EMULATOR_CPU_AUGMENT_H
#define COFFER_EMULATOR_CPU_AUGMENT_H

#include "emulator/enclave/enclave.h"

/**
 * augment_page() - what the kernel does when an absent page of an initialised enclave is touched
 * Return: true when a pending page was added, by this thread or at the same time by another; false
 * when one was there before, the address is not mapped by the application, the enclave is not
 * initialised, or the ledger refused.
 */
bool augment_page(struct enclave *e, uint64_t address);

#endif
