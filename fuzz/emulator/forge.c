/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signature without a private key. Every modulus is a valid signer of an enclave, so the modulus
 * is chosen after the signature. With S = 2^1024 - 1 and N = S^3 - M, where M is the padded digest,
 * S^3 mod N is M. Since S^2 < N and S^3 < 2 N, the quotients Q1 and Q2 are 0 and 1. So a signature
 * costs one subtraction.
 */
#include "forge.h"

#include <string.h>

#include "sgx/sigstruct.h"

enum {
    MODULUS = 128, /* offset in SIGSTRUCT */
    LOW_SIZE = RSA3072_SIZE / 3,
};

void spoil_apply(struct spoil s, uint8_t *wire, size_t size)
{
    wire[s.at * (size - 1) / UINT8_MAX] ^= s.bits;
}

void forge_secs(uint64_t base, uint64_t size, uint8_t options, uint8_t ret_wire[SGX_SECS_SIZE])
{
    struct sgx_secs secs = {
        .size = size,
        .base = base,
        .ssa_frame_size = 1,
        .miscselect = options & 1 ? SGX_MISC_EXINFO : 0,
        .attributes = {.flags = SGX_ATTRIBUTE_MODE64BIT,
                       .xfrm = options & 2 ? SGX_XFRM_AVX : SGX_XFRM_LEGACY},
    };

    secs.attributes.flags |= options & 4 ? SGX_ATTRIBUTE_DEBUG : 0;
    secs.attributes.flags |= options & 8 ? SGX_ATTRIBUTE_PROVISIONKEY : 0;
    secs.attributes.flags |= options & 16 ? SGX_ATTRIBUTE_KSS : 0;
    secs.attributes.flags |= options & 32 ? SGX_ATTRIBUTE_EINITTOKENKEY : 0;
    secs.config_svn = options & 64 ? 1 : 0;
    sgx_secs_render(&secs, ret_wire);
}

/* EMSA-PKCS1-v1_5, least significant byte first. */
static void encode(const uint8_t digest[SHA256_SIZE], uint8_t ret[RSA3072_SIZE])
{
    static const uint8_t info[] = {0x20, 0x04, 0x00, 0x05, 0x01, 0x02, 0x04, 0x03, 0x65, 0x01,
                                   0x48, 0x86, 0x60, 0x09, 0x06, 0x0d, 0x30, 0x31, 0x30};

    memset(ret, 0xff, RSA3072_SIZE);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        ret[i] = digest[SHA256_SIZE - 1 - i];
    memcpy(ret + SHA256_SIZE, info, sizeof(info));
    ret[SHA256_SIZE + sizeof(info)] = 0;
    ret[RSA3072_SIZE - 2] = 1;
    ret[RSA3072_SIZE - 1] = 0;
}

/* (2^1024 - 1)^3 = 2^3072 - 3 * 2^2048 + 3 * 2^1024 - 1 */
static void cube(uint8_t ret[RSA3072_SIZE])
{
    memset(ret, 0xff, RSA3072_SIZE);
    memset(ret + LOW_SIZE, 0, LOW_SIZE);
    ret[LOW_SIZE] = 2;
    ret[2 * LOW_SIZE] = 0xfd;
}

static void modulus_choose(uint8_t *wire)
{
    uint8_t digest[SHA256_SIZE], message[RSA3072_SIZE], *n = wire + MODULUS;
    int borrow = 0;

    sgx_sigstruct_digest(wire, digest);
    encode(digest, message);
    cube(n);
    for (size_t i = 0; i < RSA3072_SIZE; i++) {
        int difference = n[i] - message[i] - borrow;

        n[i] = (uint8_t)difference;
        borrow = difference < 0;
    }
}

void forge_sigstruct(const struct enclave *e, struct spoil spoil,
                     uint8_t ret_wire[SGX_SIGSTRUCT_SIZE])
{
    struct sgx_measure measure = e->shared->measure;
    struct sgx_sigstruct s = {
        .date = 0x20240229,
        .exponent = SGX_SIGSTRUCT_EXPONENT,
        .miscselect = e->shared->secs.miscselect,
        .misc_mask = UINT32_MAX,
        .attributes = e->shared->secs.attributes,
        .attribute_mask = {.flags = UINT64_MAX, .xfrm = UINT64_MAX},
        .isv_svn = 1,
        .q2 = {1},
    };

    memset(s.signature, 0xff, LOW_SIZE);
    sgx_measure_final(&measure, s.enclave_hash);
    sgx_sigstruct_render(&s, ret_wire);
    if (spoil.is_signed)
        spoil_apply(spoil, ret_wire, SGX_SIGSTRUCT_SIZE);
    modulus_choose(ret_wire);
    if (!spoil.is_signed)
        spoil_apply(spoil, ret_wire, SGX_SIGSTRUCT_SIZE);
}
