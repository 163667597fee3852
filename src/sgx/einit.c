/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/einit.h"

#include "crypto_bare/mem.h"
#include "sgx/attributes.h"

static bool masked_equal(struct sgx_attributes a, struct sgx_attributes b,
                         struct sgx_attributes mask)
{
    return ((a.flags ^ b.flags) & mask.flags) == 0 && ((a.xfrm ^ b.xfrm) & mask.xfrm) == 0;
}

static bool has_kss_fields(const struct sgx_secs *secs, const struct sgx_sigstruct *s)
{
    return secs->config_svn != 0 || !mem_is_zero(secs->config_id, SGX_CONFIGID_SIZE) ||
           !mem_is_zero(s->isv_family_id, SGX_PRODUCT_ID_SIZE) ||
           !mem_is_zero(s->isv_ext_prod_id, SGX_PRODUCT_ID_SIZE);
}

static bool attributes_match(const struct sgx_secs *secs, const struct sgx_sigstruct *s)
{
    if (!masked_equal(secs->attributes, s->attributes, s->attribute_mask))
        return false;
    if ((secs->miscselect ^ s->miscselect) & s->misc_mask)
        return false;
    if (s->cet_attributes & s->cet_mask) /* in SECS they are zero: sgx_secs_parse() */
        return false;
    return secs->attributes.flags & SGX_ATTRIBUTE_KSS || !has_kss_fields(secs, s);
}

enum sgx_status sgx_einit(struct sgx_secs *secs, const uint8_t mrenclave[static SGX_HASH_SIZE],
                          const uint8_t sigstruct[static SGX_SIGSTRUCT_SIZE], const uint8_t *launch)
{
    struct sgx_sigstruct s;
    uint8_t mrsigner[SGX_HASH_SIZE];

    if (sgx_sigstruct_parse(sigstruct, &s) != SGX_SUCCESS)
        return SGX_INVALID_SIG_STRUCT;
    if (!sgx_sigstruct_verify(sigstruct))
        return SGX_INVALID_SIGNATURE;
    sgx_sigstruct_mrsigner(sigstruct, mrsigner);
    if (launch && memcmp(launch, mrsigner, SGX_HASH_SIZE) != 0)
        return SGX_INVALID_EINITTOKEN;
    if (memcmp(mrenclave, s.enclave_hash, SGX_HASH_SIZE) != 0)
        return SGX_INVALID_MEASUREMENT;
    if (!attributes_match(secs, &s))
        return SGX_INVALID_ATTRIBUTE;

    memcpy(secs->mrenclave, mrenclave, SGX_HASH_SIZE);
    memcpy(secs->mrsigner, mrsigner, SGX_HASH_SIZE);
    memcpy(secs->isv_family_id, s.isv_family_id, SGX_PRODUCT_ID_SIZE);
    memcpy(secs->isv_ext_prod_id, s.isv_ext_prod_id, SGX_PRODUCT_ID_SIZE);
    secs->isv_prod_id = s.isv_prod_id;
    secs->isv_svn = s.isv_svn;
    secs->attributes.flags |= SGX_ATTRIBUTE_INIT;
    return SGX_SUCCESS;
}
