/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each name of the table that the relying party gave becomes a check; the others do not apply and
 * are left out of reports. The values of one name are alternatives, so a check passes when one of
 * them holds, and its failure shows what was found.
 *
 * A field that this kind of report does not have never satisfies an expectation: a quote of a TD
 * fails "mrenclave" instead of skipping it.
 */
#include "verify/expectation.h"

#include "base/clock.h"
#include "quote/quote_field.h"
#include "verify/judge.h"

/* One row that is expected, in the middle of its evaluation. */
struct asking {
    struct judging *judging;
    const struct expectation_list *list;
    const struct expectation_row *row;
    size_t index; /* of @row */
};

static const struct expectation *first_of(const struct asking *a)
{
    return expectation_next(a->list, a->index, &(size_t){0});
}

static size_t count_of(const struct asking *a)
{
    size_t at = 0, count = 0;

    while (expectation_next(a->list, a->index, &at))
        count++;
    return count;
}

static bool bytes_hold(const struct asking *a, const struct expectation *x, struct span field)
{
    struct span value = span_of(x->bytes, x->size);

    switch (a->row->kind) {
    case EXPECTATION_BYTES:
        return span_equal(field, value);
    case EXPECTATION_PREFIX:
        return span_starts_with(field, value);
    case EXPECTATION_PADDED:
    case EXPECTATION_HASH:
        return span_starts_with(field, value) && span_is_zero(span_from(field, value.len));
    case EXPECTATION_MASKED:
        for (size_t i = 0; i < field.len; i++)
            if ((field.data[i] ^ x->bytes[i]) & x->mask[i])
                return false;
        return field.len == x->size;
    case EXPECTATION_NONE:
    case EXPECTATION_NUMBER:
    case EXPECTATION_MINIMUM:
    case EXPECTATION_DATE:
    case EXPECTATION_REFUSED:
    case EXPECTATION_TOLERATED:
    case EXPECTATION_FLAG:
    case EXPECTATION_POLICY:
        break;
    }
    return false;
}

static void bytes_fail(const struct asking *a, struct span field)
{
    struct check_list *checks = &a->judging->verdict->checks;
    CLEANUP(buf_done) struct buf found = buf_init(CHECK_DETAIL_SIZE);
    const struct expectation *first = first_of(a);

    if (count_of(a) == 1) {
        check_mismatch(checks, a->row->check, a->row->name, span_of(first->bytes, first->size),
                       field);
        return;
    }
    buf_put_hex(&found, field);
    check_fail(checks, a->row->check, "%s matches none of the %zu expected values: found %.*s",
               a->row->name, count_of(a), (int)found.len, (const char *)found.data);
}

static void bytes_judge(const struct asking *a, struct span field)
{
    const struct expectation *x;
    size_t at = 0;

    while ((x = expectation_next(a->list, a->index, &at)))
        if (bytes_hold(a, x, field)) {
            check_pass(&a->judging->verdict->checks, a->row->check);
            return;
        }
    bytes_fail(a, field);
}

static void number_judge(const struct asking *a, int64_t found)
{
    struct check_list *checks = &a->judging->verdict->checks;
    bool is_minimum = a->row->kind == EXPECTATION_MINIMUM;
    const struct expectation *x;
    size_t at = 0;

    while ((x = expectation_next(a->list, a->index, &at)))
        if (is_minimum ? found >= x->number : found == x->number) {
            check_pass(checks, a->row->check);
            return;
        }
    if (count_of(a) == 1)
        check_fail(checks, a->row->check, "%s does not hold: expected %lld, found %lld",
                   a->row->name, (long long)first_of(a)->number, (long long)found);
    else
        check_fail(checks, a->row->check, "%s is none of the %zu expected values: found %lld",
                   a->row->name, count_of(a), (long long)found);
}

static void field_judge(const struct asking *a)
{
    struct verdict *v = a->judging->verdict;
    const struct quote_field *field = quote_field_find(&v->quote, span_str(a->row->field));

    if (!field)
        check_fail(&v->checks, a->row->check, "the quote is of %s, whose report has no %s",
                   quote_is_td(&v->quote) ? "a TD" : "an SGX enclave", a->row->field);
    else if (a->row->kind == EXPECTATION_NUMBER || a->row->kind == EXPECTATION_MINIMUM)
        number_judge(a, (int64_t)quote_field_number(&v->quote, field));
    else
        bytes_judge(a, quote_field_bytes(&v->quote, field));
}

/* The older of the levels at launch and now. */
static void date_judge(const struct asking *a)
{
    struct verdict *v = a->judging->verdict;
    char want[CLOCK_RFC3339_SIZE], have[CLOCK_RFC3339_SIZE];
    int64_t date = v->tcb_date;

    if (!v->has_tcb_date) {
        check_miss(&v->checks, a->row->check, "the TCB level could not be evaluated");
        return;
    }
    if (v->has_current_tcb_date)
        date = MIN(date, v->current_tcb_date);
    if (date >= first_of(a)->number)
        check_pass(&v->checks, a->row->check);
    else
        check_fail(&v->checks, a->row->check, "the TCB level is too old: expected %s, found %s",
                   clock_render(first_of(a)->number, want), clock_render(date, have));
}

