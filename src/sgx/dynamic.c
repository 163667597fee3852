/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SGX2's leaves are seven rules about one page (SDM chapter 37): each looks at the page's EPCM
 * entry, refuses with a code or a fault, or says what the entry becomes. The rules are pure;
 * rule_apply() does the rest. It loads the entry, asks the rule, and swaps the result in. When
 * another thread or a signal handler changed the page in between, the swap fails and the rule is
 * asked again, so no leaf ever acts on an old entry and no lock is held.
 *
 * The order of the checks inside a rule is the manual's, because a program can tell which fault
 * comes first. Checks of operands (alignment, reserved bits of SECINFO) come before the page is
 * looked at, as the instructions do it.
 *
 * EAUG, EMODPR, EMODT and EREMOVE are the kernel's leaves (ENCLS); EACCEPT, EMODPE and EACCEPTCOPY
 * are the enclave's (ENCLU). A change by the kernel leaves a page PENDING, MODIFIED or PR, and only
 * the enclave's EACCEPT or EACCEPTCOPY ends that state: this handshake is why a kernel cannot
 * change rights unnoticed.
 */
#include "sgx/dynamic.h"

#include "crypto_bare/bytes.h"

#define CHANGING ((uint8_t)(SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED))
#define RW       ((uint8_t)(SGX_SECINFO_R | SGX_SECINFO_W))

/** page_rule - one leaf's rule. Return: SGX_SUCCESS and the page's new entry, or the leaf's code.
 */
typedef enum sgx_status (*page_rule)(struct sgx_page from, struct sgx_secinfo asked,
                                     struct sgx_page *ret_to);

static bool is_page(const struct sgx_page_table *t, uint64_t address)
{
    return address % SGX_PAGE_SIZE == 0 && sgx_page_table_contains(t, address, SGX_PAGE_SIZE);
}

static bool is_write_only(uint8_t permissions)
{
    return (permissions & RW) == SGX_SECINFO_W;
}

static enum sgx_status rule_apply(struct sgx_page_table *t, uint64_t address,
                                  struct sgx_secinfo asked, page_rule rule)
{
    for (;;) {
        struct sgx_page from = sgx_page_table_load(t, address);
        struct sgx_page to = from;
        enum sgx_status status = rule(from, asked, &to);

        if (status != SGX_SUCCESS || sgx_page_table_swap(t, address, from, to))
            return status;
    }
}

static enum sgx_status rule_aug(struct sgx_page from, struct sgx_secinfo asked,
                                struct sgx_page *ret_to)
{
    if (from.valid)
        return SGX_FAULT_PF;
    *ret_to = (struct sgx_page){
        .valid = true,
        .permissions = asked.permissions,
        .state = asked.state,
        .type = asked.type,
        .max = (uint8_t)SGX_SECINFO_RWX,
        .user = from.user,
    };
    return SGX_SUCCESS;
}

enum sgx_status sgx_eaug(struct sgx_page_table *t, uint64_t address)
{
    const struct sgx_secinfo asked = {
        .permissions = RW, .state = (uint8_t)SGX_SECINFO_PENDING, .type = SGX_PT_REG};

    if (!is_page(t, address))
        return SGX_FAULT_GP;
    return rule_apply(t, address, asked, rule_aug);
}

static enum sgx_status rule_modpr(struct sgx_page from, struct sgx_secinfo asked,
                                  struct sgx_page *ret_to)
{
    if (!from.valid)
        return SGX_FAULT_PF;
    if (from.state & CHANGING)
        return SGX_PAGE_NOT_MODIFIABLE;
    if (from.type != SGX_PT_REG)
        return SGX_FAULT_GP;
    ret_to->permissions &= asked.permissions;
    ret_to->state |= (uint8_t)SGX_SECINFO_PR;
    return SGX_SUCCESS;
}

enum sgx_status sgx_emodpr(struct sgx_page_table *t, uint64_t address, uint8_t permissions)
{
    if (!is_page(t, address) || is_write_only(permissions))
        return SGX_FAULT_GP;
    return rule_apply(t, address, (struct sgx_secinfo){.permissions = permissions}, rule_modpr);
}

static enum sgx_status rule_modt(struct sgx_page from, struct sgx_secinfo asked,
                                 struct sgx_page *ret_to)
{
    if (!from.valid)
        return SGX_FAULT_PF;
    if (from.state & CHANGING)
        return SGX_PAGE_NOT_MODIFIABLE;
    if (from.type != SGX_PT_REG && !(from.type == SGX_PT_TCS && asked.type == SGX_PT_TRIM))
        return SGX_FAULT_GP;
    ret_to->type = asked.type;
    ret_to->permissions = 0;
    ret_to->state = (uint8_t)SGX_SECINFO_MODIFIED;
    if (asked.type == SGX_PT_TCS)
        ret_to->max = RW;
    return SGX_SUCCESS;
}

