/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SVNs of a platform choose a level of each document, and the levels' statuses converge to one.
 *
 * A level is reached when no SVN of the platform is below the level's. Levels are sorted in
 * descending order, so the first that is reached is the one that counts, even when a lower level
 * would have a better status.
 *
 * TDX components 0 and 1 are the TDX module's ISVSVN and version. A module of version 0 is judged
 * by them as part of the level; a later module has an identity of its own in tdxModuleIdentities,
 * with levels by ISVSVN, and the two components are left out of the comparison.
 *
 * Convergence (tcb_match_converge) can only lower the platform's status: a revoked component
 * revokes all, a component that is out of date turns an up-to-date platform into one that is out of
 * date and keeps its need for configuration. A status word that a QE or module level cannot have is
 * no reason to accept: the result is TCB_NOT_SUPPORTED, as if no level had matched.
 */
#include "verify/tcb_match.h"

#include <stdio.h>
#include <strings.h>

const struct tcb_info_module *tcb_match_find_module(
    const struct tcb_info *info, const uint8_t tee_tcb[static TCB_COMPONENT_COUNT])
{
    char id[8];
    size_t len = (size_t)snprintf(id, sizeof(id), "TDX_%02X", tee_tcb[1]);

    for (size_t i = 0; i < info->module_count; i++) {
        struct span s = info->modules[i].id;

        if (s.len == len && strncasecmp((const char *)s.data, id, len) == 0)
            return &info->modules[i];
    }
    return NULL;
}

static bool tdx_is_reached(const struct tcb_info_level *level,
                           const uint8_t tee_tcb[static TCB_COMPONENT_COUNT])
{
    for (size_t i = tee_tcb[1] > 0 ? 2 : 0; i < TCB_COMPONENT_COUNT; i++)
        if (tee_tcb[i] < level->tdx[i])
            return false;
    return true;
}

static bool level_is_reached(const struct tcb_info_level *level, const struct tcb_svns *svns)
{
    for (size_t i = 0; i < TCB_COMPONENT_COUNT; i++)
        if (svns->sgx[i] < level->sgx[i])
            return false;
    if (svns->pcesvn < level->pcesvn)
        return false;
    return !svns->tee_tcb || tdx_is_reached(level, svns->tee_tcb);
}

const struct tcb_info_level *tcb_match_find_level(const struct tcb_info *info,
                                                  const struct tcb_svns *svns)
{
    for (size_t i = 0; i < info->level_count; i++)
        if (level_is_reached(&info->levels[i], svns))
            return &info->levels[i];
    return NULL;
}

static const struct tcb_level_common *isvsvn_level_find(const struct isvsvn_level *levels,
                                                        size_t count, uint16_t isvsvn)
{
    for (size_t i = 0; i < count; i++)
        if (levels[i].isvsvn <= isvsvn)
            return &levels[i].common;
    return NULL;
}

static bool qe_status_is_known(enum tcb_status status)
{
    return status == TCB_UP_TO_DATE || status == TCB_OUT_OF_DATE || status == TCB_REVOKED ||
           status == TCB_CONFIGURATION_NEEDED || status == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

static bool module_status_is_known(enum tcb_status status)
{
    return status == TCB_UP_TO_DATE || status == TCB_OUT_OF_DATE || status == TCB_REVOKED;
}

enum tcb_status tcb_match_converge(enum tcb_status platform, enum tcb_status component)
{
    if (component == TCB_REVOKED)
        return TCB_REVOKED;
    if (component != TCB_OUT_OF_DATE)
        return platform;
    if (platform == TCB_UP_TO_DATE || platform == TCB_SW_HARDENING_NEEDED)
        return TCB_OUT_OF_DATE;
    if (platform == TCB_CONFIGURATION_NEEDED ||
        platform == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)
        return TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    return platform;
}

static void missing_note(struct tcb_result *r, const char *what)
{
    r->status = TCB_NOT_SUPPORTED;
    if (!r->missing)
        r->missing = what;
}

static void module_match(struct tcb_result *r, const struct tcb_info *info,
                         const uint8_t tee_tcb[static TCB_COMPONENT_COUNT])
{
    const struct tcb_info_module *module = tcb_match_find_module(info, tee_tcb);

    if (module)
        r->module = isvsvn_level_find(module->levels, module->level_count, tee_tcb[0]);
    if (!r->module)
        missing_note(r, module ? "no level of the TDX module matches its ISVSVN"
                               : "the TDX module's version has no entry");
    else if (!module_status_is_known(r->module->status))
        missing_note(r, "the TDX module's level has a status that it cannot have");
}

struct tcb_result tcb_match_evaluate(const struct tcb_info *info,
                                     const struct enclave_identity *identity,
                                     const struct tcb_svns *svns)
{
    const struct tcb_info_level *level = tcb_match_find_level(info, svns);
    struct tcb_result r = {.status = TCB_UNKNOWN};
    bool has_module = svns->tee_tcb && svns->tee_tcb[1] > 0;

    r.qe = isvsvn_level_find(identity->levels, identity->level_count, svns->qe_isvsvn);
    r.platform = level ? &level->common : NULL;
    if (!level)
        missing_note(&r, "no TCB level is reached by the platform's SVNs");
    else if (level->common.status == TCB_UNKNOWN)
        missing_note(&r, "the platform's level has an unknown status");
    if (!r.qe)
        missing_note(&r, "no level of the QE identity is reached by the QE's ISVSVN");
    else if (!qe_status_is_known(r.qe->status))
        missing_note(&r, "the QE's level has a status that it cannot have");
    if (has_module)
        module_match(&r, info, svns->tee_tcb);
    if (r.status == TCB_NOT_SUPPORTED)
        return r;
    r.status = tcb_match_converge(r.platform->status, r.qe->status);
    if (has_module)
        r.status = tcb_match_converge(r.status, r.module->status);
    return r;
}

static bool is_current(enum tcb_status s)
{
    return s == TCB_UP_TO_DATE || s == TCB_SW_HARDENING_NEEDED || s == TCB_CONFIGURATION_NEEDED ||
           s == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
}

static bool needs_configuration(enum tcb_status s)
{
    return s == TCB_CONFIGURATION_NEEDED || s == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED ||
           s == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

enum tcb_status tcb_match_relaunch(enum tcb_status launch, enum tcb_status current)
{
    bool is_out_of_date =
        launch == TCB_OUT_OF_DATE || launch == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;

    if (launch == TCB_UNKNOWN || current == TCB_UNKNOWN)
        return TCB_UNKNOWN;
    if (launch == TCB_NOT_SUPPORTED || current == TCB_NOT_SUPPORTED)
        return TCB_NOT_SUPPORTED;
    if (!is_out_of_date || !is_current(current))
        return launch;
    if (needs_configuration(launch) || needs_configuration(current))
        return TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
    return TCB_TD_RELAUNCH_ADVISED;
}
