/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seven pieces have dates, and each gets a state of its own: whether collateral is in date is a
 * separate answer beside the TCB status, and an operator must see which piece to fetch.
 *
 * Grace exists for what a service issues anew each month: TCB info, identity and CRLs. A relying
 * party that was cut off from the service can decide to go on with last month's. Certificates live
 * for years, and nothing but their owner's neglect lets them expire; they get no grace. That holds
 * for the PCK certificate, both CAs, the root and the TCB signer.
 */
#include "base/clock.h"
#include "verify/judge.h"

static const struct {
    enum verdict_piece piece;
    enum check_id begun;
    enum check_id dates;
    bool has_grace; /* documents and CRLs, which are issued anew each month */
} rows[] = {
    {.piece = VERDICT_TCB_INFO,
     .begun = CHECK_TCB_INFO_BEGUN,
     .dates = CHECK_TCB_INFO_DATES,
     .has_grace = true},
    {.piece = VERDICT_TCB_INFO_CHAIN,
     .begun = CHECK_TCB_INFO_CHAIN_DATES,
     .dates = CHECK_TCB_INFO_CHAIN_DATES},
    {.piece = VERDICT_QE_IDENTITY,
     .begun = CHECK_IDENTITY_BEGUN,
     .dates = CHECK_IDENTITY_DATES,
     .has_grace = true},
    {.piece = VERDICT_QE_IDENTITY_CHAIN,
     .begun = CHECK_IDENTITY_CHAIN_DATES,
     .dates = CHECK_IDENTITY_CHAIN_DATES},
    {.piece = VERDICT_PCK_CRL,
     .begun = CHECK_CRL_BEGUN,
     .dates = CHECK_CRL_DATES,
     .has_grace = true},
    {.piece = VERDICT_ROOT_CA_CRL,
     .begun = CHECK_CRL_BEGUN,
     .dates = CHECK_CRL_DATES,
     .has_grace = true},
    {.piece = VERDICT_PCK_CHAIN, .begun = CHECK_PCK_CHAIN_BEGUN, .dates = CHECK_PCK_CHAIN_DATES},
};

static int64_t grace_of(const struct verdict *v, enum verdict_piece piece)
{
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (rows[i].piece == piece && rows[i].has_grace)
            return v->policy.grace_s;
    return 0;
}

static void dates_set(struct verdict *v, enum verdict_piece piece, int64_t issued, int64_t expires)
{
    struct verdict_dates *d = &v->dates[piece];

    d->issued = issued;
    d->expires = expires;
    if (issued > v->now && issued - v->now > v->policy.skew_s)
        d->state = FRESHNESS_FUTURE;
    else if (v->now <= expires)
        d->state = FRESHNESS_FRESH;
    else if (v->now - expires <= grace_of(v, piece))
        d->state = FRESHNESS_GRACE;
    else
        d->state = FRESHNESS_EXPIRED;
}

static void dates_collect(const struct judging *j)
{
    const struct collateral_set *set = j->set;
    const struct pck_platform *p = &j->platform;
    struct verdict *v = j->verdict;

    if (p->has_leaf || p->has_ca)
        dates_set(v, VERDICT_PCK_CHAIN, p->not_before, p->not_after);
    if (!set)
        return;
    if (set->tcb_info)
        dates_set(v, VERDICT_TCB_INFO, set->tcb_info->issue_date, set->tcb_info->next_update);
    if (set->identity)
        dates_set(v, VERDICT_QE_IDENTITY, set->identity->issue_date, set->identity->next_update);
    if (set->tcb_signer.has_dates)
        dates_set(v, VERDICT_TCB_INFO_CHAIN, set->tcb_signer.dates.not_before,
                  set->tcb_signer.dates.not_after);
    if (set->identity_signer.has_dates)
        dates_set(v, VERDICT_QE_IDENTITY_CHAIN, set->identity_signer.dates.not_before,
                  set->identity_signer.dates.not_after);
    if (set->pck_crl)
        dates_set(v, VERDICT_PCK_CRL, set->pck_crl->this_update, set->pck_crl->next_update);
    if (set->root_crl)
        dates_set(v, VERDICT_ROOT_CA_CRL, set->root_crl->this_update, set->root_crl->next_update);
}

/* The certificate of a PCK chain that decides its dates, as in "leaf of pck_chain". */
static const char *culprit_of(const struct judging *j, enum verdict_piece piece, bool is_expiry)
{
    static const char *const names[] = {"leaf of ", "intermediate of ", "root of "};

    if (piece != VERDICT_PCK_CHAIN)
        return "";
    return names[is_expiry ? j->platform.not_after_of : j->platform.not_before_of];
}

static void row_check(struct judging *j, size_t i)
{
    struct verdict *v = j->verdict;
    const struct verdict_dates *d = &v->dates[rows[i].piece];
    const char *name = verdict_piece_name(rows[i].piece);
    char at[CLOCK_RFC3339_SIZE], now[CLOCK_RFC3339_SIZE];

    if (d->state == FRESHNESS_UNKNOWN) {
        check_miss(&v->checks, rows[i].begun, "%s is missing or unreadable", name);
        check_miss(&v->checks, rows[i].dates, "%s is missing or unreadable", name);
    } else if (d->state == FRESHNESS_FUTURE) {
        check_fail(&v->checks, rows[i].begun,
                   "%s%s is valid from %s, now is %s, %lld s of skew are allowed",
                   culprit_of(j, rows[i].piece, false), name, clock_render(d->issued, at),
                   clock_render(v->now, now), (long long)v->policy.skew_s);
    } else if (d->state == FRESHNESS_EXPIRED) {
        check_fail(&v->checks, rows[i].dates, "%s%s expired %s, now is %s, grace is %lld s",
                   culprit_of(j, rows[i].piece, true), name, clock_render(d->expires, at),
                   clock_render(v->now, now), (long long)grace_of(v, rows[i].piece));
    }
}

/* A check passes when no row has failed it or left it open. */
static void check_settle(struct check_list *checks, enum check_id id)
{
    if (checks->check[id].outcome == CHECK_NOT_EVALUATED && !checks->check[id].detail[0])
        check_pass(checks, id);
}

static enum verdict_freshness worst_of(enum verdict_freshness a, enum verdict_freshness b)
{
    static const enum verdict_freshness order[] = {
        FRESHNESS_UNKNOWN, FRESHNESS_EXPIRED, FRESHNESS_FUTURE, FRESHNESS_GRACE, FRESHNESS_FRESH};

    for (size_t i = 0; i < ARRAY_COUNT(order); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return FRESHNESS_UNKNOWN;
}

void judge_dates(struct judging *j)
{
    struct verdict *v = j->verdict;

    dates_collect(j);
    v->freshness = FRESHNESS_FRESH;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        row_check(j, i);
        v->freshness = worst_of(v->freshness, v->dates[rows[i].piece].state);
    }
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        check_settle(&v->checks, rows[i].begun);
        check_settle(&v->checks, rows[i].dates);
    }
}
