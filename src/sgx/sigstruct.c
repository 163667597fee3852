/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGSTRUCT is 1808 bytes with two signed parts: bytes 0 to 127, and the body from MISCSELECT to
 * ISVSVN. The key, the signature and the two quotients lie between and after them and are not
 * signed. The constants in the headers are the manual's and carry no information, but EINIT checks
 * them, so the parser does.
 *
 * A structure that parses says nothing yet. sgx_sigstruct_verify() proves that the holder of the
 * key in it signed it, and MRSIGNER, the hash of that key, says who this is; comparing the
 * enclave's measurement and attributes with the signed ones is EINIT's work (einit.c).
 */
#include "sgx/sigstruct.h"

#include "crypto_bare/mem.h"
#include "sgx/attributes.h"

/* offsets in bytes: SDM 35.14 */
enum {
    HEADER = 0,
    TYPE = 12,
    VENDOR = 16,
    DATE = 20,
    HEADER2 = 24,
    SWDEFINED = 40,
    RESERVED1 = 44,
    MODULUS = 128,
    EXPONENT = 512,
    SIGNATURE = 516,
    MISCSELECT = 900,
    MISCMASK = 904,
    CET_ATTRIBUTES = 908,
    CET_MASK = 909,
    RESERVED2 = 910,
    ISVFAMILYID = 912,
    ATTRIBUTES = 928,
    ATTRIBUTEMASK = 944,
    ENCLAVEHASH = 960,
    RESERVED3 = 992,
    ISVEXTPRODID = 1008,
    ISVPRODID = 1024,
    ISVSVN = 1026,
    RESERVED4 = 1028,
    Q1 = 1040,
    Q2 = 1424,

    SIGNED1_SIZE = MODULUS,                /* bytes from 0 */
    SIGNED2_SIZE = RESERVED4 - MISCSELECT, /* bytes from MISCSELECT */
};

static_assert(RESERVED1 + 84 == MODULUS && MODULUS + RSA3072_SIZE == EXPONENT, "SDM 35.14");
static_assert(SIGNATURE + RSA3072_SIZE == MISCSELECT, "SDM 35.14");
static_assert(ENCLAVEHASH + SGX_HASH_SIZE == RESERVED3, "SDM 35.14");
static_assert(RESERVED3 + 16 == ISVEXTPRODID && RESERVED4 + 12 == Q1, "SDM 35.14");
static_assert(Q2 + RSA3072_SIZE == SGX_SIGSTRUCT_SIZE, "SDM 35.14");
static_assert(SIGNED1_SIZE + SIGNED2_SIZE == SGX_SIGSTRUCT_SIGNED_SIZE, "SDM 35.14");

static const uint8_t header[12] = {6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1, 0};
static const uint8_t header2[16] = {1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0};
#define TYPE_DEBUG UINT32_C(0x80000000)

static bool has_constants(const uint8_t *wire)
{
    uint32_t vendor = sgx_sigstruct_vendor(wire);

    return memcmp(wire + HEADER, header, sizeof(header)) == 0 &&
           memcmp(wire + HEADER2, header2, sizeof(header2)) == 0 &&
           (load_u32le(wire + TYPE) & ~TYPE_DEBUG) == 0 &&
           (vendor == 0 || vendor == SGX_VENDOR_INTEL) &&
           load_u32le(wire + EXPONENT) == SGX_SIGSTRUCT_EXPONENT;
}

static bool has_zero_reserved(const uint8_t *wire)
{
    return mem_is_zero(wire + RESERVED1, MODULUS - RESERVED1) &&
           mem_is_zero(wire + RESERVED2, ISVFAMILYID - RESERVED2) &&
           mem_is_zero(wire + RESERVED3, ISVEXTPRODID - RESERVED3) &&
           mem_is_zero(wire + RESERVED4, Q1 - RESERVED4);
}

enum sgx_status sgx_sigstruct_parse(const uint8_t wire[static SGX_SIGSTRUCT_SIZE],
                                    struct sgx_sigstruct *ret)
{
    if (!has_constants(wire) || !has_zero_reserved(wire))
        return SGX_INVALID_SIG_STRUCT;
    *ret = (struct sgx_sigstruct){
        .type = load_u32le(wire + TYPE),
        .vendor = load_u32le(wire + VENDOR),
        .date = load_u32le(wire + DATE),
        .sw_defined = load_u32le(wire + SWDEFINED),
        .exponent = load_u32le(wire + EXPONENT),
        .miscselect = load_u32le(wire + MISCSELECT),
        .misc_mask = load_u32le(wire + MISCMASK),
        .cet_attributes = wire[CET_ATTRIBUTES],
        .cet_mask = wire[CET_MASK],
        .attributes = sgx_attributes_parse(wire + ATTRIBUTES),
        .attribute_mask = sgx_attributes_parse(wire + ATTRIBUTEMASK),
        .isv_prod_id = load_u16le(wire + ISVPRODID),
        .isv_svn = load_u16le(wire + ISVSVN),
    };
    memcpy(ret->modulus, wire + MODULUS, RSA3072_SIZE);
    memcpy(ret->signature, wire + SIGNATURE, RSA3072_SIZE);
    memcpy(ret->q1, wire + Q1, RSA3072_SIZE);
    memcpy(ret->q2, wire + Q2, RSA3072_SIZE);
    memcpy(ret->isv_family_id, wire + ISVFAMILYID, SGX_PRODUCT_ID_SIZE);
    memcpy(ret->isv_ext_prod_id, wire + ISVEXTPRODID, SGX_PRODUCT_ID_SIZE);
    memcpy(ret->enclave_hash, wire + ENCLAVEHASH, SGX_HASH_SIZE);
    return SGX_SUCCESS;
}