static bool is_named(const struct asking *a, struct span advisory)
{
    const struct expectation *x;
    size_t at = 0;

    while ((x = expectation_next(a->list, a->index, &at)))
        if (span_equal(advisory, span_of(x->bytes, x->size)))
            return true;
    return false;
}

static void advisories_judge(const struct asking *a, const struct span *list, size_t count)
{
    struct check_list *checks = &a->judging->verdict->checks;
    bool is_refused = a->row->kind == EXPECTATION_REFUSED;

    for (size_t i = 0; i < count; i++)
        if (is_named(a, list[i]) == is_refused)
            check_fail(checks, a->row->check, "advisory %.*s %s", (int)list[i].len,
                       (const char *)list[i].data,
                       is_refused ? "is refused by name" : "is not among the tolerated ones");
}

/* The advisories of the levels at launch and now. */
static void all_advisories_judge(const struct asking *a)
{
    struct verdict *v = a->judging->verdict;

    if (v->status == TCB_UNKNOWN) {
        check_miss(&v->checks, a->row->check, "the TCB level could not be evaluated");
        return;
    }
    advisories_judge(a, v->advisories, v->advisory_count);
    advisories_judge(a, v->current_advisories, v->current_advisory_count);
    check_pass(&v->checks, a->row->check);
}

static void evaluation_judge(const struct asking *a)
{
    struct verdict *v = a->judging->verdict;

    if (v->has_evaluation_number)
        number_judge(a, v->evaluation_number);
    else
        check_miss(&v->checks, a->row->check, "TCB info or QE identity is missing");
}

static bool flag_of(const struct pck_extension *pck, enum check_id id)
{
    if (id == CHECK_EXPECT_DYNAMIC_PLATFORM)
        return pck->is_dynamic_platform;
    return id == CHECK_EXPECT_CACHED_KEYS ? pck->has_cached_keys : pck->is_smt_enabled;
}

static void flag_judge(const struct asking *a)
{
    struct verdict *v = a->judging->verdict;
    bool want = first_of(a)->number != 0;

    if (!v->has_pck)
        check_miss(&v->checks, a->row->check, "no PCK certificate");
    else if (!v->pck.has_configuration)
        check_fail(&v->checks, a->row->check, "the PCK certificate does not say it");
    else if (flag_of(&v->pck, a->row->check) == want)
        check_pass(&v->checks, a->row->check);
    else
        check_fail(&v->checks, a->row->check, "%s does not match: expected %s, found %s",
                   a->row->name, want ? "yes" : "no", want ? "no" : "yes");
}

static void row_judge(const struct asking *a)
{
    switch (a->row->kind) {
    case EXPECTATION_DATE:
        date_judge(a);
        return;
    case EXPECTATION_REFUSED:
    case EXPECTATION_TOLERATED:
        all_advisories_judge(a);
        return;
    case EXPECTATION_FLAG:
        flag_judge(a);
        return;
    case EXPECTATION_MINIMUM:
        if (!a->row->field) {
            evaluation_judge(a);
            return;
        }
        break;
    case EXPECTATION_NONE:
    case EXPECTATION_BYTES:
    case EXPECTATION_MASKED:
    case EXPECTATION_PREFIX:
    case EXPECTATION_PADDED:
    case EXPECTATION_HASH:
    case EXPECTATION_NUMBER:
    case EXPECTATION_POLICY:
        break;
    }
    field_judge(a);
}

void judge_expectation_begin(struct judging *j)
{
    const struct expectation_row *row;
    uint64_t asked = 0;
    bool has_identity = false;

    static_assert(CHECK_COUNT - CHECK_EXPECT_MRENCLAVE <= 64, "a bit for each check");
    for (size_t i = 0; j->verdict->policy.expect && (row = expectation_row_at(i)); i++) {
        if (row->kind == EXPECTATION_POLICY ||
            !expectation_next(j->verdict->policy.expect, i, &(size_t){0}))
            continue;
        asked |= UINT64_C(1) << (row->check - CHECK_EXPECT_MRENCLAVE);
        has_identity |= row->is_identity;
    }
    for (int id = CHECK_EXPECT_MRENCLAVE; id < CHECK_COUNT; id++)
        if (!(asked >> (id - CHECK_EXPECT_MRENCLAVE) & 1))
            check_skip(&j->verdict->checks, (enum check_id)id);
    j->verdict->has_identity = has_identity;
    if (!has_identity)
        verdict_note_add(j->verdict, "accepts any enclave: nothing about its identity was asked");
}

void judge_expectation(struct judging *j)
{
    struct asking a = {.judging = j, .list = j->verdict->policy.expect};

    for (; a.list && (a.row = expectation_row_at(a.index)); a.index++)
        if (a.row->kind != EXPECTATION_POLICY && first_of(&a))
            row_judge(&a);
}
