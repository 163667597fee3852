/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/ioctl/add_source.h: may pages of an enclave come from this memory. */
#ifndef COFFER_EMULATOR_IOCTL_ADD_SOURCE_H
#define COFFER_EMULATOR_IOCTL_ADD_SOURCE_H

#include <stdint.h>

/** add_source_check() - Linux wants VM_MAYEXEC of the mapping that pages are copied from, so a file
 * on a noexec mount is refused. Return: 0; -EACCES; -EFAULT when nothing is mapped at @address. */
long add_source_check(uint64_t address);

/** add_source_forget() - mappings change: the remembered answer may be wrong */
void add_source_forget(void);

#endif
