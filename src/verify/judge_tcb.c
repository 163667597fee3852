/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCB step turns SVNs into answers: a status, its advisories and dates, and the list of
 * components that are below the best level. A TD report of 1.5 or later has two sets of TDX SVNs,
 * of the module at the TD's launch and of the module that runs now. Both are evaluated. The result
 * is QVL's: the launch status, unless a relaunch would mend it (tcb_match_relaunch).
 *
 * The step runs only when the TCB info is for this platform. A level that was matched against
 * another processor's TCB info would be a number without meaning, and worse than no answer.
 *
 * The shortfalls are not part of QVL. They compare with the first level, which is the best, because
 * an operator wants to know what to update, not which of the lower levels matched.
 */
#include <stdio.h>
#include <stdlib.h>

#include "verify/judge.h"
#include "verify/tcb_match.h"

/*
 * The union of the advisories of one evaluation's levels, as QVL concatenates them.
 * Return: the list, owned by the caller; NULL when there are none, or without memory.
 */
static struct span *advisories_collect(struct judging *j, const struct tcb_result *r,
                                       size_t *ret_count)
{
    const struct tcb_level_common *levels[] = {r->platform, r->qe, r->module};
    size_t count = 0;
    struct span *list;

    for (size_t i = 0; i < ARRAY_COUNT(levels); i++)
        count += levels[i] ? levels[i]->advisory_count : 0;
    if (count == 0)
        return NULL;
    list = calloc(count, sizeof(*list));
    if (!list) {
        j->no_memory = true;
        return NULL;
    }
    count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(levels); i++)
        for (size_t k = 0; levels[i] && k < levels[i]->advisory_count; k++)
            list[count++] = levels[i]->advisories[k];
    *ret_count = tcb_level_advisories_unique(list, count);
    return list;
}

/* The earliest date of one evaluation's levels. Return: false when there is none. */
static bool date_collect(const struct tcb_result *r, int64_t *ret)
{
    const struct tcb_level_common *levels[] = {r->platform, r->qe, r->module};
    int64_t date = INT64_MAX;

    for (size_t i = 0; i < ARRAY_COUNT(levels); i++)
        if (levels[i])
            date = MIN(date, levels[i]->tcb_date);
    if (date == INT64_MAX)
        return false;
    *ret = date;
    return true;
}

PRINTF_LIKE(5, 6)
static void short_add(struct verdict *v, uint16_t have, uint16_t need,
                      const struct tcb_component *what, const char *format, ...)
{
    struct verdict_short *s = &v->shorts[v->short_count];
    va_list args;

    if (have >= need || v->short_count == VERDICT_SHORT_MAX)
        return;
    va_start(args, format);
    vsnprintf(s->component, sizeof(s->component), format, args);
    va_end(args);
    s->have = have;
    s->need = need;
    s->category = what ? what->category : span_of(NULL, 0);
    s->type = what ? what->type : span_of(NULL, 0);
    v->short_count++;
}

static void tdx_shorts_collect(struct verdict *v, const struct tcb_info *info,
                               const uint8_t tee_tcb[static TCB_COMPONENT_COUNT],
                               const char *prefix)
{
    const struct tcb_info_level *best = &info->levels[0];
    const struct tcb_info_module *module =
        tee_tcb[1] > 0 ? tcb_match_find_module(info, tee_tcb) : NULL;

    for (unsigned i = tee_tcb[1] > 0 ? 2 : 0; i < TCB_COMPONENT_COUNT; i++)
        short_add(v, tee_tcb[i], best->tdx[i], &info->tdx_component[i], "%stdxtcbcomp%02u", prefix,
                  i + 1);
    if (module && module->level_count > 0)
        short_add(v, tee_tcb[0], module->levels[0].isvsvn, NULL, "%stdx_module_isvsvn", prefix);
}

static void shorts_collect(struct judging *j, const struct tcb_svns *svns)
{
    const struct tcb_info *info = j->set->tcb_info;
    const struct tcb_info_level *best = &info->levels[0];
    struct verdict *v = j->verdict;

    for (unsigned i = 0; i < TCB_COMPONENT_COUNT; i++)
        short_add(v, svns->sgx[i], best->sgx[i], &info->sgx_component[i], "sgxtcbcomp%02u", i + 1);
    short_add(v, svns->pcesvn, best->pcesvn, NULL, "pcesvn");
    short_add(v, svns->qe_isvsvn, j->set->identity->levels[0].isvsvn, NULL, "qe_isvsvn");
    if (!quote_is_td(&v->quote))
        return;
    tdx_shorts_collect(v, info, v->quote.td.tee_tcb_svn, "");
    if (verdict_has_two_levels(v) &&
        memcmp(v->quote.td.tee_tcb_svn, v->quote.td.tee_tcb_svn2, TCB_COMPONENT_COUNT) != 0)
        tdx_shorts_collect(v, info, v->quote.td.tee_tcb_svn2, "current_");
}

static void level_note(struct verdict *v, const struct tcb_result *launch,
                       const struct tcb_result *current)
{
    if (launch->missing)
        check_fail(&v->checks, CHECK_TCB_LEVEL, "%s", launch->missing);
    else if (current->missing)
        check_fail(&v->checks, CHECK_TCB_LEVEL, "as it runs now: %s", current->missing);
    else
        check_pass(&v->checks, CHECK_TCB_LEVEL);
}

static void levels_evaluate(struct judging *j)
{
    const struct collateral_set *set = j->set;
    struct verdict *v = j->verdict;
    bool is_td = quote_is_td(&v->quote);
    struct tcb_svns svns = {
        .sgx = j->platform.pck.comp_svn,
        .pcesvn = j->platform.pck.pcesvn,
        .tee_tcb = is_td ? v->quote.td.tee_tcb_svn : NULL,
        .qe_isvsvn = v->quote.auth.qe.isv_svn,
    };
    struct tcb_result launch = tcb_match_evaluate(set->tcb_info, set->identity, &svns),
                      current = launch;

    shorts_collect(j, &svns);
    if (verdict_has_two_levels(v)) {
        svns.tee_tcb = v->quote.td.tee_tcb_svn2;
        current = tcb_match_evaluate(set->tcb_info, set->identity, &svns);
    }
    v->launch_status = launch.status;
    v->current_status = current.status;
    v->status = verdict_has_two_levels(v) ? tcb_match_relaunch(launch.status, current.status)
                                          : launch.status;
    level_note(v, &launch, &current);
    v->advisories = advisories_collect(j, &launch, &v->advisory_count);
    if (verdict_has_two_levels(v)) {
        v->current_advisories = advisories_collect(j, &current, &v->current_advisory_count);
        v->has_current_tcb_date = date_collect(&current, &v->current_tcb_date);
    }
    v->has_tcb_date = date_collect(&launch, &v->tcb_date);
}

void judge_tcb(struct judging *j)
{
    const struct collateral_set *set = j->set;
    struct verdict *v = j->verdict;

    if (!set || !set->tcb_info || !set->identity || !j->platform.has_extension) {
        check_miss(&v->checks, CHECK_TCB_LEVEL,
                   "TCB info, QE identity or PCK certificate is missing");
        return;
    }
    v->has_evaluation_number = true;
    v->evaluation_number = MIN(set->tcb_info->evaluation_number, set->identity->evaluation_number);
    if (!check_passed(&v->checks, CHECK_TCB_INFO_TEE) ||
        !check_passed(&v->checks, CHECK_TCB_INFO_FMSPC)) {
        check_miss(&v->checks, CHECK_TCB_LEVEL, "the TCB info is not for this platform");
        return;
    }
    levels_evaluate(j);
}
