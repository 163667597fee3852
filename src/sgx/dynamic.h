/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/dynamic.h: SGX2: changes of pages after EINIT (SDM 36.3, 36.4). The kernel executes EAUG,
 * EMODPR, EMODT and EREMOVE, the enclave EACCEPT, EMODPE and EACCEPTCOPY. The functions change the
 * page table only; the caller copies the bytes of pages.
 */
#ifndef COFFER_SGX_DYNAMIC_H
#define COFFER_SGX_DYNAMIC_H

#include "sgx/page_table.h"
#include "sgx/tcs.h"

/** sgx_eaug() - add a pending RW page of zeros at @address. Its cap is RWX, as in Linux.
 *  Return: SGX_SUCCESS; SGX_FAULT_GP for an address outside the range or unaligned; SGX_FAULT_PF
 *  when a page is there. */
enum sgx_status sgx_eaug(struct sgx_page_table *t, uint64_t address);

/**
 * sgx_emodpr() - restrict the permissions of a page to those that are also in @permissions
 * Return: SGX_SUCCESS, with PR set in the page, also when it loses no permission;
 * SGX_PAGE_NOT_MODIFIABLE when it is pending or modified; SGX_FAULT_PF when absent; SGX_FAULT_GP
 * for a type other than REG, or W without R.
 */
enum sgx_status sgx_emodpr(struct sgx_page_table *t, uint64_t address, uint8_t permissions);

/**
 * sgx_emodt() - make a page a TCS or TRIM page without permissions, MODIFIED until it is accepted
 * Return: SGX_SUCCESS; SGX_PAGE_NOT_MODIFIABLE when pending or modified; SGX_FAULT_PF when absent;
 * SGX_FAULT_GP for another new type, or an old type that cannot become it (only REG becomes TCS).
 */
enum sgx_status sgx_emodt(struct sgx_page_table *t, uint64_t address, uint8_t type);

/** sgx_dynamic_is_removable() - may the kernel's REMOVE_PAGES remove it: it is TRIM and accepted */
bool sgx_dynamic_is_removable(struct sgx_page page);

/** sgx_eremove() - remove a page. Return: SGX_SUCCESS; SGX_FAULT_PF when it is absent. */
enum sgx_status sgx_eremove(struct sgx_page_table *t, uint64_t address);

/**
 * sgx_eaccept() - the enclave accepts a change
 * @secinfo: SGX_SECINFO_SIZE bytes from the enclave
 * @page: the bytes of the page, read only when it becomes a TCS
 * Return: SGX_SUCCESS, with the state cleared; SGX_PAGE_ATTRIBUTES_MISMATCH when page and SECINFO
 * differ; SGX_FAULT_GP for reserved bits, an illegal combination, a bad TCS or an unaligned
 * address; SGX_FAULT_PF for an absent page.
 */
enum sgx_status sgx_eaccept(struct sgx_page_table *t, uint64_t address,
                            const uint8_t secinfo[static SGX_SECINFO_SIZE], const uint8_t *page);

/** sgx_emodpe() - extend permissions. Return: SGX_SUCCESS; SGX_FAULT_GP for reserved bits, W
 *  without R, or an unaligned address; SGX_FAULT_PF when absent, not REG, pending or modified. */
enum sgx_status sgx_emodpe(struct sgx_page_table *t, uint64_t address,
                           const uint8_t secinfo[static SGX_SECINFO_SIZE]);

/**
 * sgx_eacceptcopy() - accept a pending page with the permissions of @secinfo
 * After success the caller copies the source page, before the enclave continues.
 * Return: SGX_SUCCESS; SGX_PAGE_ATTRIBUTES_MISMATCH when the page is not pending, is modified, or
 * does not have the RW of EAUG; SGX_FAULT_GP for reserved bits, type not REG, W without R,
 * unaligned; SGX_FAULT_PF when @address is absent or @source is not a readable page of the enclave.
 */
enum sgx_status sgx_eacceptcopy(struct sgx_page_table *t, uint64_t address, uint64_t source,
                                const uint8_t secinfo[static SGX_SECINFO_SIZE]);

#endif
