/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/check.h: every check that a verdict is made of, with the rule it comes from. "QVL n" is
 * the status of Intel's Quote Verification Library 1.27 (QuoteVerification.h) that the check's
 * failure stands for, "4.1.2.5.n" a step of Intel's quote verification procedure ("Intel SGX DCAP
 * Quote Verification", 4.1.2.5), "own" ours. docs/verification.md explains them.
 *
 * These files decide them; a set's outcomes are copied into each verdict:
 *
 *     quote.format, quote.vendor, quote.signature, quote.debug, tcb.status    verify.c
 *     quote.cert_data, pck.match, pck_ca.not_revoked, pck.not_revoked         judge_chain.c
 *     pck_crl.issuer; pck_crl.valid without an issuer chain                   judge_chain.c
 *     pck_chain.present, root.*, pck_ca.certificate, pck.certificate,
 *     pck.extension                                                           chain.c
 *     root_crl.valid, pck_crl.valid, *.format, *.signer_not_revoked,
 *     tcb_info.signature, qe_identity.signature                               collateral_set.c
 *     tcb_info.chain, qe_identity.chain                                       chain.c
 *     tcb_info.tee, .fmspc, .pceid, tdx_module.identity                       judge_collateral.c
 *     qe_report.*, qe_identity.id                                             judge_qe.c
 *     *.not_before, *.not_after, *.issue_date, *.this_update, *.next_update,
 *     *.chain_dates                                                           judge_dates.c
 *     tcb.level                                                               judge_tcb.c
 *     td.*                                                                    judge_td.c
 *     evidence.binding                                                        verify.c
 *     expect.*                                                                judge_expectation.c
 *
 * Outcomes have an order of strength: a failure stays whatever comes after it, and a check that was
 * not evaluated can still pass or fail.
 */
#ifndef COFFER_VERIFY_CHECK_H
#define COFFER_VERIFY_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/span.h"

/* The rule of every check of what the relying party expects; EXPECT_MRENCLAVE is the first. */
#define EXPECTED "policy: as the relying party expects"

