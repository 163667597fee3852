/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report is for somebody whose deployment has just stopped. The first line decides and names
 * the check that failed first in the order of evaluation, because later failures are often its
 * consequences. Then come the facts that a reader compares with a service's documentation (status,
 * dates, measurements), every failed check with the rule it stands for, and the components that are
 * short of the best TCB level.
 *
 * Text from the quote and from collateral is printed with control characters replaced: a report
 * ends on a terminal, and an advisory ID must not move its cursor. Colour is an argument, so that
 * tests and files get the same bytes everywhere.
 */
#include "verify/verdict_text.h"

#include "base/clock.h"
#include "verify/expectation.h"

struct style {
    const char *accepted, *refused; /* of the headline */
    const char *good, *bad, *dim, *bold, *off;
};

static const struct style plain = {
    .accepted = "", .refused = "", .good = "", .bad = "", .dim = "", .bold = "", .off = ""};
static const struct style coloured = {.accepted = "\033[1;97;42m",
                                      .refused = "\033[1;97;41m",
                                      .good = "\033[1;32m",
                                      .bad = "\033[1;31m",
                                      .dim = "\033[2m",
                                      .bold = "\033[1m",
                                      .off = "\033[0m"};

/* The first failed check in the order of evaluation is what the headline names. */
static int first_failed(const struct verdict *v)
{
    for (int i = 0; i < CHECK_COUNT; i++)
        if (v->checks.check[i].outcome == CHECK_FAILED)
            return i;
    for (int i = 0; i < CHECK_COUNT; i++)
        if (v->checks.check[i].outcome == CHECK_NOT_EVALUATED)
            return i;
    return -1;
}

static void headline_put(const struct verdict *v, const struct style *s, struct buf *out)
{
    const char *status = tcb_status_name(v->status);
    int id = first_failed(v);

    if (verdict_is_accepted(v)) {
        buf_printf(out, "%s ACCEPTED %s  %s%s%s\n", s->accepted, s->off, s->bold, status, s->off);
        return;
    }
    buf_printf(out, "%s REFUSED %s  %s%s%s", s->refused, s->off, s->bold,
               status ? status : "no status", s->off);
    if (id >= 0)
        buf_printf(out, "  %s: %s", check_name((enum check_id)id), v->checks.check[id].detail);
    buf_put_u8(out, '\n');
}

static void label_put(const struct style *s, const char *label, struct buf *out)
{
    buf_printf(out, "  %s%-12s%s ", s->dim, label, s->off);
}

/* The names that were expected and hold; those that do not are among the checks. */
static void expectations_put(const struct verdict *v, const struct style *s, struct buf *out)
{
    const struct expectation_row *row;
    bool is_first = true;

    for (size_t i = 0; (row = expectation_row_at(i)); i++) {
        if (row->kind == EXPECTATION_POLICY || !check_passed(&v->checks, row->check) ||
            !expectation_next(v->policy.expect, i, &(size_t){0}))
            continue;
        if (is_first)
            label_put(s, "as expected", out);
        buf_printf(out, "%s%s", is_first ? "" : ", ", row->name);
        is_first = false;
    }
    buf_put_str(out, is_first ? "" : "\n");
}

static void notes_put(const struct verdict *v, const struct style *s, struct buf *out)
{
    for (size_t i = 0; i < v->note_count; i++) {
        label_put(s, "note", out);
        buf_printf(out, "%s\n", v->notes[i]);
    }
}

static void measurement_put(const struct verdict *v, struct buf *out)
{
    const struct quote *q = &v->quote;

    if (quote_is_td(q)) {
        buf_put_str(out, "MRTD ");
        buf_put_hex(out, span_of(q->td.mrtd, sizeof(q->td.mrtd)));
        return;
    }
    buf_put_str(out, "MRENCLAVE ");
    buf_put_hex(out, span_of(q->enclave.mrenclave, sizeof(q->enclave.mrenclave)));
    buf_put_str(out, "\n               MRSIGNER  ");
    buf_put_hex(out, span_of(q->enclave.mrsigner, sizeof(q->enclave.mrsigner)));
    buf_printf(out, "\n               product %u, SVN %u", q->enclave.isv_prod_id,
               q->enclave.isv_svn);
}

/* A quote that was given as it is needs no line. */
static void evidence_put(const struct verdict *v, const struct style *s, struct buf *out)
{
    const struct verdict_evidence *e = &v->evidence;
    char before[CLOCK_RFC3339_SIZE], after[CLOCK_RFC3339_SIZE];

    if (e->form[0] == 0 || strcmp(e->form, "raw") == 0)
        return;
    label_put(s, "evidence", out);
    buf_put_printable(out, span_str(e->form));
    buf_put_str(out, "\n");
    if (e->has_certificate) {
        label_put(s, "certificate", out);
        buf_put_printable(out, span_str(e->subject));
        buf_printf(out, ", %s, valid %.10s to %.10s\n", e->key_name,
                   clock_render(e->not_before, before), clock_render(e->not_after, after));
    }
    if (e->binding.state == EVIDENCE_UNBOUND)
        return;
    label_put(s, "binding", out);
    buf_printf(out, "%s%s\n", e->binding.state == EVIDENCE_BOUND ? "report data hold the " : "",
               e->binding.text);
}

