/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/report.h: REPORT and TARGETINFO (SDM 35.15, 35.16). The first 384 bytes of a report are its
 * body; the MAC covers it, and a quote contains it.
 */
#ifndef COFFER_SGX_REPORT_H
#define COFFER_SGX_REPORT_H

#include <assert.h>
#include <stdbool.h>

#include "sgx/arch.h"

/** struct sgx_report_body - with reserved bytes, so that rendering restores the parsed bytes */
struct sgx_report_body {
    uint8_t cpusvn[SGX_CPUSVN_SIZE];
    uint32_t miscselect;
    uint8_t cet_attributes;
    uint8_t reserved1[11];
    uint8_t isv_ext_prod_id[SGX_PRODUCT_ID_SIZE];
    struct sgx_attributes attributes;
    uint8_t mrenclave[SGX_HASH_SIZE];
    uint8_t reserved2[32];
    uint8_t mrsigner[SGX_HASH_SIZE];
    uint8_t reserved3[32];
    uint8_t config_id[SGX_CONFIGID_SIZE];
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    uint8_t reserved4[42];
    uint8_t isv_family_id[SGX_PRODUCT_ID_SIZE];
    uint8_t report_data[SGX_REPORT_DATA_SIZE];
};

struct sgx_report {
    struct sgx_report_body body;
    uint8_t key_id[SGX_KEYID_SIZE];
    uint8_t mac[SGX_MAC_SIZE];
};

struct sgx_targetinfo {
    uint8_t mrenclave[SGX_HASH_SIZE];
    struct sgx_attributes attributes;
    uint8_t cet_attributes;
    uint16_t config_svn;
    uint32_t miscselect;
    uint8_t config_id[SGX_CONFIGID_SIZE];
};

/** sgx_report_body_parse() - decode a body; reserved bytes may have any value */
void sgx_report_body_parse(const uint8_t wire[static SGX_REPORT_BODY_SIZE],
                           struct sgx_report_body *ret);
void sgx_report_body_render(const struct sgx_report_body *body,
                            uint8_t ret_wire[static SGX_REPORT_BODY_SIZE]);

void sgx_report_parse(const uint8_t wire[static SGX_REPORT_SIZE], struct sgx_report *ret);
void sgx_report_render(const struct sgx_report *report, uint8_t ret_wire[static SGX_REPORT_SIZE]);

/** sgx_targetinfo_parse() - Return: true; false when a reserved bit or byte is set (#GP) */
bool sgx_targetinfo_parse(const uint8_t wire[static SGX_TARGETINFO_SIZE],
                          struct sgx_targetinfo *ret);
void sgx_targetinfo_render(const struct sgx_targetinfo *target,
                           uint8_t ret_wire[static SGX_TARGETINFO_SIZE]);

#endif
