/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/tcb_info.h: TCB info of versions 2 and 3 (Intel PCS API v3 and v4, "Get TCB Info").
 * Parsing only: nothing here says that a TCB info can be trusted.
 */
#ifndef COFFER_COLLATERAL_TCB_INFO_H
#define COFFER_COLLATERAL_TCB_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "collateral/tcb_level.h"
#include "crypto/pck_extension.h"

enum {
    TCB_INFO_SIZE_MAX = 1024 * 1024, /* bytes of JSON */
    TCB_INFO_LEVEL_MAX = 256,
    TCB_INFO_MODULE_MAX = 32,
};

enum tcb_info_id {
    TCB_INFO_NONE = 0,
    TCB_INFO_SGX, /* every version 2, and version 3 with id "SGX" */
    TCB_INFO_TDX,
};

/** struct tcb_component - what an SVN stands for, as the best level says; both may be empty */
struct tcb_component {
    struct span category; /* "BIOS" */
    struct span type;     /* "Early Microcode Update" */
};

struct tcb_info_level {
    uint8_t sgx[TCB_COMPONENT_COUNT]; /* component SVNs */
    uint8_t tdx[TCB_COMPONENT_COUNT]; /* zero unless TDX */
    uint16_t pcesvn;
    struct tcb_level_common common;
};

/** struct tcb_info_module - one of tdxModuleIdentities */
struct tcb_info_module {
    struct span id; /* "TDX_01" */
    uint8_t mrsigner[48];
    uint8_t attributes[8];
    uint8_t attributes_mask[8];
    struct isvsvn_level *levels; /* descending by isvsvn */
    size_t level_count;
};

/** struct tcb_info - spans point into a private copy; release with tcb_info_free() */
struct tcb_info {
    enum tcb_info_id id;
    uint16_t version;   /* 2 or 3 */
    int64_t issue_date; /* unix seconds */
    int64_t next_update;
    uint8_t fmspc[6];
    uint8_t pceid[2];
    uint32_t evaluation_number; /* tcbEvaluationDataNumber */

    bool has_module; /* tdxModule occurs, as it does in every TCB info of TDX */
    uint8_t module_mrsigner[48];
    uint8_t module_attributes[8];
    uint8_t module_attributes_mask[8];
    bool has_modules; /* tdxModuleIdentities occurs */
    struct tcb_info_module *modules;
    size_t module_count;

    struct tcb_info_level *levels; /* descending, no duplicates */
    size_t level_count;
    struct tcb_component sgx_component[TCB_COMPONENT_COUNT];
    struct tcb_component tdx_component[TCB_COMPONENT_COUNT];
    struct arena *arena; /* internal */
};

/**
 * tcb_info_new() - decode the inner object, the bytes that the signature covers
 * @json: copied
 * Return: 0 and @ret; -EBADMSG with the member that is wrong; -EMSGSIZE; -ENOMEM.
 */
NODISCARD int tcb_info_new(struct span json, struct tcb_info **ret, struct err *err);
void tcb_info_free(struct tcb_info *info);
void tcb_info_freep(struct tcb_info **info);

#endif