/* CHECKS(X): X(enumerator, name, rule), in the order of evaluation and of the report */
#define CHECKS(X)                                                                                  \
    X(QUOTE_FORMAT, "quote.format", "QVL 37: header, body and authentication data")                \
    X(QUOTE_VENDOR, "quote.vendor", "QVL 37: the QE vendor is Intel")                              \
    X(QUOTE_CERT_DATA, "quote.cert_data",                                                          \
      "QVL 51-53: the quote has a PCK certificate, or one was given")                              \
    X(PCK_CHAIN, "pck_chain.present", "QVL 1, 2, 7, 12: leaf, intermediate and root by name")      \
    X(ROOT_KEY, "root.key", "QVL 18: the root's public key is the trusted one")                    \
    X(ROOT_CERT, "root.certificate", "QVL 3, 4, 5: self-signed CA with the required extensions")   \
    X(PCK_CA_CERT, "pck_ca.certificate", "QVL 8, 9, 10: CA issued and signed by the root")         \
    X(PCK_CERT, "pck.certificate", "QVL 13, 14, 15: issued and signed by the intermediate")        \
    X(PCK_EXTENSION, "pck.extension", "QVL 14, 39: SGX extension complete")                        \
    X(ROOT_CRL, "root_crl.valid", "QVL 28-32: CRL signed by the trusted root")                     \
    X(PCK_CRL, "pck_crl.valid", "QVL 28-32, 40: CRL signed by an intermediate of the root")        \
    X(PCK_CRL_ISSUER, "pck_crl.issuer", "QVL 41, 4.1.2.5.7: the PCK's issuer issued the CRL")      \
    X(PCK_CA_REVOKED, "pck_ca.not_revoked", "QVL 11: not on the root's CRL")                       \
    X(PCK_REVOKED, "pck.not_revoked", "QVL 16, 43, 4.1.2.5.8: not on the PCK CRL")                 \
    X(PCK_CHAIN_BEGUN, "pck_chain.not_before", "own: every certificate's notBefore is past")       \
    X(PCK_CHAIN_DATES, "pck_chain.not_after", "QVL 78: no certificate has expired")                \
    X(CRL_BEGUN, "crl.this_update", "own: every CRL's thisUpdate is past")                         \
    X(CRL_DATES, "crl.next_update", "QVL 79: no CRL has expired")                                  \
    X(TCB_INFO_FORMAT, "tcb_info.format", "QVL 19, 20, 42: TCB info version 2 or 3")               \
    X(TCB_INFO_CHAIN, "tcb_info.chain", "QVL 22-26: signer issued by the trusted root")            \
    X(TCB_SIGNER_REVOKED, "tcb_info.signer_not_revoked", "QVL 27: not on the root's CRL")          \
    X(TCB_INFO_SIGNATURE, "tcb_info.signature", "QVL 21: over the bytes as received")              \
    X(TCB_INFO_BEGUN, "tcb_info.issue_date", "own: not issued in the future")                      \
    X(TCB_INFO_CHAIN_DATES, "tcb_info.chain_dates", "QVL 80: no certificate has expired")          \
    X(TCB_INFO_DATES, "tcb_info.next_update", "QVL 75: not expired")                               \
    X(IDENTITY_FORMAT, "qe_identity.format", "QVL 62-64, 72: enclave identity version 2")          \
    X(IDENTITY_CHAIN, "qe_identity.chain", "QVL 22-26: signer issued by the trusted root")         \
    X(IDENTITY_SIGNER_REVOKED, "qe_identity.signer_not_revoked", "QVL 27: not on the root's CRL")  \
    X(IDENTITY_SIGNATURE, "qe_identity.signature", "QVL 76: over the bytes as received")           \
    X(IDENTITY_BEGUN, "qe_identity.issue_date", "own: not issued in the future")                   \
    X(IDENTITY_CHAIN_DATES, "qe_identity.chain_dates", "QVL 80: no certificate has expired")       \
    X(IDENTITY_DATES, "qe_identity.next_update", "QVL 81: not expired")                            \
    X(TCB_INFO_TEE, "tcb_info.tee", "QVL 44, 4.1.2.5.10: TCB info is for this kind of quote")      \
    X(TCB_INFO_FMSPC, "tcb_info.fmspc", "QVL 44, 4.1.2.5.11: FMSPC of the PCK certificate")        \
    X(TCB_INFO_PCEID, "tcb_info.pceid", "QVL 44, 4.1.2.5.11: PCEID of the PCK certificate")        \
    X(PCK_MATCH, "pck.match", "QVL 54: a given PCK certificate is this platform's")                \
    X(TDX_MODULE, "tdx_module.identity", "QVL 44, 85, 4.1.2.5.12: signer and attributes")          \
    X(QE_REPORT_SIGNATURE, "qe_report.signature", "QVL 55, 4.1.2.5.13: by the PCK key")            \
    X(QE_REPORT_DATA, "qe_report.report_data", "QVL 56, 4.1.2.5.14: binds the attestation key")    \
    X(IDENTITY_KIND, "qe_identity.id", "QVL 74, 4.1.2.5.15: QE for SGX, TD_QE for TDX")            \
    X(QE_MISCSELECT, "qe_report.miscselect", "QVL 66, 74, 4.1.2.5.16")                             \
    X(QE_ATTRIBUTES, "qe_report.attributes", "QVL 67, 74, 4.1.2.5.16")                             \
    X(QE_MRSIGNER, "qe_report.mrsigner", "QVL 69, 74, 4.1.2.5.16")                                 \
    X(QE_ISVPRODID, "qe_report.isvprodid", "QVL 70, 74, 4.1.2.5.16")                               \
    X(QUOTE_SIGNATURE, "quote.signature", "QVL 57, 4.1.2.5.17: by the attestation key")            \
    X(TCB_LEVEL, "tcb.level", "QVL 49: a TCB level matches platform, QE and TDX module")           \
    X(TCB_STATUS, "tcb.status", "policy: QVL 45-48, 82, 83, 87, 88: the status is acceptable")     \
    X(DEBUG, "quote.debug", "policy: no debug enclave or debug TD")                                \
    X(TD_ATTRIBUTES, "td.attributes",                                                              \
      "policy: no profiling, no reserved bit, no unnamed migrator")                                \
    X(TD_XFAM, "td.xfam", "policy: no reserved bit")                                               \
    X(EVIDENCE_BINDING, "evidence.binding",                                                        \
      "own: report data bind the key, claims or runtime data that came with the quote")            \
    X(EXPECT_MRENCLAVE, "expect.mrenclave", EXPECTED)                                              \
    X(EXPECT_MRSIGNER, "expect.mrsigner", EXPECTED)                                                \
    X(EXPECT_ISVPRODID, "expect.isvprodid", EXPECTED)                                              \
    X(EXPECT_ISVSVN, "expect.isvsvn", EXPECTED)                                                    \
    X(EXPECT_CONFIGID, "expect.configid", EXPECTED)                                                \
    X(EXPECT_CONFIGSVN, "expect.configsvn", EXPECTED)                                              \
    X(EXPECT_ISVFAMILYID, "expect.isvfamilyid", EXPECTED)                                          \
    X(EXPECT_ISVEXTPRODID, "expect.isvextprodid", EXPECTED)                                        \
    X(EXPECT_ATTRIBUTES, "expect.attributes", EXPECTED)                                            \
    X(EXPECT_MISCSELECT, "expect.miscselect", EXPECTED)                                            \
    X(EXPECT_MRTD, "expect.mrtd", EXPECTED)                                                        \
    X(EXPECT_RTMR0, "expect.rtmr0", EXPECTED)                                                      \
    X(EXPECT_RTMR1, "expect.rtmr1", EXPECTED)                                                      \
    X(EXPECT_RTMR2, "expect.rtmr2", EXPECTED)                                                      \
    X(EXPECT_RTMR3, "expect.rtmr3", EXPECTED)                                                      \
    X(EXPECT_MRSEAM, "expect.mrseam", EXPECTED)                                                    \
    X(EXPECT_MRCONFIGID, "expect.mrconfigid", EXPECTED)                                            \
    X(EXPECT_MROWNER, "expect.mrowner", EXPECTED)                                                  \
    X(EXPECT_MROWNERCONFIG, "expect.mrownerconfig", EXPECTED)                                      \
    X(EXPECT_MRSERVICETD, "expect.mrservicetd", EXPECTED)                                          \
    X(EXPECT_TDATTRIBUTES, "expect.tdattributes", EXPECTED)                                        \
    X(EXPECT_XFAM, "expect.xfam", EXPECTED)                                                        \
    X(EXPECT_REPORT_DATA, "expect.report_data", EXPECTED)                                          \
    X(EXPECT_NONCE, "expect.nonce", EXPECTED)                                                      \
    X(EXPECT_TCB_DATE, "expect.tcb_date", EXPECTED)                                                \
    X(EXPECT_TCB_EVALUATION, "expect.tcb_evaluation", EXPECTED)                                    \
    X(EXPECT_ADVISORIES, "expect.advisories", EXPECTED)                                            \
    X(EXPECT_DYNAMIC_PLATFORM, "expect.dynamic_platform", EXPECTED)                                \
    X(EXPECT_CACHED_KEYS, "expect.cached_keys", EXPECTED)                                          \
    X(EXPECT_SMT, "expect.smt", EXPECTED)

