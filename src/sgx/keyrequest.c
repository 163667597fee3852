/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/keyrequest.h"

#include "crypto_bare/mem.h"
#include "sgx/attributes.h"

/* offsets in bytes: SDM 35.17 */
enum {
    KEYNAME = 0,
    KEYPOLICY = 2,
    ISVSVN = 4,
    CET_MASK = 6,
    RESERVED1 = 7,
    CPUSVN = 8,
    ATTRIBUTEMASK = 24,
    KEYID = 40,
    MISCMASK = 72,
    CONFIGSVN = 76,
    RESERVED2 = 78,
};

static_assert(CPUSVN + SGX_CPUSVN_SIZE == ATTRIBUTEMASK, "SDM 35.17");
static_assert(KEYID + SGX_KEYID_SIZE == MISCMASK, "SDM 35.17");
static_assert(RESERVED2 + 434 == SGX_KEYREQUEST_SIZE, "SDM 35.17");

bool sgx_keyrequest_parse(const uint8_t wire[static SGX_KEYREQUEST_SIZE],
                          struct sgx_keyrequest *ret)
{
    uint16_t policy = load_u16le(wire + KEYPOLICY);

    if (policy & ~SGX_KEYPOLICY_ALL || wire[RESERVED1] != 0 ||
        !mem_is_zero(wire + RESERVED2, SGX_KEYREQUEST_SIZE - RESERVED2))
        return false;
    *ret = (struct sgx_keyrequest){
        .key_name = load_u16le(wire + KEYNAME),
        .key_policy = policy,
        .isv_svn = load_u16le(wire + ISVSVN),
        .cet_mask = wire[CET_MASK],
        .attribute_mask = sgx_attributes_parse(wire + ATTRIBUTEMASK),
        .misc_mask = load_u32le(wire + MISCMASK),
        .config_svn = load_u16le(wire + CONFIGSVN),
    };
    memcpy(ret->cpusvn, wire + CPUSVN, SGX_CPUSVN_SIZE);
    memcpy(ret->key_id, wire + KEYID, SGX_KEYID_SIZE);
    return true;
}

void sgx_keyrequest_render(const struct sgx_keyrequest *k,
                           uint8_t ret_wire[static SGX_KEYREQUEST_SIZE])
{
    memset(ret_wire, 0, SGX_KEYREQUEST_SIZE);
    store_u16le(ret_wire + KEYNAME, k->key_name);
    store_u16le(ret_wire + KEYPOLICY, k->key_policy);
    store_u16le(ret_wire + ISVSVN, k->isv_svn);
    ret_wire[CET_MASK] = k->cet_mask;
    memcpy(ret_wire + CPUSVN, k->cpusvn, SGX_CPUSVN_SIZE);
    sgx_attributes_render(k->attribute_mask, ret_wire + ATTRIBUTEMASK);
    memcpy(ret_wire + KEYID, k->key_id, SGX_KEYID_SIZE);
    store_u32le(ret_wire + MISCMASK, k->misc_mask);
    store_u16le(ret_wire + CONFIGSVN, k->config_svn);
}