static void quote_put(const struct verdict *v, const struct style *s, struct buf *out)
{
    evidence_put(v, s, out);
    if (!v->has_quote)
        return;
    label_put(s, "quote", out);
    buf_printf(out, "version %u, %s%s", v->quote.header.version,
               quote_body_name(v->quote.body_type), quote_is_debug(&v->quote) ? ", DEBUG" : "");
    if (v->wrapping != QUOTE_WRAPPING_NONE)
        buf_printf(out, ", in an %s", quote_wrapping_name(v->wrapping));
    if (v->quote.trailing.len > 0)
        buf_printf(out, ", followed by %zu bytes of padding", v->quote.trailing.len);
    buf_put_str(out, "\n");
    label_put(s, quote_is_td(&v->quote) ? "TD" : "enclave", out);
    measurement_put(v, out);
    buf_put_str(out, "\n");
    if (!v->has_pck)
        return;
    label_put(s, "platform", out);
    buf_put_str(out, "FMSPC ");
    buf_put_hex(out, span_of(v->pck.fmspc, sizeof(v->pck.fmspc)));
    buf_printf(out, ", PCESVN %u\n", v->pck.pcesvn);
}

static void advisories_put(const struct span *list, size_t count, const char *label,
                           const struct style *s, struct buf *out)
{
    if (count == 0)
        return;
    label_put(s, label, out);
    for (size_t i = 0; i < count; i++) {
        buf_put_str(out, i == 0 ? "" : i % 4 == 0 ? ",\n               " : ", ");
        buf_put_printable(out, list[i]);
    }
    buf_put_str(out, "\n");
}

static void status_put(const struct verdict *v, const struct style *s, struct buf *out)
{
    char date[CLOCK_RFC3339_SIZE];

    if (v->status == TCB_UNKNOWN)
        return;
    label_put(s, "TCB", out);
    buf_put_str(out, tcb_status_name(v->status));
    if (v->launch_status != v->current_status && tcb_status_name(v->current_status))
        buf_printf(out, " (at launch %s, now %s)", tcb_status_name(v->launch_status),
                   tcb_status_name(v->current_status));
    if (v->has_tcb_date)
        buf_printf(out, ", level of %.10s", clock_render(v->tcb_date, date));
    if (v->has_evaluation_number)
        buf_printf(out, ", evaluation data %u", v->evaluation_number);
    buf_put_str(out, "\n");
    advisories_put(v->advisories, v->advisory_count, "advisories", s, out);
    if (verdict_has_two_levels(v) && v->launch_status != v->current_status)
        advisories_put(v->current_advisories, v->current_advisory_count, "now", s, out);
}

/* Expiry is an answer of its own: which piece ends first. */
static void freshness_put(const struct verdict *v, const struct style *s, struct buf *out)
{
    const struct verdict_dates *first = NULL;
    char text[CLOCK_RFC3339_SIZE];
    int piece = 0;

    if (!v->set)
        return;
    label_put(s, "collateral", out);
    for (int i = 0; i < VERDICT_PIECE_COUNT; i++) {
        const struct verdict_dates *d = &v->dates[i];

        if (d->state == FRESHNESS_UNKNOWN || (first && first->expires <= d->expires))
            continue;
        first = d;
        piece = i;
    }
    buf_put_str(out, verdict_freshness_name(v->freshness));
    if (first)
        buf_printf(out, ", %s %s %s", verdict_piece_name((enum verdict_piece)piece),
                   first->expires < v->now ? "expired" : "expires first,",
                   clock_render(first->expires, text));
    buf_put_str(out, "\n");
}

static void checks_put(const struct verdict *v, const struct style *s, bool all, struct buf *out)
{
    size_t passed = 0, failed = 0, unknown = 0;

    for (int i = 0; i < CHECK_COUNT; i++) {
        const struct check *c = &v->checks.check[i];
        const char *name = check_name((enum check_id)i);

        passed += c->outcome == CHECK_PASSED;
        failed += c->outcome == CHECK_FAILED;
        unknown += c->outcome == CHECK_NOT_EVALUATED;
        if (c->outcome == CHECK_FAILED)
            buf_printf(out, "  %sfailed%s   %-28s %s %s(%s)%s\n", s->bad, s->off, name, c->detail,
                       s->dim, check_rule((enum check_id)i), s->off);
        else if (c->outcome == CHECK_NOT_EVALUATED && (all || v->set))
            buf_printf(out, "  %sunknown%s  %-28s %s\n", s->bad, s->off, name, c->detail);
        else if (c->outcome == CHECK_PASSED && all)
            buf_printf(out, "  %sok%s       %-28s %s%s%s\n", s->good, s->off, name, s->dim,
                       check_rule((enum check_id)i), s->off);
    }
    label_put(s, "checks", out);
    buf_printf(out, "%zu passed, %zu failed, %zu could not be evaluated%s\n", passed, failed,
               unknown, v->set ? "" : " without collateral");
}

static void shorts_put(const struct verdict *v, const struct style *s, struct buf *out)
{
    for (size_t i = 0; i < v->short_count; i++) {
        const struct verdict_short *x = &v->shorts[i];

        buf_printf(out, "  %sshort%s    %-28s have %u, best level needs %u", s->bad, s->off,
                   x->component, x->have, x->need);
        if (x->category.len) {
            buf_put_str(out, " (");
            buf_put_printable(out, x->category);
            buf_put_str(out, x->type.len ? ", " : "");
            buf_put_printable(out, x->type);
            buf_put_str(out, ")");
        }
        buf_put_str(out, "\n");
    }
}

void verdict_text_render(const struct verdict *v, bool colour, bool all, struct buf *out)
{
    const struct style *s = colour ? &coloured : &plain;

    headline_put(v, s, out);
    notes_put(v, s, out);
    expectations_put(v, s, out);
    status_put(v, s, out);
    quote_put(v, s, out);
    freshness_put(v, s, out);
    checks_put(v, s, all, out);
    shorts_put(v, s, out);
}