enum sgx_status sgx_emodt(struct sgx_page_table *t, uint64_t address, uint8_t type)
{
    if (!is_page(t, address) || (type != SGX_PT_TCS && type != SGX_PT_TRIM))
        return SGX_FAULT_GP;
    return rule_apply(t, address, (struct sgx_secinfo){.type = type}, rule_modt);
}

bool sgx_dynamic_is_removable(struct sgx_page page)
{
    return page.valid && page.type == SGX_PT_TRIM && !(page.state & SGX_SECINFO_MODIFIED);
}

static enum sgx_status rule_remove(struct sgx_page from, struct sgx_secinfo asked,
                                   struct sgx_page *ret_to)
{
    (void)asked;
    *ret_to = (struct sgx_page){0};
    return from.valid ? SGX_SUCCESS : SGX_FAULT_PF;
}

enum sgx_status sgx_eremove(struct sgx_page_table *t, uint64_t address)
{
    return rule_apply(t, address, (struct sgx_secinfo){0}, rule_remove);
}

/** is_acceptable() - is this a SECINFO that EACCEPT may be given at all */
static bool is_acceptable(struct sgx_secinfo s)
{
    if (s.type == SGX_PT_REG)
        return !(s.state & SGX_SECINFO_MODIFIED) && !is_write_only(s.permissions);
    return (s.type == SGX_PT_TCS || s.type == SGX_PT_TRIM) && s.permissions == 0 &&
           s.state == SGX_SECINFO_MODIFIED;
}

static bool is_idle_tcs(const uint8_t *page)
{
    struct sgx_tcs tcs;

    return sgx_tcs_parse(page, &tcs) && load_u32le(page + SGX_TCS_CSSA_OFFSET) == 0;
}

static enum sgx_status rule_accept(struct sgx_page from, struct sgx_secinfo asked,
                                   struct sgx_page *ret_to)
{
    if (!from.valid)
        return SGX_FAULT_PF;
    if (from.type != asked.type || from.permissions != asked.permissions ||
        from.state != asked.state)
        return SGX_PAGE_ATTRIBUTES_MISMATCH;
    ret_to->state = 0;
    return SGX_SUCCESS;
}

enum sgx_status sgx_eaccept(struct sgx_page_table *t, uint64_t address,
                            const uint8_t secinfo[static SGX_SECINFO_SIZE], const uint8_t *page)
{
    struct sgx_secinfo asked;
    struct sgx_page now;

    if (!is_page(t, address) || !sgx_secinfo_parse(secinfo, &asked) || !is_acceptable(asked))
        return SGX_FAULT_GP;
    now = sgx_page_table_load(t, address);
    if (asked.type == SGX_PT_TCS && now.valid && now.type == SGX_PT_TCS && !is_idle_tcs(page))
        return SGX_FAULT_GP;
    return rule_apply(t, address, asked, rule_accept);
}

static enum sgx_status rule_modpe(struct sgx_page from, struct sgx_secinfo asked,
                                  struct sgx_page *ret_to)
{
    if (!from.valid || from.type != SGX_PT_REG || from.state & CHANGING)
        return SGX_FAULT_PF;
    ret_to->permissions |= asked.permissions;
    if (is_write_only(ret_to->permissions))
        return SGX_FAULT_GP;
    return SGX_SUCCESS;
}

enum sgx_status sgx_emodpe(struct sgx_page_table *t, uint64_t address,
                           const uint8_t secinfo[static SGX_SECINFO_SIZE])
{
    struct sgx_secinfo asked;

    if (!is_page(t, address) || !sgx_secinfo_parse(secinfo, &asked))
        return SGX_FAULT_GP;
    return rule_apply(t, address, asked, rule_modpe);
}

static enum sgx_status rule_acceptcopy(struct sgx_page from, struct sgx_secinfo asked,
                                       struct sgx_page *ret_to)
{
    if (!from.valid)
        return SGX_FAULT_PF;
    if (from.type != SGX_PT_REG || (from.state & CHANGING) != SGX_SECINFO_PENDING ||
        from.permissions != RW)
        return SGX_PAGE_ATTRIBUTES_MISMATCH;
    ret_to->permissions = asked.permissions;
    ret_to->state = 0;
    return SGX_SUCCESS;
}

enum sgx_status sgx_eacceptcopy(struct sgx_page_table *t, uint64_t address, uint64_t source,
                                const uint8_t secinfo[static SGX_SECINFO_SIZE])
{
    struct sgx_secinfo asked;

    if (!is_page(t, address) || !is_page(t, source) || !sgx_secinfo_parse(secinfo, &asked))
        return SGX_FAULT_GP;
    if (asked.type != SGX_PT_REG || asked.state != 0 || is_write_only(asked.permissions))
        return SGX_FAULT_GP;
    if (!sgx_page_table_access(t, source, (uint8_t)SGX_SECINFO_R))
        return SGX_FAULT_PF;
    return rule_apply(t, address, asked, rule_acceptcopy);
}
