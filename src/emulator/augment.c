#include "emulator/augment.h"

#include <stdatomic.h>

#include "emulator/ledger.h"
#include "freestanding/mem.h"
#include "sgx/dynamic.h"

bool augment_page(struct enclave *e, uint64_t address)
{
    uint64_t page = address & ~(uint64_t)(SGX_PAGE_SIZE - 1);

    if (atomic_load(&e->shared->state) != ENCLAVE_INITIALIZED)
        return false;
    if (!(e->mapped[enclave_page_index(e, page)] & ENCLAVE_MAPPED))
        return false;
    if (sgx_page_table_load(&e->shared->pages, page).valid)
        return false;
    if (ledger_charge(e, 1) != 1)
        return false;
    memset(enclave_byte(e, page), 0, SGX_PAGE_SIZE);
    if (sgx_eaug(&e->shared->pages, page) == SGX_SUCCESS)
        return true;
    ledger_return(e, 1);
    return false;
}
