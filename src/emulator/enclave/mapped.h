/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/mapped.h: the record of the program's mappings of every enclave: per page after
 * ECREATE (struct page_prot), as ranges before (struct mappings_before). Ranges are in bytes and
 * whole pages. The caller holds the mapping lock; it keeps the record and the kernel's mappings
 * the same.
 */
#ifndef COFFER_EMULATOR_ENCLAVE_MAPPED_H
#define COFFER_EMULATOR_ENCLAVE_MAPPED_H

#include "emulator/enclave/enclave.h"

/** mapped_clip() - the part of a range that lies in the enclave's range. Return: its first address;
 *  @ret_size is 0 when there is none. */
uint64_t mapped_clip(const struct enclave *e, uint64_t address, uint64_t size, uint64_t *ret_size);

/** mapped_set() - record that a range within the enclave's is mapped with @prot */
void mapped_set(struct enclave *e, uint64_t address, uint64_t size, int prot);

/** mapped_may_forget() - is there room for the pieces that mapped_forget() leaves of mappings that
 *  were made before ECREATE */
bool mapped_may_forget(uint64_t address, uint64_t size);

/** mapped_forget() - a range is no longer mapped, whatever enclaves it belonged to. An enclave of
 *  which nothing is left is released; @keep, which may be NULL, is not. */
void mapped_forget(uint64_t address, uint64_t size, struct enclave *keep);

/** mapped_run_end() - the end of the run from @address, at most @end, that lies wholly in mapped
 *  pages of one enclave, or wholly outside any. @ret_enclave: that enclave, or NULL */
uint64_t mapped_run_end(uint64_t address, uint64_t end, struct enclave **ret_enclave);

/** mapped_owner() - the enclave that @address is mapped of, before or after ECREATE, or NULL.
 *  @ret_prot: with these rights, as the program asked */
struct enclave *mapped_owner(uint64_t address, int *ret_prot);

#endif
