/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote/body.h: the reports that a quote can carry. An SGX quote carries the body of an enclave's
 * REPORT (struct sgx_report_body of sgx/report.h); a TDX quote carries one of the three TD reports
 * below. All of them are values without pointers, and rendering gives back what was parsed.
 *
 * Source: Intel TDX DCAP Quoting Library API, appendix A.3 (TD report 1.0 and 1.5).
 */
#ifndef COFFER_QUOTE_BODY_H
#define COFFER_QUOTE_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
    QUOTE_TD10_SIZE = 584,
    QUOTE_TD15_SIZE = 648,
    QUOTE_TD15_EX_SIZE = 885,
};

/** Body types; the numbers are those of the version 5 body descriptor */
enum quote_body_type {
    QUOTE_BODY_NONE = 0,
    QUOTE_BODY_SGX = 1,
    QUOTE_BODY_TD10 = 2,
    QUOTE_BODY_TD15 = 3,
    QUOTE_BODY_TD15_EX = 4,
};

/** struct quote_td - TD report; the fields after report_data are zero in a body that has none */
struct quote_td {
    uint8_t tee_tcb_svn[16]; /* at launch */
    uint8_t mrseam[48];
    uint8_t mrsignerseam[48];
    uint8_t seamattributes[8];
    uint8_t tdattributes[8];
    uint8_t xfam[8];
    uint8_t mrtd[48];
    uint8_t mrconfigid[48];
    uint8_t mrowner[48];
    uint8_t mrownerconfig[48];
    uint8_t rtmr[4][48];
    uint8_t report_data[64];

    /* TD report 1.5 */
    uint8_t tee_tcb_svn2[16]; /* of the running TDX module */
    uint8_t mrservicetd[48];

    /* TD report 1.5-extended */
    uint8_t vmid;
    uint8_t td_id[32];
    uint8_t devinfo[48];
    uint8_t init_servtd_hash[48];
    uint8_t init_servtd_attr[8];
    uint8_t init_cpusvn[16];
    uint8_t init_tee_tcb_svn[16];
    uint8_t init_fmspc[12];
    uint8_t cur_servtd_hash[48];
    uint8_t cur_servtd_attr[8];
};

/** quote_body_size() - bytes of a body; 0 for an unknown type */
size_t quote_body_size(enum quote_body_type type);

const char *quote_body_name(enum quote_body_type type);

/** quote_body_td_parse() - @type is a TD body and @wire has its size (asserted) */
void quote_body_td_parse(struct span wire, enum quote_body_type type, struct quote_td *ret);
void quote_body_td_render(const struct quote_td *body, enum quote_body_type type, struct buf *out);

#endif
