/* SPDX-License-Identifier: Apache-2.0 */
#include "sdk/signature.h"

#include <errno.h>
#include <time.h>

#include "sgx/sigstruct.h"

/** bcd() - a number as @digits decimal digits of four bits each */
static uint32_t bcd(unsigned value, unsigned digits)
{
    uint32_t result = 0;

    for (unsigned i = 0; i < digits; i++, value /= 10)
        result |= (uint32_t)(value % 10) << 4 * i;
    return result;
}

static int date_of(int64_t date_s, uint32_t *ret)
{
    time_t seconds = (time_t)date_s;
    struct tm tm;

    if (date_s < 0 || !gmtime_r(&seconds, &tm) || tm.tm_year + 1900 > 9999)
        return -ERANGE;
    *ret = bcd((unsigned)tm.tm_year + 1900, 4) << 16 | bcd((unsigned)tm.tm_mon + 1, 2) << 8 |
           bcd((unsigned)tm.tm_mday, 2);
    return 0;
}

static struct sgx_sigstruct sigstruct_of(const struct sdk_signing *signing)
{
    const struct sdk_settings *settings = signing->settings;
    struct sgx_sigstruct s = {
        .exponent = SGX_SIGSTRUCT_EXPONENT,
        .miscselect = settings->miscselect,
        .misc_mask = UINT32_MAX,
        .attributes = settings->attributes,
        .attribute_mask = {.flags = UINT64_MAX, .xfrm = UINT64_MAX},
        .isv_prod_id = settings->product_id,
        .isv_svn = settings->svn,
    };

    memcpy(s.isv_family_id, settings->family_id, SGX_PRODUCT_ID_SIZE);
    memcpy(s.isv_ext_prod_id, settings->ext_product_id, SGX_PRODUCT_ID_SIZE);
    memcpy(s.enclave_hash, signing->mrenclave, SGX_HASH_SIZE);
    return s;
}

int sdk_sign(const struct sdk_signing *signing, struct rsa_signer *signer,
             uint8_t ret_sigstruct[static SGX_SIGSTRUCT_SIZE], struct err *err)
{
    struct sgx_sigstruct s = sigstruct_of(signing);
    uint8_t digest[SHA256_SIZE];
    int r;

    if (date_of(signing->date_s, &s.date) < 0)
        return err_set(err, -ERANGE, "the date is outside the years 1970 to 9999");
    memcpy(s.modulus, rsa_signer_modulus(signer), RSA3072_SIZE);
    sgx_sigstruct_render(&s, ret_sigstruct);
    sgx_sigstruct_digest(ret_sigstruct, digest);
    r = rsa_signer_sign(signer, digest, s.signature, err);
    if (r < 0)
        return r;
    if (!rsa3072_quotients(s.modulus, s.signature, s.q1, s.q2))
        return err_set(err, -EIO, "the signer returned a signature that is not below the modulus");
    sgx_sigstruct_render(&s, ret_sigstruct);
    if (!sgx_sigstruct_verify(ret_sigstruct))
        return err_set(err, -EIO, "the signer returned a signature that does not verify");
    return 0;
}
