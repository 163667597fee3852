/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verdict.h"

#include <assert.h>

#include "verify/expectation.h"
#include "verify/verify.h"

static const char *const piece_names[VERDICT_PIECE_COUNT] = {
    [VERDICT_TCB_INFO] = "tcb_info",       [VERDICT_TCB_INFO_CHAIN] = "tcb_info_issuer_chain",
    [VERDICT_QE_IDENTITY] = "qe_identity", [VERDICT_QE_IDENTITY_CHAIN] = "qe_identity_issuer_chain",
    [VERDICT_PCK_CRL] = "pck_crl",         [VERDICT_ROOT_CA_CRL] = "root_ca_crl",
    [VERDICT_PCK_CHAIN] = "pck_chain",
};

static const char *const freshness_names[] = {
    [FRESHNESS_UNKNOWN] = "unknown", [FRESHNESS_FRESH] = "fresh",   [FRESHNESS_GRACE] = "grace",
    [FRESHNESS_EXPIRED] = "expired", [FRESHNESS_FUTURE] = "future",
};

const char *verdict_piece_name(enum verdict_piece piece)
{
    return piece_names[piece];
}

const char *verdict_freshness_name(enum verdict_freshness state)
{
    return freshness_names[state];
}

bool verdict_is_accepted(const struct verdict *v)
{
    return v && v->accepted;
}

void verdict_note_add(struct verdict *v, const char *note)
{
    assert(v->note_count < VERDICT_NOTE_MAX);
    v->notes[v->note_count++] = note;
}

bool verdict_has_two_levels(const struct verdict *v)
{
    return v->has_quote && v->quote.body_type >= QUOTE_BODY_TD15;
}

void verdict_free(struct verdict *v)
{
    if (!v)
        return;
    collateral_set_unref(v->set);
    expectation_list_unref(v->policy.expect);
    free((void *)(uintptr_t)v->advisories);
    free((void *)(uintptr_t)v->current_advisories);
    free(v->wire);
    free(v);
}

void verdict_freep(struct verdict **v)
{
    verdict_free(*v);
}
