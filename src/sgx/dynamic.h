/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/dynamic.h: SGX2, pages that change after EINIT (SDM 36.3, 36.4: EAUG, EMODPR, EMODT, EREMOVE
 * by the kernel; EACCEPT, EMODPE, EACCEPTCOPY by the enclave). The table says which move is legal;
 * bytes are copied by the caller.
 */
#ifndef COFFER_SGX_DYNAMIC_H
#define COFFER_SGX_DYNAMIC_H

#include "sgx/page_table.h"
#include "sgx/tcs.h"

/** sgx_eaug() - a pending RW page of zeros at @address. Return: SGX_SUCCESS; SGX_FAULT_GP outside
 *  the range or unaligned; SGX_FAULT_PF when a page is there. The cap is RWX, as the kernel's. */
enum sgx_status sgx_eaug(struct sgx_page_table *t, uint64_t address);

/**
 * sgx_emodpr() - restrict a page to its permissions and @permissions
 * Return: SGX_SUCCESS, the page having PR set (also when nothing was taken away);
 * SGX_PAGE_NOT_MODIFIABLE when it is pending or modified; SGX_FAULT_PF when absent; SGX_FAULT_GP
 * for a type other than REG, or W without R.
 */
enum sgx_status sgx_emodpr(struct sgx_page_table *t, uint64_t address, uint8_t permissions);

/**
 * sgx_emodt() - make it a TCS or TRIM page, MODIFIED until accepted, without permissions
 * Return: SGX_SUCCESS; SGX_PAGE_NOT_MODIFIABLE when pending or modified; SGX_FAULT_PF when absent;
 * SGX_FAULT_GP for another new type, or an old type that cannot become it (only REG becomes TCS).
 */
enum sgx_status sgx_emodt(struct sgx_page_table *t, uint64_t address, uint8_t type);

/** sgx_dynamic_is_removable() - may the kernel's REMOVE_PAGES take it: TRIM and accepted */
bool sgx_dynamic_is_removable(struct sgx_page page);

/** sgx_eremove() - make it absent. Return: SGX_SUCCESS; SGX_FAULT_PF when already absent. */
enum sgx_status sgx_eremove(struct sgx_page_table *t, uint64_t address);

/**
 * sgx_eaccept() - the enclave agrees with a change
 * @secinfo: SGX_SECINFO_SIZE bytes from the enclave
 * @page: the page's bytes, looked at when it is to become a TCS
 * Return: SGX_SUCCESS, state cleared; SGX_PAGE_ATTRIBUTES_MISMATCH when the page is not exactly as
 * @secinfo says; SGX_FAULT_GP for reserved bits, an illegal combination, a bad TCS or an unaligned
 * address; SGX_FAULT_PF for an absent page.
 */
enum sgx_status sgx_eaccept(struct sgx_page_table *t, uint64_t address,
                            const uint8_t secinfo[static SGX_SECINFO_SIZE], const uint8_t *page);

/** sgx_emodpe() - extend permissions. Return: SGX_SUCCESS; SGX_FAULT_GP for reserved bits, W
 *  without R, or an unaligned address; SGX_FAULT_PF when absent, not REG, pending or modified. */
enum sgx_status sgx_emodpe(struct sgx_page_table *t, uint64_t address,
                           const uint8_t secinfo[static SGX_SECINFO_SIZE]);

/**
 * sgx_eacceptcopy() - accept a pending page; its permissions become those of @secinfo, and W goes
 * when @secinfo has none. The caller copies the source page after success, before the enclave runs
 * on. Return: SGX_SUCCESS; SGX_PAGE_ATTRIBUTES_MISMATCH when the page is not pending, is modified,
 * or does not have the RW of EAUG; SGX_FAULT_GP for reserved bits, type not REG, W without R,
 * unaligned; SGX_FAULT_PF when @address is absent or @source is not a readable page of the enclave.
 */
enum sgx_status sgx_eacceptcopy(struct sgx_page_table *t, uint64_t address, uint64_t source,
                                const uint8_t secinfo[static SGX_SECINFO_SIZE]);

#endif
