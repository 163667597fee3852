/* SPDX-License-Identifier: Apache-2.0 */
/*
 * REPORT and TARGETINFO, field by field at the offsets of the manual. A report is parsed into a
 * body and rendered from it without loss: reserved bytes are kept, because the MAC of a report and
 * the signature of a quote cover them.
 */
#include "sgx/report.h"

#include "crypto_bare/mem.h"
#include "sgx/attributes.h"

/* offsets in bytes of REPORT: SDM 35.15 */
enum {
    CPUSVN = 0,
    MISCSELECT = 16,
    CET_ATTRIBUTES = 20,
    RESERVED1 = 21,
    ISVEXTPRODID = 32,
    ATTRIBUTES = 48,
    MRENCLAVE = 64,
    RESERVED2 = 96,
    MRSIGNER = 128,
    RESERVED3 = 160,
    CONFIGID = 192,
    ISVPRODID = 256,
    ISVSVN = 258,
    CONFIGSVN = 260,
    RESERVED4 = 262,
    ISVFAMILYID = 304,
    REPORTDATA = 320,
    KEYID = 384,
    MAC = 416,
};

static_assert(RESERVED1 + sizeof(((struct sgx_report_body *)0)->reserved1) == ISVEXTPRODID,
              "SDM 35.15");
static_assert(RESERVED4 + sizeof(((struct sgx_report_body *)0)->reserved4) == ISVFAMILYID,
              "SDM 35.15");
static_assert(REPORTDATA + SGX_REPORT_DATA_SIZE == SGX_REPORT_BODY_SIZE, "SDM 35.15");
static_assert((int)KEYID == (int)SGX_REPORT_BODY_SIZE && KEYID + SGX_KEYID_SIZE == MAC,
              "SDM 35.15");
static_assert(MAC + SGX_MAC_SIZE == SGX_REPORT_SIZE, "SDM 35.15");

/* offsets in bytes of TARGETINFO: SDM 35.16 */
enum {
    TARGET_MEASUREMENT = 0,
    TARGET_ATTRIBUTES = 32,
    TARGET_CET_ATTRIBUTES = 48,
    TARGET_RESERVED1 = 49,
    TARGET_CONFIGSVN = 50,
    TARGET_MISCSELECT = 52,
    TARGET_RESERVED2 = 56,
    TARGET_CONFIGID = 64,
    TARGET_RESERVED3 = 128,
};

static_assert(TARGET_RESERVED2 + 8 == TARGET_CONFIGID, "SDM 35.16");
static_assert(TARGET_CONFIGID + SGX_CONFIGID_SIZE == TARGET_RESERVED3, "SDM 35.16");
static_assert(TARGET_RESERVED3 + 384 == SGX_TARGETINFO_SIZE, "SDM 35.16");

void sgx_report_body_parse(const uint8_t wire[static SGX_REPORT_BODY_SIZE],
                           struct sgx_report_body *ret)
{
    *ret = (struct sgx_report_body){
        .miscselect = load_u32le(wire + MISCSELECT),
        .cet_attributes = wire[CET_ATTRIBUTES],
        .attributes = sgx_attributes_parse(wire + ATTRIBUTES),
        .isv_prod_id = load_u16le(wire + ISVPRODID),
        .isv_svn = load_u16le(wire + ISVSVN),
        .config_svn = load_u16le(wire + CONFIGSVN),
    };
    memcpy(ret->cpusvn, wire + CPUSVN, SGX_CPUSVN_SIZE);
    memcpy(ret->reserved1, wire + RESERVED1, sizeof(ret->reserved1));
    memcpy(ret->isv_ext_prod_id, wire + ISVEXTPRODID, SGX_PRODUCT_ID_SIZE);
    memcpy(ret->mrenclave, wire + MRENCLAVE, SGX_HASH_SIZE);
    memcpy(ret->reserved2, wire + RESERVED2, sizeof(ret->reserved2));
    memcpy(ret->mrsigner, wire + MRSIGNER, SGX_HASH_SIZE);
    memcpy(ret->reserved3, wire + RESERVED3, sizeof(ret->reserved3));
    memcpy(ret->config_id, wire + CONFIGID, SGX_CONFIGID_SIZE);
    memcpy(ret->reserved4, wire + RESERVED4, sizeof(ret->reserved4));
    memcpy(ret->isv_family_id, wire + ISVFAMILYID, SGX_PRODUCT_ID_SIZE);
    memcpy(ret->report_data, wire + REPORTDATA, SGX_REPORT_DATA_SIZE);
}