void sgx_sigstruct_render(const struct sgx_sigstruct *s,
                          uint8_t ret_wire[static SGX_SIGSTRUCT_SIZE])
{
    memset(ret_wire, 0, SGX_SIGSTRUCT_SIZE);
    memcpy(ret_wire + HEADER, header, sizeof(header));
    memcpy(ret_wire + HEADER2, header2, sizeof(header2));
    store_u32le(ret_wire + TYPE, s->type);
    store_u32le(ret_wire + VENDOR, s->vendor);
    store_u32le(ret_wire + DATE, s->date);
    store_u32le(ret_wire + SWDEFINED, s->sw_defined);
    store_u32le(ret_wire + EXPONENT, s->exponent);
    store_u32le(ret_wire + MISCSELECT, s->miscselect);
    store_u32le(ret_wire + MISCMASK, s->misc_mask);
    ret_wire[CET_ATTRIBUTES] = s->cet_attributes;
    ret_wire[CET_MASK] = s->cet_mask;
    sgx_attributes_render(s->attributes, ret_wire + ATTRIBUTES);
    sgx_attributes_render(s->attribute_mask, ret_wire + ATTRIBUTEMASK);
    store_u16le(ret_wire + ISVPRODID, s->isv_prod_id);
    store_u16le(ret_wire + ISVSVN, s->isv_svn);
    memcpy(ret_wire + MODULUS, s->modulus, RSA3072_SIZE);
    memcpy(ret_wire + SIGNATURE, s->signature, RSA3072_SIZE);
    memcpy(ret_wire + Q1, s->q1, RSA3072_SIZE);
    memcpy(ret_wire + Q2, s->q2, RSA3072_SIZE);
    memcpy(ret_wire + ISVFAMILYID, s->isv_family_id, SGX_PRODUCT_ID_SIZE);
    memcpy(ret_wire + ISVEXTPRODID, s->isv_ext_prod_id, SGX_PRODUCT_ID_SIZE);
    memcpy(ret_wire + ENCLAVEHASH, s->enclave_hash, SGX_HASH_SIZE);
}

void sgx_sigstruct_digest(const uint8_t wire[static SGX_SIGSTRUCT_SIZE],
                          uint8_t ret_digest[static SHA256_SIZE])
{
    struct sha256 sha;

    sha256_init(&sha);
    sha256_update(&sha, wire, SIGNED1_SIZE);
    sha256_update(&sha, wire + MISCSELECT, SIGNED2_SIZE);
    sha256_final(&sha, ret_digest);
}

bool sgx_sigstruct_verify(const uint8_t wire[static SGX_SIGSTRUCT_SIZE])
{
    const struct rsa3072_signature signature = {
        .modulus = wire + MODULUS,
        .signature = wire + SIGNATURE,
        .q1 = wire + Q1,
        .q2 = wire + Q2,
    };
    uint8_t digest[SHA256_SIZE];

    sgx_sigstruct_digest(wire, digest);
    return rsa3072_verify(&signature, digest);
}

uint32_t sgx_sigstruct_vendor(const uint8_t wire[static SGX_SIGSTRUCT_SIZE])
{
    return load_u32le(wire + VENDOR);
}

void sgx_sigstruct_demands(const uint8_t wire[static SGX_SIGSTRUCT_SIZE],
                           struct sgx_attributes *ret_attributes, uint32_t *ret_miscselect)
{
    struct sgx_attributes value = sgx_attributes_parse(wire + ATTRIBUTES);
    struct sgx_attributes mask = sgx_attributes_parse(wire + ATTRIBUTEMASK);

    *ret_attributes =
        (struct sgx_attributes){.flags = value.flags & mask.flags, .xfrm = value.xfrm & mask.xfrm};
    *ret_miscselect = load_u32le(wire + MISCSELECT) & load_u32le(wire + MISCMASK);
}

void sgx_sigstruct_mrsigner(const uint8_t wire[static SGX_SIGSTRUCT_SIZE],
                            uint8_t ret_mrsigner[static SGX_HASH_SIZE])
{
    sha256(wire + MODULUS, RSA3072_SIZE, ret_mrsigner);
}
