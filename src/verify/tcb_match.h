/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/tcb_match.h: TCB levels and their convergence, as Intel's QVL 1.27 evaluates them
 * (docs/verification.md, "From levels to a status"). Pure: SVNs and parsed collateral in, status
 * out.
 */
#ifndef COFFER_VERIFY_TCB_MATCH_H
#define COFFER_VERIFY_TCB_MATCH_H

#include "collateral/enclave_identity.h"
#include "collateral/tcb_info.h"
#include "crypto/pck_extension.h"

/** struct tcb_svns - the SVNs of a platform */
struct tcb_svns {
    const uint8_t *sgx;     /* TCB_COMPONENT_COUNT SVNs of the PCK certificate */
    uint16_t pcesvn;        /* of the PCK certificate */
    const uint8_t *tee_tcb; /* TCB_COMPONENT_COUNT bytes of a TD report, or NULL for SGX */
    uint16_t qe_isvsvn;     /* of the QE report */
};

/** struct tcb_result - the levels that matched (NULL: none) and what follows from them */
struct tcb_result {
    enum tcb_status status; /* TCB_NOT_SUPPORTED when a level is missing or its word unknown */
    const struct tcb_level_common *platform;
    const struct tcb_level_common *qe;
    const struct tcb_level_common *module; /* only when tee_tcb[1] > 0 */
    const char *missing;                   /* which level is missing; NULL if none */
};

/** tcb_match_evaluate() - match and converge; @info and @identity are not NULL */
struct tcb_result tcb_match_evaluate(const struct tcb_info *info,
                                     const struct enclave_identity *identity,
                                     const struct tcb_svns *svns);

/** tcb_match_converge() - @platform's status lowered by that of one component (QE or TDX module) */
enum tcb_status tcb_match_converge(enum tcb_status platform, enum tcb_status component);

/** tcb_match_relaunch() - the status of a TD from those at launch and now (TD report 1.5 and later)
 */
enum tcb_status tcb_match_relaunch(enum tcb_status launch, enum tcb_status current);

/** tcb_match_find_module() - the entry "TDX_%02X" of tee_tcb[1] in tdxModuleIdentities, or NULL */
const struct tcb_info_module *tcb_match_find_module(
    const struct tcb_info *info, const uint8_t tee_tcb[static TCB_COMPONENT_COUNT]);

/** tcb_match_find_level() - the first level whose SVNs are all reached, or NULL */
const struct tcb_info_level *tcb_match_find_level(const struct tcb_info *info,
                                                  const struct tcb_svns *svns);

#endif
