/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer.h: libcoffer, verification of Intel SGX and TDX quotes for embedding.
 *
 *     quote + collateral + time + policy -> verdict
 *
 * The library does no I/O, keeps no global state and asks nobody for the time: the same arguments
 * give the same verdict. A refusal is a verdict, not an error, and it says everything at once. Only
 * coffer_verdict_is_accepted() grants trust; NULL and zero are never trusted.
 *
 * Threads: one verifier and one collateral may be used by any number of threads at once; a verdict
 * by one. Functions that can fail return 0 or a negative errno and, if wanted, fill a
 * struct coffer_error. Objects are freed by the function named after them, which takes NULL. A NULL
 * verdict reads as one of which nothing is established.
 */
#ifndef COFFER_H
#define COFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct coffer_bytes - borrowed bytes; {NULL, 0} for a missing value */
struct coffer_bytes {
    const void *data;
    size_t size;
};

/** struct coffer_error - the reason why a call failed; zero-initialise it */
struct coffer_error {
    int code; /* negative errno */
    char text[512];
};

/** enum coffer_tcb_status - TCB status; the words are those of Intel's collateral */
enum coffer_tcb_status {
    COFFER_STATUS_UNKNOWN = 0, /* could not be evaluated */
    COFFER_UP_TO_DATE = 1,
    COFFER_SW_HARDENING_NEEDED = 2,
    COFFER_CONFIGURATION_NEEDED = 3,
    COFFER_CONFIGURATION_AND_SW_HARDENING_NEEDED = 4,
    COFFER_OUT_OF_DATE = 5,
    COFFER_OUT_OF_DATE_CONFIGURATION_NEEDED = 6,
    COFFER_REVOKED = 7,
    COFFER_TD_RELAUNCH_ADVISED = 8,
    COFFER_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED = 9,
    COFFER_NOT_SUPPORTED = 10, /* no TCB level matches */
};

/** enum coffer_freshness - whether the collateral is in date, apart from the TCB status */
enum coffer_freshness {
    COFFER_FRESHNESS_UNKNOWN = 0, /* a piece is missing or unreadable */
    COFFER_FRESH = 1,
    COFFER_IN_GRACE = 2, /* expired, within the policy's grace */
    COFFER_EXPIRED = 3,
    COFFER_FROM_FUTURE = 4, /* issued after now, beyond the policy's skew */
};

/** struct coffer_policy - the relying party's decisions; start from coffer_policy_init() */
struct coffer_policy {
    size_t size;           /* sizeof(struct coffer_policy), for later versions */
    unsigned accept;       /* COFFER_ACCEPT() bits; Revoked is refused all the same */
    bool allow_debug;      /* accept debug enclaves and debug TDs */
    int64_t skew_seconds;  /* how far ahead of now validity may begin */
    int64_t grace_seconds; /* how long a document or CRL may be past its nextUpdate */
    uint32_t min_evaluation_number;
};

#define COFFER_ACCEPT(status) (1U << (unsigned)(status))

/** coffer_policy_init() - UpToDate and SWHardeningNeeded, no debug, 300 s skew, no grace */
void coffer_policy_init(struct coffer_policy *policy);

struct coffer_verifier;
struct coffer_collateral;
struct coffer_verdict;

/** coffer_version() - "0.1.0" */
const char *coffer_version(void);

/** coffer_status_name() - "UpToDate", ...; NULL for COFFER_STATUS_UNKNOWN */
const char *coffer_status_name(enum coffer_tcb_status status);

/**
 * coffer_verifier_new() - trust and caches
 * @trust_root: root certificate (PEM or DER) or public key (PEM, or 65 bytes 04 || x || y); empty:
 *              Intel's. Paths are anchored on the public key.
 * @platform_max: platforms to remember, about 4.8 KiB each once they come again; 0: 16384
 */
int coffer_verifier_new(struct coffer_bytes trust_root, size_t platform_max,
                        struct coffer_verifier **ret, struct coffer_error *err);
void coffer_verifier_free(struct coffer_verifier *verifier);

/** struct coffer_pieces - collateral as services hand it out; everything is borrowed for the call
 */
struct coffer_pieces {
    size_t size;                            /* sizeof(struct coffer_pieces) */
    struct coffer_bytes tcb_info;           /* PCS body, or the inner object and: */
    struct coffer_bytes tcb_info_signature; /* 128 hex digits */
    struct coffer_bytes qe_identity;
    struct coffer_bytes qe_identity_signature;
    struct coffer_bytes pck_crl;               /* DER, PEM or hex */
    struct coffer_bytes root_ca_crl;           /* DER, PEM or hex */
    struct coffer_bytes tcb_info_issuer_chain; /* PEM */
    struct coffer_bytes qe_identity_issuer_chain;
    struct coffer_bytes pck_crl_issuer_chain;
    struct coffer_bytes pck_certificate_chain; /* only for quotes that carry no certificate */
};

/**
 * coffer_collateral_new() - parse collateral and check all that does not depend on the time
 * Pieces that are missing or wrong do not fail here: every verdict names them.
 */
