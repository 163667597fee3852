/* SPDX-License-Identifier: Apache-2.0 */
/* EINIT over anything: no crash, and no identity for what is not signed. */
#include <assert.h>
#include <string.h>

#include "sgx/einit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sgx_secs secs = {.attributes = {.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = 3}};
    uint8_t wire[SGX_SIGSTRUCT_SIZE] = {0}, again[SGX_SIGSTRUCT_SIZE];
    struct sgx_sigstruct s;
    enum sgx_status status;

    memcpy(wire, data, size < sizeof(wire) ? size : sizeof(wire));
    if (sgx_sigstruct_parse(wire, &s) == SGX_SUCCESS) {
        sgx_sigstruct_render(&s, again);
        assert(memcmp(wire, again, sizeof(wire)) == 0);
    }
    status = sgx_einit(&secs, wire + 960, wire, NULL);
    assert(status != SGX_SUCCESS || sgx_sigstruct_verify(wire));
    assert((status == SGX_SUCCESS) == ((secs.attributes.flags & SGX_ATTRIBUTE_INIT) != 0));
    return 0;
}
