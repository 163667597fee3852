/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON report is an interface: programs read it, and its members are documented in
 * coffer-verify(1). Members are added and never change their meaning. A value that could not be
 * established is null and not left out, so that a reader can tell "unknown" from "an older
 * version". The report is complete also for a refused quote; its member "accepted" comes first, and
 * nothing else in it grants trust.
 *
 * Everything that identifies bytes (hashes, keys, IDs) is lower-case hex as on the wire, never
 * reversed; times are RFC 3339 in UTC.
 */
#include "base/clock.h"
#include "codec/json_writer.h"
#include "quote/quote_json.h"
#include "quote/td_bits.h"
#include "verify/expectation.h"
#include "verify/verdict.h"

static void time_member(struct json_writer *w, const char *key, bool is_known, int64_t at)
{
    char text[CLOCK_RFC3339_SIZE];

    json_writer_member_string(w, key, is_known ? clock_render(at, text) : NULL);
}

static void words_write(struct json_writer *w, const char *key, const struct span *words,
                        size_t count)
{
    json_writer_key(w, key);
    json_writer_array_begin(w);
    for (size_t i = 0; i < count; i++)
        json_writer_string_span(w, words[i]);
    json_writer_array_end(w);
}

static void statuses_write(struct json_writer *w, const char *key, unsigned set)
{
    json_writer_key(w, key);
    json_writer_array_begin(w);
    for (unsigned s = 1; s < TCB_STATUS_COUNT; s++)
        if (set & TCB_BIT(s))
            json_writer_string(w, tcb_status_name((enum tcb_status)s));
    json_writer_array_end(w);
}

static void status_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_member_string(w, "tcb_status", tcb_status_name(v->status));
    json_writer_member_string(w, "launch_tcb_status", tcb_status_name(v->launch_status));
    json_writer_member_string(w, "current_tcb_status", tcb_status_name(v->current_status));
    words_write(w, "advisory_ids", v->advisories, v->advisory_count);
    if (verdict_has_two_levels(v))
        words_write(w, "current_advisory_ids", v->current_advisories, v->current_advisory_count);
    else
        words_write(w, "current_advisory_ids", v->advisories, v->advisory_count);
    time_member(w, "tcb_date", v->has_tcb_date, v->tcb_date);
    json_writer_key(w, "tcb_evaluation_data_number");
    if (v->has_evaluation_number)
        json_writer_uint(w, v->evaluation_number);
    else
        json_writer_null(w);
    json_writer_key(w, "fmspc");
    if (v->has_pck)
        json_writer_hex(w, span_of(v->pck.fmspc, sizeof(v->pck.fmspc)));
    else
        json_writer_null(w);
}

static void certificate_write(const struct verdict_evidence *e, struct json_writer *w)
{
    json_writer_key(w, "certificate");
    if (!e->has_certificate) {
        json_writer_null(w);
        return;
    }
    json_writer_object_begin(w);
    json_writer_member_string(w, "subject", e->subject);
    json_writer_member_string(w, "key", e->key_name);
    time_member(w, "not_before", true, e->not_before);
    time_member(w, "not_after", true, e->not_after);
    json_writer_object_end(w);
}

static void evidence_write(const struct verdict *v, struct json_writer *w)
{
    static const char *const states[] = {
        [EVIDENCE_UNBOUND] = NULL,
        [EVIDENCE_BOUND] = "bound",
        [EVIDENCE_NOT_BOUND] = "not bound",
    };
    const struct verdict_evidence *e = &v->evidence;

    json_writer_key(w, "evidence");
    json_writer_object_begin(w);
    json_writer_member_string(w, "form", e->form[0] ? e->form : NULL);
    json_writer_member_string(w, "binding", states[e->binding.state]);
    json_writer_member_string(w, "binding_detail", e->binding.text[0] ? e->binding.text : NULL);
    certificate_write(e, w);
    json_writer_object_end(w);
}

static void notes_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_key(w, "notes");
    json_writer_array_begin(w);
    for (size_t i = 0; i < v->note_count; i++)
        json_writer_string(w, v->notes[i]);
    json_writer_array_end(w);
}