enum check_id {
#define CHECK_ENUMERATOR(id, name, rule) CHECK_##id,
    CHECKS(CHECK_ENUMERATOR)
#undef CHECK_ENUMERATOR
        CHECK_COUNT,
};

/** enum check_outcome - zero is not passed */
enum check_outcome {
    CHECK_NOT_EVALUATED = 0, /* an input of the check is missing; counts as failed */
    CHECK_PASSED,
    CHECK_FAILED,
    CHECK_NOT_APPLICABLE, /* not for this kind of quote; left out of reports */
};

enum {
    CHECK_DETAIL_SIZE = 256,      /* bytes, NUL included; longer details are cut */
    CHECK_MISMATCH_SIZE_MAX = 48, /* bytes of a value that check_mismatch() prints */
};

struct check {
    enum check_outcome outcome;
    char detail[CHECK_DETAIL_SIZE]; /* the reason, one sentence; empty when nothing is to be said */
};

/** struct check_list - all checks of one verdict; zero-initialised, nothing has passed */
struct check_list {
    struct check check[CHECK_COUNT];
};

const char *check_name(enum check_id id);
const char *check_rule(enum check_id id);

/** check_pass() - changes nothing once the check has failed */
static inline void check_pass(struct check_list *list, enum check_id id)
{
    if (list->check[id].outcome != CHECK_FAILED)
        list->check[id].outcome = CHECK_PASSED;
}

/** check_skip() - the check does not apply; changes nothing once it has failed */
static inline void check_skip(struct check_list *list, enum check_id id)
{
    if (list->check[id].outcome != CHECK_FAILED)
        list->check[id].outcome = CHECK_NOT_APPLICABLE;
}

static inline bool check_passed(const struct check_list *list, enum check_id id)
{
    return list->check[id].outcome == CHECK_PASSED;
}

/** check_fail() - record the reason; the first failure of a check stays */
PRINTF_LIKE(3, 4)
void check_fail(struct check_list *list, enum check_id id, const char *format, ...);

/**
 * check_mismatch() - fail with "@name does not match: expected ..., found ..."
 * @expected, @found: printed as hex, at most CHECK_MISMATCH_SIZE_MAX bytes each
 */
void check_mismatch(struct check_list *list, enum check_id id, const char *name,
                    struct span expected, struct span found);

/** check_equal() - pass when the two values are equal, else fail as check_mismatch() does */
void check_equal(struct check_list *list, enum check_id id, const char *name, struct span expected,
                 struct span found);

/** check_miss() - not evaluated, and the reason; changes nothing once the check has an outcome */
PRINTF_LIKE(3, 4)
void check_miss(struct check_list *list, enum check_id id, const char *format, ...);

/** check_all_passed() - true when every check passed or does not apply */
bool check_all_passed(const struct check_list *list);

#endif