int coffer_collateral_new(struct coffer_verifier *verifier, const struct coffer_pieces *pieces,
                          struct coffer_collateral **ret, struct coffer_error *err);

/** coffer_collateral_from_json() - the one-file form, e.g. of dcap-qvl (QuoteCollateralV3) */
int coffer_collateral_from_json(struct coffer_verifier *verifier, struct coffer_bytes json,
                                struct coffer_collateral **ret, struct coffer_error *err);

/**
 * coffer_collateral_from_qve() - from Intel's sgx_ql_qve_collateral_t, as DCAP's libraries fill it
 * @qve_collateral: the structure, of version 1 or 3; borrowed for the call, as are its pieces
 */
int coffer_collateral_from_qve(struct coffer_verifier *verifier, const void *qve_collateral,
                               struct coffer_collateral **ret, struct coffer_error *err);
void coffer_collateral_free(struct coffer_collateral *collateral);

/** coffer_collateral_expires() - unix seconds of the first expiry; INT64_MIN if a piece is
 * unreadable */
int64_t coffer_collateral_expires(const struct coffer_collateral *collateral);

/**
 * struct coffer_expectations - which enclave or TD is wanted, beyond struct coffer_policy
 *
 * Everything is set by name: those of the options of coffer-verify(1), e.g. "mrsigner", "mrtd",
 * "min-isvsvn", "nonce", "require-td-attributes". One object may be used by any number of threads;
 * it cannot change any more once a verdict was made with it.
 */
struct coffer_expectations;

int coffer_expectations_new(struct coffer_expectations **ret, struct coffer_error *error);
void coffer_expectations_free(struct coffer_expectations *expectations);

/**
 * coffer_expectations_set() - add one name's value, or several separated by commas
 * Return: 0; -ENOENT for an unknown name; -EINVAL for its value; -EEXIST when a name that takes one
 * value comes again; -EBUSY when a verdict refers to @expectations; -E2BIG; -ENOMEM.
 */
int coffer_expectations_set(struct coffer_expectations *expectations, const char *name,
                            const char *value, struct coffer_error *error);

/** coffer_expectations_read() - add the lines "name = value" of an --expect file. As above. */
int coffer_expectations_read(struct coffer_expectations *expectations, struct coffer_bytes text,
                             struct coffer_error *error);

/**
 * coffer_verify() - judge a quote, whatever enclave it is of: the caller must compare its identity
 * @collateral: made by this verifier, or by one with the same trust root; it may be freed before
 * the verdict
 * @quote:      untrusted bytes, borrowed for the call
 * @now:        unix seconds
 * Return: 0 and a verdict whatever the quote is; -EINVAL for a policy without its size, and for
 * collateral of a verifier with another trust root; -ENOMEM.
 */
int coffer_verify(struct coffer_verifier *verifier, struct coffer_collateral *collateral,
                  struct coffer_bytes quote, int64_t now, const struct coffer_policy *policy,
                  struct coffer_verdict **ret, struct coffer_error *err);

/** coffer_verify_expecting() - the same with expectations, which may be NULL; each is a check */
int coffer_verify_expecting(struct coffer_verifier *verifier, struct coffer_collateral *collateral,
                            struct coffer_bytes quote, int64_t now,
                            const struct coffer_policy *policy,
                            const struct coffer_expectations *expectations,
                            struct coffer_verdict **ret, struct coffer_error *error);

/** enum coffer_binding - do report data bind what the form of the evidence says they bind? */
enum coffer_binding {
    COFFER_UNBOUND = 0, /* the form binds nothing */
    COFFER_BOUND = 1,
    COFFER_NOT_BOUND = 2,
};

struct coffer_evidence;

/**
 * coffer_evidence_find() - the one quote in @input, in any form that docs/evidence.md lists: raw,
 * hex, base64, JSON, YAML, CBOR, Open Enclave, an RA-TLS certificate, beside an Azure vTPM report
 * @input: untrusted bytes, copied
 * Return: 0; -EBADMSG when there is no quote, with what @input looks like; -ENOTUNIQ when it holds
 * two different quotes; -EMSGSIZE; -ENOMEM.
 */
int coffer_evidence_find(struct coffer_bytes input, struct coffer_evidence **ret,
                         struct coffer_error *error);
void coffer_evidence_free(struct coffer_evidence *evidence);

/* All that follows is borrowed from the evidence. */

/** coffer_evidence_form() - "base64 in JSON, member evidence.quote"; "raw" */
const char *coffer_evidence_form(const struct coffer_evidence *evidence);

/** coffer_evidence_quote() - the quote, as coffer_verify() takes it */
struct coffer_bytes coffer_evidence_quote(const struct coffer_evidence *evidence);

enum coffer_binding coffer_evidence_binding(const struct coffer_evidence *evidence);

/** coffer_evidence_binding_detail() - what is bound and how, or what is missing; "" */
const char *coffer_evidence_binding_detail(const struct coffer_evidence *evidence);

/** coffer_evidence_certificate() - the certificate that carried the quote, DER; empty if none did
 */
struct coffer_bytes coffer_evidence_certificate(const struct coffer_evidence *evidence);