void sgx_report_body_render(const struct sgx_report_body *body,
                            uint8_t ret_wire[static SGX_REPORT_BODY_SIZE])
{
    memcpy(ret_wire + CPUSVN, body->cpusvn, SGX_CPUSVN_SIZE);
    store_u32le(ret_wire + MISCSELECT, body->miscselect);
    ret_wire[CET_ATTRIBUTES] = body->cet_attributes;
    memcpy(ret_wire + RESERVED1, body->reserved1, sizeof(body->reserved1));
    memcpy(ret_wire + ISVEXTPRODID, body->isv_ext_prod_id, SGX_PRODUCT_ID_SIZE);
    sgx_attributes_render(body->attributes, ret_wire + ATTRIBUTES);
    memcpy(ret_wire + MRENCLAVE, body->mrenclave, SGX_HASH_SIZE);
    memcpy(ret_wire + RESERVED2, body->reserved2, sizeof(body->reserved2));
    memcpy(ret_wire + MRSIGNER, body->mrsigner, SGX_HASH_SIZE);
    memcpy(ret_wire + RESERVED3, body->reserved3, sizeof(body->reserved3));
    memcpy(ret_wire + CONFIGID, body->config_id, SGX_CONFIGID_SIZE);
    store_u16le(ret_wire + ISVPRODID, body->isv_prod_id);
    store_u16le(ret_wire + ISVSVN, body->isv_svn);
    store_u16le(ret_wire + CONFIGSVN, body->config_svn);
    memcpy(ret_wire + RESERVED4, body->reserved4, sizeof(body->reserved4));
    memcpy(ret_wire + ISVFAMILYID, body->isv_family_id, SGX_PRODUCT_ID_SIZE);
    memcpy(ret_wire + REPORTDATA, body->report_data, SGX_REPORT_DATA_SIZE);
}

void sgx_report_parse(const uint8_t wire[static SGX_REPORT_SIZE], struct sgx_report *ret)
{
    sgx_report_body_parse(wire, &ret->body);
    memcpy(ret->key_id, wire + KEYID, SGX_KEYID_SIZE);
    memcpy(ret->mac, wire + MAC, SGX_MAC_SIZE);
}

void sgx_report_render(const struct sgx_report *report, uint8_t ret_wire[static SGX_REPORT_SIZE])
{
    sgx_report_body_render(&report->body, ret_wire);
    memcpy(ret_wire + KEYID, report->key_id, SGX_KEYID_SIZE);
    memcpy(ret_wire + MAC, report->mac, SGX_MAC_SIZE);
}

bool sgx_targetinfo_parse(const uint8_t wire[static SGX_TARGETINFO_SIZE],
                          struct sgx_targetinfo *ret)
{
    if (wire[TARGET_RESERVED1] != 0 ||
        !mem_is_zero(wire + TARGET_RESERVED2, TARGET_CONFIGID - TARGET_RESERVED2) ||
        !mem_is_zero(wire + TARGET_RESERVED3, SGX_TARGETINFO_SIZE - TARGET_RESERVED3))
        return false;
    *ret = (struct sgx_targetinfo){
        .attributes = sgx_attributes_parse(wire + TARGET_ATTRIBUTES),
        .cet_attributes = wire[TARGET_CET_ATTRIBUTES],
        .config_svn = load_u16le(wire + TARGET_CONFIGSVN),
        .miscselect = load_u32le(wire + TARGET_MISCSELECT),
    };
    memcpy(ret->mrenclave, wire + TARGET_MEASUREMENT, SGX_HASH_SIZE);
    memcpy(ret->config_id, wire + TARGET_CONFIGID, SGX_CONFIGID_SIZE);
    return true;
}

void sgx_targetinfo_render(const struct sgx_targetinfo *target,
                           uint8_t ret_wire[static SGX_TARGETINFO_SIZE])
{
    memset(ret_wire, 0, SGX_TARGETINFO_SIZE);
    memcpy(ret_wire + TARGET_MEASUREMENT, target->mrenclave, SGX_HASH_SIZE);
    sgx_attributes_render(target->attributes, ret_wire + TARGET_ATTRIBUTES);
    ret_wire[TARGET_CET_ATTRIBUTES] = target->cet_attributes;
    store_u16le(ret_wire + TARGET_CONFIGSVN, target->config_svn);
    store_u32le(ret_wire + TARGET_MISCSELECT, target->miscselect);
    memcpy(ret_wire + TARGET_CONFIGID, target->config_id, SGX_CONFIGID_SIZE);
}
