/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/mapping.h: mmap, mprotect, munmap and mremap where enclaves are concerned. The
 * kernel ignores the offset of such a mapping and finds a page by its address; here the offset is
 * made to fit. Results are the kernel's: a value or a negative errno.
 */
#ifndef COFFER_EMULATOR_ENCLAVE_MAPPING_H
#define COFFER_EMULATOR_ENCLAVE_MAPPING_H

#include "emulator/enclave/enclave.h"

/** mapping_map() - mmap() of an enclave's descriptor */
long mapping_map(struct enclave *e, uint64_t address, uint64_t size, int prot, int flags);

/** mapping_is_near() - does a range touch any enclave's; then those below must be used */
bool mapping_is_near(uint64_t address, uint64_t size);

long mapping_protect(uint64_t address, uint64_t size, int prot);
long mapping_unmap(uint64_t address, uint64_t size);

/** mapping_remap() - mremap(): enclave memory does not grow (VM_DONTEXPAND); at another place it is
 *  the pages of that place, outside the enclave's range none */
long mapping_remap(uint64_t address, uint64_t size, uint64_t new_size, int flags, uint64_t to);

/** mapping_replace() - mmap() with MAP_FIXED of something else; enclaves lose the range when it
 *  succeeds */
long mapping_replace(uint64_t address, uint64_t size, int prot, int flags, int fd, uint64_t offset);

/** mapping_after_ecreate() - ECREATE: what was mapped before becomes the enclave's. Lock held. */
void mapping_after_ecreate(struct enclave *e);

#endif