/**
 * coffer_verify_evidence() - coffer_verify_expecting() of the quote in @evidence
 * The binding is one more check: a quote that is COFFER_NOT_BOUND is refused.
 */
int coffer_verify_evidence(struct coffer_verifier *verifier, struct coffer_collateral *collateral,
                           const struct coffer_evidence *evidence, int64_t now,
                           const struct coffer_policy *policy,
                           const struct coffer_expectations *expectations,
                           struct coffer_verdict **ret, struct coffer_error *error);
void coffer_verdict_free(struct coffer_verdict *verdict);

/** coffer_verdict_is_accepted() - the one predicate that grants trust */
bool coffer_verdict_is_accepted(const struct coffer_verdict *verdict);

enum coffer_tcb_status coffer_verdict_status(const struct coffer_verdict *verdict);
enum coffer_tcb_status coffer_verdict_launch_status(const struct coffer_verdict *verdict);
enum coffer_tcb_status coffer_verdict_current_status(const struct coffer_verdict *verdict);
enum coffer_freshness coffer_verdict_freshness(const struct coffer_verdict *verdict);

/** coffer_verdict_tcb_date() - earliest date of the levels that matched. Return: false if unknown.
 */
bool coffer_verdict_tcb_date(const struct coffer_verdict *verdict, int64_t *ret_seconds);
bool coffer_verdict_evaluation_number(const struct coffer_verdict *verdict, uint32_t *ret);

/* All bytes below are borrowed from the verdict; empty when there are none. */

/** coffer_verdict_advisory() - the @index-th of the sorted advisory ids; empty past the end */
struct coffer_bytes coffer_verdict_advisory(const struct coffer_verdict *verdict, size_t index);

/** coffer_verdict_current_advisory() - the same for the level that a TD has now */
struct coffer_bytes coffer_verdict_current_advisory(const struct coffer_verdict *verdict,
                                                    size_t index);

/** coffer_verdict_note() - the @index-th sentence that grants and refuses nothing, e.g. that
 * nothing about the enclave's identity was asked; NULL past the end */
const char *coffer_verdict_note(const struct coffer_verdict *verdict, size_t index);

/** coffer_verdict_is_td() - true for a quote of a TD, false for one of an SGX enclave and for none
 */
bool coffer_verdict_is_td(const struct coffer_verdict *verdict);

/**
 * coffer_verdict_field() - any field of the report by its name in `coffer inspect`: "mrenclave",
 * "configid", "rtmr0", "mrservicetd", ...; as on the wire. Empty when the report has no such field.
 */
struct coffer_bytes coffer_verdict_field(const struct coffer_verdict *verdict, const char *name);

/** coffer_verdict_number() - "isvprodid", "isvsvn", "configsvn", "miscselect". Return: false when
 * the report has no such number. */
bool coffer_verdict_number(const struct coffer_verdict *verdict, const char *name, uint64_t *ret);

/** coffer_verdict_field_name() - the @index-th field of the report; NULL past the end */
const char *coffer_verdict_field_name(const struct coffer_verdict *verdict, size_t index);

/** coffer_verdict_report_data() - 64 bytes that the enclave or TD chose */
struct coffer_bytes coffer_verdict_report_data(const struct coffer_verdict *verdict);

/** coffer_verdict_measurement() - MRENCLAVE (32 bytes) or MRTD (48 bytes) */
struct coffer_bytes coffer_verdict_measurement(const struct coffer_verdict *verdict);

/** coffer_verdict_mrsigner() - 32 bytes; empty for TDs */
struct coffer_bytes coffer_verdict_mrsigner(const struct coffer_verdict *verdict);

/** struct coffer_check - one check of a verdict */
struct coffer_check {
    const char *name;   /* "pck.not_revoked" */
    const char *rule;   /* the rule that it enforces */
    const char *detail; /* the reason why it did not pass */
    bool is_passed;
    bool is_evaluated; /* false: one of its inputs was missing; then it did not pass either */
};

/** coffer_verdict_check() - the @index-th check that applies. Return: false past the end. */
bool coffer_verdict_check(const struct coffer_verdict *verdict, size_t index,
                          struct coffer_check *ret);

/** struct coffer_short_svn - a component below the best TCB level */
struct coffer_short_svn {
    const char *component; /* "sgxtcbcomp01", "pcesvn", "qe_isvsvn", ... */
    uint16_t have;
    uint16_t need;
};

bool coffer_verdict_short_svn(const struct coffer_verdict *verdict, size_t index,
                              struct coffer_short_svn *ret);

/** coffer_verdict_json() - the report of `coffer verify --json`, to be given to coffer_text_free()
 */
int coffer_verdict_json(const struct coffer_verdict *verdict, char **ret, struct coffer_error *err);

/**
 * coffer_verdict_token() - an EAT Attestation Result as a signed JWT, to be given to
 * coffer_text_free()
 * @private_key: P-256, PEM "PRIVATE KEY" (PKCS#8)
 */
int coffer_verdict_token(const struct coffer_verdict *verdict, struct coffer_bytes private_key,
                         char **ret, struct coffer_error *error);
void coffer_text_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