static void checks_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_key(w, "checks");
    json_writer_array_begin(w);
    for (int i = 0; i < CHECK_COUNT; i++) {
        const struct check *c = &v->checks.check[i];

        if (c->outcome == CHECK_NOT_APPLICABLE)
            continue;
        json_writer_object_begin(w);
        json_writer_member_string(w, "name", check_name((enum check_id)i));
        json_writer_member_bool(w, "ok", c->outcome == CHECK_PASSED);
        json_writer_member_bool(w, "evaluated", c->outcome != CHECK_NOT_EVALUATED);
        json_writer_member_string(w, "detail", c->outcome == CHECK_PASSED ? "" : c->detail);
        json_writer_member_string(w, "rule", check_rule((enum check_id)i));
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
}

static void shorts_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_key(w, "short_svns");
    json_writer_array_begin(w);
    for (size_t i = 0; i < v->short_count; i++) {
        const struct verdict_short *s = &v->shorts[i];

        json_writer_object_begin(w);
        json_writer_member_string(w, "component", s->component);
        json_writer_member_uint(w, "have", s->have);
        json_writer_member_uint(w, "need", s->need);
        if (s->category.len) {
            json_writer_key(w, "category");
            json_writer_string_span(w, s->category);
        }
        if (s->type.len) {
            json_writer_key(w, "type");
            json_writer_string_span(w, s->type);
        }
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
}

static void dates_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_key(w, "collateral");
    json_writer_object_begin(w);
    for (int i = 0; i < VERDICT_PIECE_COUNT; i++) {
        const struct verdict_dates *d = &v->dates[i];
        bool is_known = d->state != FRESHNESS_UNKNOWN;

        json_writer_key(w, verdict_piece_name((enum verdict_piece)i));
        json_writer_object_begin(w);
        time_member(w, "issued", is_known, d->issued);
        time_member(w, "expires", is_known, d->expires);
        json_writer_member_string(w, "state", verdict_freshness_name(d->state));
        json_writer_object_end(w);
    }
    json_writer_object_end(w);
}

static void bits_write(struct json_writer *w, const char *key, enum td_bits_kind kind,
                       uint64_t bits)
{
    char name[TD_BITS_NAME_SIZE];

    json_writer_key(w, key);
    json_writer_array_begin(w);
    for (unsigned i = 0; i < 64; i++)
        if (bits >> i & 1)
            json_writer_string(w, td_bits_name(kind, i, name));
    json_writer_array_end(w);
}

static void policy_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_key(w, "policy");
    json_writer_object_begin(w);
    statuses_write(w, "accept", v->policy.accept);
    statuses_write(w, "accept_current",
                   v->policy.accept_current ? v->policy.accept_current : v->policy.accept);
    json_writer_member_bool(w, "allow_debug", v->policy.allow_debug);
    json_writer_member_int(w, "skew_seconds", v->policy.skew_s);
    json_writer_member_int(w, "grace_seconds", v->policy.grace_s);
    bits_write(w, "allow_td_attributes", TD_BITS_ATTRIBUTES, v->policy.allow_td_attributes);
    bits_write(w, "require_td_attributes", TD_BITS_ATTRIBUTES, v->policy.require_td_attributes);
    bits_write(w, "allow_xfam", TD_BITS_XFAM, v->policy.allow_xfam);
    json_writer_object_end(w);
}

/* @has_outcome: with "ok", which is the check's; several names can share a check */
static void expectation_write(const struct verdict *v, size_t row, bool has_outcome,
                              struct json_writer *w)
{
    const struct expectation *x;
    size_t at = 0;

    json_writer_object_begin(w);
    json_writer_member_string(w, "name", expectation_row_at(row)->name);
    if (has_outcome)
        json_writer_member_bool(w, "ok", check_passed(&v->checks, expectation_row_at(row)->check));
    json_writer_key(w, "values");
    json_writer_array_begin(w);
    while ((x = expectation_next(v->policy.expect, row, &at))) {
        CLEANUP(buf_done) struct buf text = buf_init(EXPECTATION_TEXT_SIZE_MAX);

        expectation_value_put(x, &text);
        if (buf_status(&text) < 0)
            w->out->status = buf_status(&text);
        json_writer_string_span(w, buf_span(&text));
    }
    json_writer_array_end(w);
    json_writer_object_end(w);
}

