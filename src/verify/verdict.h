/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/verdict.h: the answer about one quote, complete also when the quote is refused. All zero
 * is a refusal; verdict_is_accepted() is the one predicate that grants trust.
 */
#ifndef COFFER_VERIFY_VERDICT_H
#define COFFER_VERIFY_VERDICT_H

#include "base/buf.h"
#include "collateral/tcb_status.h"
#include "crypto/pck_extension.h"
#include "evidence/evidence.h"
#include "quote/open_enclave.h"
#include "quote/quote.h"
#include "verify/check.h"
#include "verify/policy.h"

/** The pieces of evidence and collateral that a verdict reports dates of */
enum verdict_piece {
    VERDICT_TCB_INFO,
    VERDICT_TCB_INFO_CHAIN,
    VERDICT_QE_IDENTITY,
    VERDICT_QE_IDENTITY_CHAIN,
    VERDICT_PCK_CRL,
    VERDICT_ROOT_CA_CRL,
    VERDICT_PCK_CHAIN,
    VERDICT_PIECE_COUNT,
};

enum verdict_freshness {
    FRESHNESS_UNKNOWN = 0, /* missing or unreadable */
    FRESHNESS_FRESH,
    FRESHNESS_GRACE, /* expired, within the policy's grace */
    FRESHNESS_EXPIRED,
    FRESHNESS_FUTURE, /* issued after now, beyond the policy's skew */
};

/** struct verdict_dates - a chain's are its latest notBefore and earliest notAfter */
struct verdict_dates {
    int64_t issued; /* unix seconds; meaningless when UNKNOWN */
    int64_t expires;
    enum verdict_freshness state;
};

enum {
    VERDICT_SHORT_MAX = 40, /* 16 SGX, PCE, 16 TDX, QE, module, twice for the running module */
    VERDICT_NOTE_MAX = 8,
    VERDICT_COMPONENT_SIZE = 32, /* bytes of a component's name, NUL included */
    VERDICT_SUBJECT_SIZE = 65,   /* bytes of a certificate's common name, NUL included */
};

/** struct verdict_short - a component below the best level */
struct verdict_short {
    char component[VERDICT_COMPONENT_SIZE]; /* "sgxtcbcomp01", "pcesvn", "tdxtcbcomp03",
                                               "qe_isvsvn", "tdx_module_isvsvn" */
    uint16_t have;
    uint16_t need;
    struct span category; /* from the TCB info, e.g. "BIOS"; may be empty */
    struct span type;
};

struct collateral_set;
struct json_writer;

/** struct verdict_evidence - the form that the quote came in; see evidence/evidence.h */
struct verdict_evidence {
    char form[EVIDENCE_FORM_SIZE]; /* "raw", "base64 in JSON, member quote", ...; "": not known */
    struct evidence_binding binding;
    bool has_certificate; /* the quote was in a certificate: */
    char subject[VERDICT_SUBJECT_SIZE];
    const char *key_name;
    int64_t not_before; /* unix seconds */
    int64_t not_after;
};

/** struct verdict - owns a copy of the quote and a reference to its collateral; verdict_free() */
struct verdict {
    bool accepted; /* written once, last; read it through verdict_is_accepted() */
    struct check_list checks;

    enum tcb_status status;        /* TCB_UNKNOWN when it could not be evaluated */
    enum tcb_status launch_status; /* the same as @status unless the body is TD 1.5 or later */
    enum tcb_status current_status;
    bool has_tcb_date;
    int64_t tcb_date;          /* unix seconds: the earliest of platform, QE and module */
    bool has_current_tcb_date; /* of a TD report that has two levels */
    int64_t current_tcb_date;
    bool has_evaluation_number;
    uint32_t evaluation_number;    /* the smaller of TCB info and identity */
    const struct span *advisories; /* sorted, unique; owned */
    size_t advisory_count;
    const struct span *current_advisories; /* those of the TD's level now; as above */
    size_t current_advisory_count;
    struct verdict_short shorts[VERDICT_SHORT_MAX];
    size_t short_count;

    const char *notes[VERDICT_NOTE_MAX]; /* constant sentences that grant and refuse nothing */
    size_t note_count;

    struct verdict_dates dates[VERDICT_PIECE_COUNT];
    enum verdict_freshness freshness; /* the worst of them */

    struct verdict_evidence evidence;
    bool has_identity; /* the policy says which code, or whose, is expected */
    bool has_quote;
    enum quote_wrapping wrapping; /* the form that held the quote */
    struct quote quote;           /* spans point into @wire */
    bool has_pck;
    struct pck_extension pck;

    int64_t now;                 /* the arguments of verify_quote() */
    struct verify_policy policy; /* its expectations are referenced */
    struct collateral_set *set;  /* referenced, may be NULL */
    uint8_t *wire;               /* private copy of the quote, owned */
};

/** verdict_is_accepted() - the only grant of trust; NULL is refused */
bool verdict_is_accepted(const struct verdict *v);

/** verdict_has_two_levels() - does the TD report say the TCB both at launch and now? */
bool verdict_has_two_levels(const struct verdict *v);

void verdict_free(struct verdict *v);
void verdict_freep(struct verdict **v);

/** verdict_note_add() - @note is a constant sentence */
void verdict_note_add(struct verdict *v, const char *note);

const char *verdict_piece_name(enum verdict_piece piece);
const char *verdict_freshness_name(enum verdict_freshness state);

/** verdict_json_render() - the object of `coffer verify --json`; latches in @out */
void verdict_json_render(const struct verdict *v, bool pretty, struct buf *out);

/** verdict_json_write() - the same as a value of a larger document */
void verdict_json_write(const struct verdict *v, struct json_writer *w);

/** verdict_json_render_policy() - what was asked, without any answer; equal for equal questions */
void verdict_json_render_policy(const struct verdict *v, struct buf *out);

/** verdict_json_render_file() - the same on one line, with @path as its first member, "file" */
void verdict_json_render_file(const struct verdict *v, const char *path, struct buf *out);

#endif
