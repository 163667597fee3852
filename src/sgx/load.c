/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/load.h"

#include "crypto_bare/mem.h"
#include "sgx/ssa.h"

enum {
    SIZE_MIN = 2 * SGX_PAGE_SIZE, /* bytes */
    CANONICAL_BITS = 47,          /* bits of a user address */
};

static bool has_valid_range(const struct sgx_cpu *cpu, const struct sgx_secs *s)
{
    if (s->size < SIZE_MIN || s->size & (s->size - 1) || s->size > UINT64_C(1) << cpu->size_log2)
        return false;
    return s->base % s->size == 0 && s->base >> CANONICAL_BITS == 0;
}

static bool has_valid_frame(const struct sgx_secs *s)
{
    uint64_t frame = (uint64_t)s->ssa_frame_size << SGX_PAGE_SHIFT;
    uint64_t need = sgx_ssa_xsave_size(s->attributes.xfrm);

    if (need == 0)
        return false;
    need += SGX_GPRSGX_SIZE;
    if (s->miscselect & SGX_MISC_EXINFO)
        need += SGX_EXINFO_SIZE;
    return need <= frame;
}

/* May XSETBV load this value? */
static bool is_valid_xfrm(const struct sgx_cpu *cpu, uint64_t xfrm)
{
    bool is_wide = xfrm & SGX_XFRM_AVX512 & ~SGX_XFRM_AVX;

    if (xfrm & ~cpu->xfrm || (xfrm & SGX_XFRM_LEGACY) != SGX_XFRM_LEGACY)
        return false;
    return !is_wide || (xfrm & SGX_XFRM_AVX512) == SGX_XFRM_AVX512;
}

static bool has_valid_features(const struct sgx_cpu *cpu, const struct sgx_secs *s)
{
    const struct sgx_attributes a = s->attributes;

    if (a.flags & ~cpu->attributes || !(a.flags & SGX_ATTRIBUTE_MODE64BIT))
        return false;
    if (!is_valid_xfrm(cpu, a.xfrm) || s->miscselect & ~cpu->miscselect)
        return false;
    if (a.flags & SGX_ATTRIBUTE_KSS)
        return true;
    return s->config_svn == 0 && mem_is_zero(s->config_id, SGX_CONFIGID_SIZE);
}

enum sgx_status sgx_ecreate(const struct sgx_cpu *cpu, const struct sgx_secs *secs)
{
    if (!has_valid_range(cpu, secs) || !has_valid_features(cpu, secs) || !has_valid_frame(secs))
        return SGX_FAULT_GP;
    return SGX_SUCCESS;
}

enum sgx_status sgx_eadd(struct sgx_page_table *t, uint64_t address, struct sgx_secinfo secinfo,
                         const uint8_t *page)
{
    struct sgx_page added = {
        .valid = true,
        .permissions = secinfo.permissions,
        .type = secinfo.type,
        .max = secinfo.permissions,
    };
    struct sgx_tcs tcs;

    if (address % SGX_PAGE_SIZE != 0 || !sgx_page_table_contains(t, address, SGX_PAGE_SIZE))
        return SGX_FAULT_GP;
    if (secinfo.state != 0)
        return SGX_FAULT_GP;
    if (secinfo.type == SGX_PT_TCS) {
        if (!sgx_tcs_parse(page, &tcs))
            return SGX_FAULT_GP;
        added.permissions = 0;
        added.max = (uint8_t)(SGX_SECINFO_R | SGX_SECINFO_W);
    } else if (secinfo.type != SGX_PT_REG) {
        return SGX_FAULT_GP;
    } else if ((secinfo.permissions & SGX_SECINFO_W) && !(secinfo.permissions & SGX_SECINFO_R)) {
        return SGX_FAULT_GP;
    }
    if (!sgx_page_table_swap(t, address, (struct sgx_page){0}, added))
        return SGX_FAULT_PF;
    return SGX_SUCCESS;
}
