/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A double of Intel's DCAP quote library, libsgx_dcap_ql.so.1: its calls by name and ABI, each
 * recorded in the file that COFFER_FAKE_QL_LOG names. COFFER_FAKE_QL_FAIL="CALL=ERROR" lets one
 * fail, COFFER_FAKE_QL_DELAY_MS makes quotes slow. It proves that the helper calls what it should,
 * with what it should; it proves nothing about Intel's code.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT uint32_t sgx_qe_set_enclave_load_policy(uint32_t policy);
EXPORT uint32_t sgx_qe_get_target_info(void *target_info);
EXPORT uint32_t sgx_qe_get_quote_size(uint32_t *size);
EXPORT uint32_t sgx_qe_get_quote(const void *report, uint32_t size, uint8_t *quote);
EXPORT uint32_t sgx_ql_init_quote(void *key_id, void *target_info, bool refresh,
                                  size_t *pub_key_id_size, uint8_t *pub_key_id);
EXPORT uint32_t sgx_ql_get_quote(const void *report, void *key_id, void *qe_report_info,
                                 uint8_t *quote, uint32_t size);

enum {
    REPORT_SIZE = 432,
    BODY_SIZE = 384,
    TARGET_SIZE = 512,
    INFO_SIZE = 960,
    KEY_ID_SIZE = 32,
    QUOTE_SIZE = 4600,
    ALIGNMENT = 16,
};

static uint32_t record(const char *call, const void *pointer)
{
    const char *path = getenv("COFFER_FAKE_QL_LOG"), *fail = getenv("COFFER_FAKE_QL_FAIL");
    FILE *log = path ? fopen(path, "a") : NULL;
    size_t len = strlen(call);

    if (log) {
        fprintf(log, "%s%s\n", call, (uintptr_t)pointer % ALIGNMENT ? " misaligned" : "");
        fclose(log);
    }
    if (fail && strncmp(fail, call, len) == 0 && fail[len] == '=')
        return (uint32_t)strtoul(fail + len + 1, NULL, 16);
    return 0;
}

static void delay(void)
{
    const char *ms = getenv("COFFER_FAKE_QL_DELAY_MS");

    if (ms)
        usleep((unsigned)atoi(ms) * 1000);
}

EXPORT uint32_t sgx_qe_set_enclave_load_policy(uint32_t policy)
{
    return policy == 0 ? record("sgx_qe_set_enclave_load_policy", NULL) : 0xe00c;
}

EXPORT uint32_t sgx_qe_get_target_info(void *target_info)
{
    memset(target_info, 0x11, TARGET_SIZE);
    return record("sgx_qe_get_target_info", NULL);
}

EXPORT uint32_t sgx_qe_get_quote_size(uint32_t *size)
{
    *size = QUOTE_SIZE;
    return record("sgx_qe_get_quote_size", NULL);
}

static uint32_t quote_fill(const uint8_t *report, uint32_t size, uint8_t *quote)
{
    delay();
    if (size < QUOTE_SIZE)
        return 0xe002;
    memset(quote, 0x33, QUOTE_SIZE);
    memcpy(quote + 48, report, BODY_SIZE);
    return 0;
}

EXPORT uint32_t sgx_qe_get_quote(const void *report, uint32_t size, uint8_t *quote)
{
    uint32_t error = record("sgx_qe_get_quote", report);

    return error ? error : quote_fill(report, size, quote);
}

#ifndef FAKE_WITHOUT_QE3_LOGIC
EXPORT uint32_t sgx_ql_init_quote(void *key_id, void *target_info, bool refresh,
                                  size_t *pub_key_id_size, uint8_t *pub_key_id)
{
    const uint8_t *id = key_id;

    if (refresh || *pub_key_id_size != KEY_ID_SIZE || id[4] != 32 || id[6] != 0x8c)
        return 0xe002;
    memset(target_info, 0x11, TARGET_SIZE);
    memset(pub_key_id, 0x22, KEY_ID_SIZE);
    return record("sgx_ql_init_quote", key_id);
}

EXPORT uint32_t sgx_ql_get_quote(const void *report, void *key_id, void *qe_report_info,
                                 uint8_t *quote, uint32_t size)
{
    uint32_t error = record("sgx_ql_get_quote", qe_report_info);

    (void)key_id;
    if (error)
        return error;
    memset((uint8_t *)qe_report_info + INFO_SIZE - REPORT_SIZE, 0x44, REPORT_SIZE);
    return quote_fill(report, size, quote);
}
#endif
