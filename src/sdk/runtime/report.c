/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/report.h"

#include <stdalign.h>

#include "crypto_bare/cmac.h"
#include "crypto_bare/mem.h"
#include "sdk/runtime/runtime.h"
#include "sgx/keyrequest.h"

static_assert((int)COFFER_REPORT_SIZE == (int)SGX_REPORT_SIZE, "sdk.h");
static_assert((int)COFFER_TARGET_SIZE == (int)SGX_TARGETINFO_SIZE, "sdk.h");
static_assert((int)COFFER_REPORT_DATA_SIZE == (int)SGX_REPORT_DATA_SIZE, "sdk.h");

#define TEXT(...)     #__VA_ARGS__
#define BYTES_OF(...) ".byte " TEXT(__VA_ARGS__)
#define ENCLU         BYTES_OF(SGX_ENCLU_BYTES)

/* The buffers have the alignment of EREPORT. The leaf faults for reserved bits in @target. */
static void ereport(const uint8_t *target, const uint8_t *data, uint8_t *ret_report)
{
    __asm__ volatile(ENCLU
                     :
                     : "a"(SGX_EREPORT), "b"(target), "c"(data), "d"(ret_report)
                     : "memory", "cc");
}

PUBLIC int coffer_key(const uint8_t request[512], uint8_t ret_key[16])
{
    alignas(SGX_KEYREQUEST_ALIGN) uint8_t in[SGX_KEYREQUEST_SIZE];
    alignas(SGX_KEY_ALIGN) uint8_t key[SGX_KEY_SIZE] = {0};
    int status = SGX_EGETKEY;

    memcpy(in, request, sizeof(in));
    __asm__ volatile(ENCLU : "+a"(status) : "b"(in), "c"(key) : "memory", "cc");
    if (status == SGX_SUCCESS)
        memcpy(ret_key, key, sizeof(key));
    mem_wipe(key, sizeof(key));
    return status;
}

PUBLIC enum coffer_status coffer_report(const uint8_t target[COFFER_TARGET_SIZE],
                                        const uint8_t data[COFFER_REPORT_DATA_SIZE],
                                        uint8_t ret_report[COFFER_REPORT_SIZE])
{
    alignas(SGX_TARGETINFO_ALIGN) uint8_t to[SGX_TARGETINFO_SIZE];
    alignas(SGX_REPORT_DATA_ALIGN) uint8_t bound[SGX_REPORT_DATA_SIZE];
    alignas(SGX_REPORT_ALIGN) uint8_t report[SGX_REPORT_SIZE];
    struct sgx_targetinfo parsed;

    memcpy(to, target, sizeof(to));
    memcpy(bound, data, sizeof(bound));
    if (!sgx_targetinfo_parse(to, &parsed))
        return COFFER_MALFORMED;
    ereport(to, bound, report);
    memcpy(ret_report, report, sizeof(report));
    return COFFER_OK;
}

/** self_body() - the body of a report about this enclave that no enclave can verify */
static void self_body(struct sgx_report_body *ret)
{
    static const uint8_t nobody[SGX_TARGETINFO_SIZE];
    static const uint8_t nothing[SGX_REPORT_DATA_SIZE];
    uint8_t report[SGX_REPORT_SIZE];

    (void)coffer_report(nobody, nothing, report);
    sgx_report_body_parse(report, ret);
}

static void target_of_body(const struct sgx_report_body *body, uint8_t *ret_target)
{
    struct sgx_targetinfo target = {
        .attributes = body->attributes,
        .cet_attributes = body->cet_attributes,
        .config_svn = body->config_svn,
        .miscselect = body->miscselect,
    };

    memcpy(target.mrenclave, body->mrenclave, SGX_HASH_SIZE);
    memcpy(target.config_id, body->config_id, SGX_CONFIGID_SIZE);
    sgx_targetinfo_render(&target, ret_target);
}

PUBLIC void coffer_target_self(uint8_t ret_target[COFFER_TARGET_SIZE])
{
    struct sgx_report_body body;

    self_body(&body);
    target_of_body(&body, ret_target);
}

PUBLIC void coffer_target_of(const uint8_t report[COFFER_REPORT_SIZE],
                             uint8_t ret_target[COFFER_TARGET_SIZE])
{
    struct sgx_report_body body;

    sgx_report_body_parse(report, &body);
    target_of_body(&body, ret_target);
}

static void identity_of(const struct sgx_report_body *body, struct coffer_identity *ret)
{
    memcpy(ret->mrenclave, body->mrenclave, SGX_HASH_SIZE);
    memcpy(ret->mrsigner, body->mrsigner, SGX_HASH_SIZE);
    ret->product_id = body->isv_prod_id;
    ret->svn = body->isv_svn;
    ret->is_debug = body->attributes.flags & SGX_ATTRIBUTE_DEBUG;
}

PUBLIC void coffer_identity_self(struct coffer_identity *ret)
{
    struct sgx_report_body body;

    self_body(&body);
    identity_of(&body, ret);
}

PUBLIC enum coffer_status coffer_report_verify(const uint8_t report[COFFER_REPORT_SIZE],
                                               struct coffer_identity *ret_identity,
                                               uint8_t ret_data[COFFER_REPORT_DATA_SIZE])
{
    struct sgx_keyrequest request = {.key_name = SGX_KEY_REPORT};
    uint8_t wire[SGX_KEYREQUEST_SIZE], key[SGX_KEY_SIZE], mac[SGX_MAC_SIZE];
    struct sgx_report parsed;
    int status;

    sgx_report_parse(report, &parsed);
    memcpy(request.key_id, parsed.key_id, SGX_KEYID_SIZE);
    sgx_keyrequest_render(&request, wire);
    status = coffer_key(wire, key);
    if (status != SGX_SUCCESS)
        return COFFER_REFUSED;
    cmac(key, report, SGX_REPORT_BODY_SIZE, mac);
    mem_wipe(key, sizeof(key));
    if (!mem_equal_ct(mac, parsed.mac, SGX_MAC_SIZE))
        return COFFER_NOT_AUTHENTIC;
    identity_of(&parsed.body, ret_identity);
    memcpy(ret_data, parsed.body.report_data, SGX_REPORT_DATA_SIZE);
    return COFFER_OK;
}
