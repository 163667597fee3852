/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/attributes.h: reads and writes the 16 bytes of ATTRIBUTES, which several structures
 * contain. */
#ifndef COFFER_SGX_ATTRIBUTES_H
#define COFFER_SGX_ATTRIBUTES_H

#include "crypto_bare/bytes.h"
#include "sgx/arch.h"

static inline struct sgx_attributes sgx_attributes_parse(const uint8_t *wire)
{
    return (struct sgx_attributes){.flags = load_u64le(wire), .xfrm = load_u64le(wire + 8)};
}

static inline void sgx_attributes_render(struct sgx_attributes a, uint8_t *ret_wire)
{
    store_u64le(ret_wire, a.flags);
    store_u64le(ret_wire + 8, a.xfrm);
}

static inline struct sgx_attributes sgx_attributes_and(struct sgx_attributes a,
                                                       struct sgx_attributes mask)
{
    return (struct sgx_attributes){.flags = a.flags & mask.flags, .xfrm = a.xfrm & mask.xfrm};
}

#endif