static void expectations_write(const struct verdict *v, bool has_outcome, struct json_writer *w)
{
    const struct expectation_row *row;

    json_writer_key(w, "expectations");
    json_writer_array_begin(w);
    for (size_t i = 0; (row = expectation_row_at(i)); i++)
        if (row->kind != EXPECTATION_POLICY && expectation_next(v->policy.expect, i, &(size_t){0}))
            expectation_write(v, i, has_outcome, w);
    json_writer_array_end(w);
}

static const char *sgx_type_name(uint8_t type)
{
    static const char *const names[] = {"standard", "scalable", "scalable with integrity"};

    return type < ARRAY_COUNT(names) ? names[type] : NULL;
}

static void pck_write(const struct verdict *v, struct json_writer *w)
{
    const struct pck_extension *p = &v->pck;

    json_writer_key(w, "platform");
    if (!v->has_pck) {
        json_writer_null(w);
        return;
    }
    json_writer_object_begin(w);
    json_writer_member_hex(w, "ppid", span_of(p->ppid, sizeof(p->ppid)));
    json_writer_member_hex(w, "cpusvn", span_of(p->cpusvn, sizeof(p->cpusvn)));
    json_writer_member_hex(w, "tcb_components", span_of(p->comp_svn, sizeof(p->comp_svn)));
    json_writer_member_uint(w, "pcesvn", p->pcesvn);
    json_writer_member_hex(w, "pceid", span_of(p->pceid, sizeof(p->pceid)));
    json_writer_member_hex(w, "fmspc", span_of(p->fmspc, sizeof(p->fmspc)));
    json_writer_member_string(w, "sgx_type", sgx_type_name(p->sgx_type));
    if (p->has_platform_instance_id)
        json_writer_member_hex(w, "platform_instance_id",
                               span_of(p->platform_instance_id, sizeof(p->platform_instance_id)));
    if (p->has_configuration) {
        json_writer_member_bool(w, "dynamic_platform", p->is_dynamic_platform);
        json_writer_member_bool(w, "cached_keys", p->has_cached_keys);
        json_writer_member_bool(w, "smt_enabled", p->is_smt_enabled);
    }
    json_writer_object_end(w);
}

static void members_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_member_bool(w, "accepted", verdict_is_accepted(v));
    notes_write(v, w);
    json_writer_member_bool(w, "identity_expected", v->has_identity);
    expectations_write(v, true, w);
    status_write(v, w);
    time_member(w, "verified_at", true, v->now);
    json_writer_member_string(w, "collateral_state", verdict_freshness_name(v->freshness));
    checks_write(v, w);
    shorts_write(v, w);
    dates_write(v, w);
    evidence_write(v, w);
    policy_write(v, w);
    pck_write(v, w);
    json_writer_key(w, "quote");
    if (v->has_quote)
        quote_json_write(&v->quote, w);
    else
        json_writer_null(w);
}

void verdict_json_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_object_begin(w);
    members_write(v, w);
    json_writer_object_end(w);
}

void verdict_json_render_policy(const struct verdict *v, struct buf *out)
{
    struct json_writer w = json_writer_of(out, false);

    json_writer_object_begin(&w);
    policy_write(v, &w);
    expectations_write(v, false, &w);
    json_writer_object_end(&w);
}

void verdict_json_render(const struct verdict *v, bool pretty, struct buf *out)
{
    struct json_writer w = json_writer_of(out, pretty);

    verdict_json_write(v, &w);
}

void verdict_json_render_file(const struct verdict *v, const char *path, struct buf *out)
{
    struct json_writer w = json_writer_of(out, false);

    json_writer_object_begin(&w);
    json_writer_member_string(&w, "file", path);
    members_write(v, &w);
    json_writer_object_end(&w);
}
