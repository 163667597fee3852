/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote/body.h: the reports inside quotes: the SGX report body and the three TD reports. Values,
 * no pointers; reserved bytes are kept so that rendering gives back what was parsed.
 */
#ifndef COFFER_QUOTE_BODY_H
#define COFFER_QUOTE_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
    QUOTE_ENCLAVE_SIZE = 384,
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

/** struct quote_enclave - SGX report body, 384 bytes on the wire */
struct quote_enclave {
    uint8_t cpusvn[16];
    uint32_t miscselect;
    uint8_t reserved1[12];
    uint8_t isvextprodid[16];
    uint8_t attributes[16]; /* flags 8, xfrm 8, both little endian */
    uint8_t mrenclave[32];
    uint8_t reserved2[32];
    uint8_t mrsigner[32];
    uint8_t reserved3[32];
    uint8_t configid[64];
    uint16_t isvprodid;
    uint16_t isvsvn;
    uint16_t configsvn;
    uint8_t reserved4[42];
    uint8_t isvfamilyid[16];
    uint8_t report_data[64];
};

/** struct quote_td - TD report; fields behind report_data are zero where the body has none */
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

/** quote_enclave_parse() - @wire has QUOTE_ENCLAVE_SIZE bytes (asserted) */
void quote_enclave_parse(struct span wire, struct quote_enclave *ret);
void quote_enclave_render(const struct quote_enclave *body, struct buf *out);

/** quote_td_parse() - @type is a TD body and @wire has its size (asserted) */
void quote_td_parse(struct span wire, enum quote_body_type type, struct quote_td *ret);
void quote_td_render(const struct quote_td *body, enum quote_body_type type, struct buf *out);

#endif
