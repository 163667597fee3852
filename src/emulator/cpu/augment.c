/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/cpu/augment.h"

#include <stdatomic.h>

#include "emulator/enclave/epc_client.h"
#include "sgx/dynamic.h"

/* An absent page is a hole in the enclave's file, because REMOVE_PAGES makes one. So the page
 * reads as zeros and is not cleared here: another thread may have added, accepted and written it
 * already. */
bool augment_page(struct enclave *e, uint64_t address)
{
    uint64_t page = sgx_page_down(address);

    if (atomic_load(&e->shared->state) != ENCLAVE_INITIALIZED)
        return false;
    if (!page_prot_is_mapped(&e->mapped, enclave_page_index(e, page)))
        return false;
    if (sgx_page_table_load(&e->shared->pages, page).valid)
        return false;
    if (epc_client_charge(e, 1) != 1)
        return sgx_page_table_load(&e->shared->pages, page).valid;
    if (sgx_eaug(&e->shared->pages, page) != SGX_SUCCESS)
        epc_client_return(e, 1); /* another thread has added it */
    return true;
}
