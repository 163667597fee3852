/* SPDX-License-Identifier: Apache-2.0 */
#include "quote/td_bits.h"
#include "verify/judge.h"

/* The TUD group, "TD under debug": DEBUG has a check of its own, the others are profiling. */
#define TUD_BITS UINT64_C(0xfe)

/* "name1 name2" of @bits into a check's detail, after @problem. */
static void bits_fail(struct judging *j, enum check_id id, enum td_bits_kind kind, uint64_t bits,
                      const char *problem, const char *remedy)
{
    CLEANUP(buf_done) struct buf names = buf_init(CHECK_DETAIL_SIZE);

    td_bits_put(kind, bits, ",", &names);
    check_fail(&j->verdict->checks, id, "%s: %.*s (%s=%.*s)", problem, (int)names.len,
               (const char *)names.data, remedy, (int)names.len, (const char *)names.data);
}

/* A service TD can move a migratable TD to another platform; MRSERVICETD says which one can. */
static bool names_service_td(const struct verdict *v)
{
    return verdict_has_two_levels(v) &&
           !span_is_zero(span_of(v->quote.td.mrservicetd, sizeof(v->quote.td.mrservicetd)));
}

static void attributes_check(struct judging *j)
{
    struct verdict *v = j->verdict;
    uint64_t have = td_bits_of(v->quote.td.tdattributes);
    uint64_t refused = TUD_BITS | ~td_bits_known(TD_BITS_ATTRIBUTES);
    uint64_t missing = v->policy.require_td_attributes & ~have;

    if (!names_service_td(v))
        refused |= TD_BITS_MIGRATABLE;
    refused &= have & ~v->policy.allow_td_attributes;
    if (refused & TD_BITS_MIGRATABLE)
        check_fail(&v->checks, CHECK_TD_ATTRIBUTES,
                   "the TD is migratable and its report names no service TD "
                   "(allow-td-attributes=MIGRATABLE)");
    else if (refused)
        bits_fail(j, CHECK_TD_ATTRIBUTES, TD_BITS_ATTRIBUTES, refused,
                  "bits are set that are refused by default", "allow-td-attributes");
    else if (missing)
        bits_fail(j, CHECK_TD_ATTRIBUTES, TD_BITS_ATTRIBUTES, missing, "required bits are not set",
                  "require-td-attributes");
    else
        check_pass(&v->checks, CHECK_TD_ATTRIBUTES);
    if (!(have & TD_BITS_SEPT_VE_DISABLE))
        verdict_note_add(v,
                         "SEPT_VE_DISABLE is off: the host can make the TD's memory accesses raise "
                         "#VE; require-td-attributes=SEPT_VE_DISABLE refuses that");
    if (have & TD_BITS_MIGRATABLE)
        verdict_note_add(v, "the TD is migratable: its service TD can move it to another platform");
}

static void xfam_check(struct judging *j)
{
    struct verdict *v = j->verdict;
    uint64_t reserved = td_bits_of(v->quote.td.xfam) & ~td_bits_known(TD_BITS_XFAM);

    reserved &= ~v->policy.allow_xfam;
    if (reserved)
        bits_fail(j, CHECK_TD_XFAM, TD_BITS_XFAM, reserved, "reserved bits are set", "allow-xfam");
    else
        check_pass(&v->checks, CHECK_TD_XFAM);
}

void judge_td(struct judging *j)
{
    if (!quote_is_td(&j->verdict->quote)) {
        check_skip(&j->verdict->checks, CHECK_TD_ATTRIBUTES);
        check_skip(&j->verdict->checks, CHECK_TD_XFAM);
        return;
    }
    attributes_check(j);
    xfam_check(j);
}
