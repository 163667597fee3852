/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/ioctl/add_source.h: may an enclave's pages be copied from this memory? */
#ifndef COFFER_EMULATOR_IOCTL_ADD_SOURCE_H
#define COFFER_EMULATOR_IOCTL_ADD_SOURCE_H

#include <stdint.h>

/** add_source_check() - Linux copies pages only from a mapping with VM_MAYEXEC, which a file on a
 * noexec mount does not have. Return: 0; -EACCES; -EFAULT when nothing is mapped at @address. */
long add_source_check(uint64_t address);

/** add_source_forget() - mappings have changed, so the remembered answer may be wrong */
void add_source_forget(void);

#endif
