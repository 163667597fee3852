/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/mapping.h: mmap, mprotect, munmap and mremap where enclaves are concerned. As on
 * Linux, the offset of a mapping is ignored: the address decides which page of the enclave it
 * shows. Addresses and sizes are the program's, in bytes. Results are the kernel's: a value or a
 * negative errno. The functions take the mapping lock.
 */
#ifndef COFFER_EMULATOR_ENCLAVE_MAPPING_H
#define COFFER_EMULATOR_ENCLAVE_MAPPING_H

#include "emulator/enclave/enclave.h"

/** mapping_map() - mmap() of an enclave's descriptor */
long mapping_map(struct enclave *e, uint64_t address, uint64_t size, int prot, int flags);

/** mapping_is_near() - does a range overlap the range or a mapping of any enclave; only then the
 *  functions below are needed. Takes no lock. */
bool mapping_is_near(uint64_t address, uint64_t size);

/** mapping_protect() - mprotect() */
long mapping_protect(uint64_t address, uint64_t size, int prot);

/** mapping_unmap() - munmap() */
long mapping_unmap(uint64_t address, uint64_t size);

/** mapping_remap() - mremap(): memory of an enclave does not grow; after a move it shows the pages
 *  of the new address, and none outside the enclave's range */
long mapping_remap(uint64_t address, uint64_t size, uint64_t new_size, int flags, uint64_t to);

/** mapping_replace() - mmap() with MAP_FIXED of anything else; the enclaves whose memory was there
 *  lose it when the call succeeds */
long mapping_replace(uint64_t address, uint64_t size, int prot, int flags, int fd, uint64_t offset);

/** mapping_after_ecreate() - the mappings from before ECREATE show the enclave's pages from now on.
 *  The caller holds the lock. */
void mapping_after_ecreate(struct enclave *e);

/** mapping_show() - make a range that is free to be replaced a mapping of @e. The caller holds the
 *  lock. Return: @address; the kernel's error, with the range unmapped. */
long mapping_show(struct enclave *e, uint64_t address, uint64_t size, int prot);

#endif
