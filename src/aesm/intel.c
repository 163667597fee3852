/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library is loaded with the first request and not at start: its enclaves need the device and
 * EPC, which may come later, and a failure must reach the client that asked. A failed load is
 * tried again with the next request.
 *
 * libsgx_dcap_ql.so.1 exports three calls (target info, size, quote). AESM clients
 * also want the key's identity and the QE report. Both are in libsgx_qe3_logic.so, on which the
 * first library depends: dlsym() on the first library's handle finds the second's symbols too.
 * Structures are passed as their bytes on the wire, aligned as Intel's types are.
 *
 * Every error of Intel's library becomes an AESM code for the client and one sentence with a remedy
 * for the log, by the table error_rows.
 */
#include "aesm/intel.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aesm/answer.h"
#include "base/buf.h"
#include "base/fd.h"

enum {
    LOAD_POLICY_PERSISTENT = 0, /* SGX_QL_PERSISTENT: keep the enclaves loaded between calls */
    PATH_SIZE = 4096,
    CONF_SIZE_MAX = 8192,
    FILE_MODE = 0644,
};

/* quote3_error_t; the names are Intel's SGX_QL_* */
enum {
    QL_UNEXPECTED = 0xe001,
    QL_INVALID_PARAMETER = 0xe002,
    QL_OUT_OF_MEMORY = 0xe003,
    QL_ECDSA_ID_MISMATCH = 0xe004,
    QL_PATHNAME_OVERFLOW = 0xe005,
    QL_FILE_ACCESS = 0xe006,
    QL_STORED_KEY = 0xe007,
    QL_PUB_KEY_ID_MISMATCH = 0xe008,
    QL_INVALID_PCE_SIG_SCHEME = 0xe009,
    QL_ATT_KEY_BLOB = 0xe00a,
    QL_UNSUPPORTED_ATT_KEY_ID = 0xe00b,
    QL_UNSUPPORTED_LOADING_POLICY = 0xe00c,
    QL_INTERFACE_UNAVAILABLE = 0xe00d,
    QL_PLATFORM_LIB_UNAVAILABLE = 0xe00e,
    QL_ATT_KEY_NOT_INITIALIZED = 0xe00f,
    QL_ATT_KEY_CERT_DATA_INVALID = 0xe010,
    QL_NO_PLATFORM_CERT_DATA = 0xe011,
    QL_OUT_OF_EPC = 0xe012,
    QL_ERROR_REPORT = 0xe013,
    QL_ENCLAVE_LOST = 0xe014,
    QL_INVALID_REPORT = 0xe015,
    QL_ENCLAVE_LOAD_ERROR = 0xe016,
    QL_QE_REPORT = 0xe017,
    QL_KEY_CERTIFICATION = 0xe018,
    QL_NETWORK_ERROR = 0xe019,
    QL_INVALID_PRIVILEGE = 0xe035,
    QL_NO_DEVICE = 0xe03f,
    QL_SERVICE_UNAVAILABLE = 0xe040,
    QL_NETWORK_FAILURE = 0xe041,
    QL_SERVICE_TIMEOUT = 0xe042,
    QL_BUSY = 0xe043,
    QL_PLATFORM_UNKNOWN = 0xe047,
    QL_CERTS_UNAVAILABLE = 0xe049,
};

#define REMEDY_NONE                                                                                \
    "see the library's own log (/var/log, or AZDCAP_DEBUG_LOG_LEVEL for Azure's client)"

static const struct {
    uint32_t error;
    uint32_t code;
    const char *remedy;
} error_rows[] = {
    {QL_UNEXPECTED, AESM_UNEXPECTED, "unexpected error: " REMEDY_NONE},
    {QL_INVALID_PARAMETER, AESM_PARAMETER, "a parameter is wrong: is the buffer large enough?"},
    {QL_OUT_OF_MEMORY, AESM_OUT_OF_MEMORY, "out of memory: raise the helper's memory limit"},
    {QL_ECDSA_ID_MISMATCH, AESM_ECDSA_ID_MISMATCH,
     "the stored attestation key belongs to another platform: remove ~/.dcap-qcnl and the key's "
     "file"},
    {QL_PATHNAME_OVERFLOW, AESM_PATHNAME_OVERFLOW, "a path of Intel's enclaves is too long"},
    {QL_FILE_ACCESS, AESM_FILE_ACCESS, "a file of the library cannot be read or written"},
    {QL_STORED_KEY, AESM_STORED_KEY, "the stored attestation key cannot be used: remove its file"},
    {QL_PUB_KEY_ID_MISMATCH, AESM_PUB_KEY_ID_MISMATCH, "the attestation key has changed"},
    {QL_INVALID_PCE_SIG_SCHEME, AESM_INVALID_PCE_SIG_SCHEME,
     "the provisioning certification enclave is too new or too old for the quote library"},
    {QL_ATT_KEY_BLOB, AESM_ATT_KEY_BLOB, "the attestation key's file is damaged: remove it"},
    {QL_UNSUPPORTED_ATT_KEY_ID, AESM_UNSUPPORTED_KEY_ID, "unsupported attestation key"},
    {QL_UNSUPPORTED_LOADING_POLICY, AESM_UNSUPPORTED_LOADING_POLICY,
     "the enclaves were already loaded under another policy"},
    {QL_INTERFACE_UNAVAILABLE, AESM_INTERFACE_UNAVAILABLE,
     "the SGX runtime is missing: install libsgx-urts and libsgx-enclave-common"},
    {QL_PLATFORM_LIB_UNAVAILABLE, AESM_PLATFORM_LIB_UNAVAILABLE,
     "the platform provider is missing: install libsgx-dcap-default-qpl or az-dcap-client"},
    {QL_ATT_KEY_NOT_INITIALIZED, AESM_ATT_KEY_NOT_INITIALIZED,
     "the attestation key is not initialised: the client must ask for the target info again"},
    {QL_ATT_KEY_CERT_DATA_INVALID, AESM_ATT_KEY_CERT_DATA_INVALID,
     "the certification data of the attestation key is invalid: empty the provider's cache"},
    {QL_NO_PLATFORM_CERT_DATA, AESM_NO_PLATFORM_CERT_DATA,
     "no PCK certificate for this platform: is the PCCS reachable (--pccs-url, "
     "/etc/sgx_default_qcnl.conf) and the platform registered there?"},
    {QL_OUT_OF_EPC, AESM_OUT_OF_EPC,
     "out of enclave memory: give the helper EPC for the QE and PCE enclaves, or free some"},
    {QL_ERROR_REPORT, AESM_ERROR_REPORT, "the report could not be verified"},
    {QL_ENCLAVE_LOST, AESM_ENCLAVE_LOST,
     "the quoting enclave was lost, as happens in a suspend: the next request loads it again"},
    {QL_INVALID_REPORT, AESM_INVALID_REPORT,
     "the report is not one of this machine for its quoting enclave: take the target info from "
     "this service"},
    {QL_ENCLAVE_LOAD_ERROR, AESM_ENCLAVE_LOAD_ERROR,
     "QE or PCE cannot be loaded: do /dev/sgx_enclave and /dev/sgx_provision exist, may this user "
     "open them (group sgx_prv), is EPC left, are libsgx-ae-qe3 and libsgx-ae-pce installed?"},
    {QL_QE_REPORT, AESM_UNABLE_TO_GENERATE_QE_REPORT, "the quoting enclave made no report"},
    {QL_KEY_CERTIFICATION, AESM_KEY_CERTIFICATION,
     "the PCE did not certify the key: does the helper have /dev/sgx_provision (group sgx_prv, "
     "resource sgx.intel.com/provision)?"},
    {QL_NETWORK_ERROR, AESM_NETWORK, "the PCCS cannot be reached: check --pccs-url and network"},
    {QL_INVALID_PRIVILEGE, AESM_KEY_CERTIFICATION,
     "no permission to provision: give the helper /dev/sgx_provision (group sgx_prv, resource "
     "sgx.intel.com/provision)"},
    {QL_NO_DEVICE, AESM_NO_DEVICE, "no SGX device: check the driver and /dev/sgx_enclave"},
    {QL_SERVICE_UNAVAILABLE, AESM_SERVICE_UNAVAILABLE,
     "SGX_AESM_ADDR is set, so the library asks an aesmd, which does not run: unset it for the "
     "helper"},
    {QL_NETWORK_FAILURE, AESM_NETWORK, "the PCCS cannot be reached: check --pccs-url and network"},
    {QL_SERVICE_TIMEOUT, AESM_NETWORK, "the PCCS did not answer in time"},
    {QL_BUSY, AESM_BACKEND_BUSY, "the provider is busy: try again later"},
    {QL_PLATFORM_UNKNOWN, AESM_UNRECOGNIZED_PLATFORM,
     "the PCCS does not know this platform: register it (mpa_registration, PCKIDRetrievalTool)"},
    {QL_CERTS_UNAVAILABLE, AESM_NO_PLATFORM_CERT_DATA,
     "the PCCS has no certificates for this platform: is it registered, can the PCCS reach Intel?"},
};

struct calls {
    uint32_t (*set_policy)(uint32_t policy);
    uint32_t (*get_target_info)(void *ret_target_info);
    uint32_t (*get_quote_size)(uint32_t *ret_size);
    uint32_t (*get_quote)(const void *report, uint32_t size, uint8_t *ret_quote);
    uint32_t (*ql_init_quote)(void *key_id, void *ret_target_info, bool refresh,
                              size_t *key_id_size, uint8_t *ret_key_id);
    uint32_t (*ql_get_quote)(const void *report, void *key_id, void *qe_report_info,
                             uint8_t *ret_quote, uint32_t size);
};

struct intel {
    void *handle;
    struct calls calls;
    bool has_key_calls; /* ql_init_quote and ql_get_quote */
};

uint32_t aesm_intel_error_code(uint32_t error)
{
    if (error == 0)
        return AESM_SUCCESS;
    for (size_t i = 0; i < ARRAY_COUNT(error_rows); i++) {
        if (error_rows[i].error == error)
            return error_rows[i].code;
    }
    return AESM_UNEXPECTED;
}

const char *aesm_intel_error_remedy(uint32_t error)
{
    for (size_t i = 0; i < ARRAY_COUNT(error_rows); i++) {
        if (error_rows[i].error == error)
            return error_rows[i].remedy;
    }
    return REMEDY_NONE;
}

static uint32_t failure_report(const char *call, uint32_t error, struct err *err)
{
    err_set(err, -EIO, "%s: 0x%04x, %s", call, error, aesm_intel_error_remedy(error));
    return aesm_intel_error_code(error);
}

/* dlsym() gives a data pointer; POSIX lets its bytes be a function's. */
static bool symbol_find(void *handle, const char *name, void *ret_call)
{
    void *symbol = dlsym(handle, name);

    memcpy(ret_call, &symbol, sizeof(symbol));
    return symbol != NULL;
}

static const char *symbols_find(struct intel *i)
{
    struct calls *c = &i->calls;

    i->has_key_calls = symbol_find(i->handle, "sgx_ql_init_quote", &c->ql_init_quote) &&
                       symbol_find(i->handle, "sgx_ql_get_quote", &c->ql_get_quote);
    if (!symbol_find(i->handle, "sgx_qe_set_enclave_load_policy", &c->set_policy))
        return "sgx_qe_set_enclave_load_policy";
    if (!symbol_find(i->handle, "sgx_qe_get_target_info", &c->get_target_info))
        return "sgx_qe_get_target_info";
    if (!symbol_find(i->handle, "sgx_qe_get_quote_size", &c->get_quote_size))
        return "sgx_qe_get_quote_size";
    return symbol_find(i->handle, "sgx_qe_get_quote", &c->get_quote) ? NULL : "sgx_qe_get_quote";
}

static uint32_t library_close(struct intel *i, uint32_t code)
{
    if (i->handle)
        dlclose(i->handle);
    *i = (struct intel){0};
    return code;
}

static uint32_t library_open(struct intel *i, struct err *err)
{
    const char *missing;
    uint32_t error;

    i->handle = dlopen(INTEL_QUOTE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!i->handle) {
        err_set(err, -ENOENT,
                "%s: install libsgx-dcap-ql with its enclaves (libsgx-ae-qe3, libsgx-ae-pce, "
                "libsgx-ae-id-enclave), or use --quote-backend=software",
                dlerror());
        return AESM_SERVICE_UNAVAILABLE;
    }
    missing = symbols_find(i);
    if (missing) {
        err_set(err, -ENOENT, "%s has no %s: install libsgx-dcap-ql 1.3 or later",
                INTEL_QUOTE_LIBRARY, missing);
        return library_close(i, AESM_SERVICE_UNAVAILABLE);
    }
    error = i->calls.set_policy(LOAD_POLICY_PERSISTENT);
    if (error != 0)
        return library_close(i, failure_report("sgx_qe_set_enclave_load_policy", error, err));
    return AESM_SUCCESS;
}

static uint32_t library_assert(struct intel *i, struct err *err)
{
    uint32_t code = i->handle ? (uint32_t)AESM_SUCCESS : library_open(i, err);

    assert(code != AESM_SUCCESS ||
           (i->calls.get_target_info && i->calls.get_quote_size && i->calls.get_quote));
    return code;
}

static void key_id_copy(uint8_t ret[static AESM_KEY_ID_SIZE])
{
    memcpy(ret, aesm_key_id().data, AESM_KEY_ID_SIZE);
}

static uint32_t intel_init(void *self, struct aesm_quote_identity *ret, struct err *err)
{
    struct intel *i = self;
    alignas(16) uint8_t key_id[AESM_KEY_ID_SIZE];
    size_t size = AESM_PUB_KEY_ID_SIZE;
    uint32_t error, code = library_assert(i, err);

    if (code != AESM_SUCCESS)
        return code;
    if (!i->has_key_calls) {
        error = i->calls.get_target_info(ret->target_info);
        return error == 0 ? AESM_SUCCESS : failure_report("sgx_qe_get_target_info", error, err);
    }
    key_id_copy(key_id);
    error = i->calls.ql_init_quote(key_id, ret->target_info, false, &size, ret->pub_key_id);
    return error == 0 ? AESM_SUCCESS : failure_report("sgx_ql_init_quote", error, err);
}

static uint32_t intel_size(void *self, uint32_t *ret_size, struct err *err)
{
    struct intel *i = self;
    uint32_t error, code = library_assert(i, err);

    if (code != AESM_SUCCESS)
        return code;
    error = i->calls.get_quote_size(ret_size);
    return error == 0 ? AESM_SUCCESS : failure_report("sgx_qe_get_quote_size", error, err);
}

static uint32_t quote_with_info(struct intel *i, const struct aesm_quote_order *order,
                                const void *report, struct err *err)
{
    alignas(16) uint8_t info[AESM_QE_REPORT_INFO_SIZE];
    alignas(16) uint8_t key_id[AESM_KEY_ID_SIZE];
    uint32_t error;

    key_id_copy(key_id);
    memcpy(info, order->qe_report_info, sizeof(info));
    error = i->calls.ql_get_quote(report, key_id, info, order->quote, order->quote_size);
    if (error != 0)
        return failure_report("sgx_ql_get_quote", error, err);
    memcpy(order->qe_report_info, info, sizeof(info));
    return AESM_SUCCESS;
}

static uint32_t intel_quote(void *self, const struct aesm_quote_order *order, struct err *err)
{
    struct intel *i = self;
    alignas(16) uint8_t report[AESM_REPORT_SIZE];
    uint32_t error, code = library_assert(i, err);

    if (code != AESM_SUCCESS)
        return code;
    memcpy(report, order->report, sizeof(report));
    memset(order->quote, 0, order->quote_size);
    if (!order->qe_report_info) {
        error = i->calls.get_quote(report, order->quote_size, order->quote);
        return error == 0 ? AESM_SUCCESS : failure_report("sgx_qe_get_quote", error, err);
    }
    if (i->has_key_calls)
        return quote_with_info(i, order, report, err);
    err_set(err, -ENOTSUP,
            "a QE report was asked for, and libsgx_qe3_logic.so has no "
            "sgx_ql_get_quote: install libsgx-qe3-logic");
    return AESM_INTERFACE_UNAVAILABLE;
}

static void intel_free(void *self)
{
    struct intel *i = self;

    library_close(i, 0);
    free(i);
}

/* Intel's provider reads the PCCS address from a file; give it one of ours. */
static int conf_write(const char *pccs_url, const char *state_dir, struct err *err)
{
    CLEANUP(buf_done) struct buf conf = buf_init(CONF_SIZE_MAX);
    char path[PATH_SIZE];
    int r;

    if (snprintf(path, sizeof(path), "%s/qcnl.conf", state_dir) >= PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%s", state_dir);
    buf_put_str(&conf, "{\"pccs_url\":");
    buf_put_json_string(&conf, span_str(pccs_url));
    buf_put_str(&conf, ",\"use_secure_cert\":true}\n");
    if (buf_status(&conf) < 0)
        return err_set(err, buf_status(&conf), "PCCS address");
    r = fd_make_dirs(state_dir, 0755, err);
    if (r == 0)
        r = fd_write_file(path, buf_span(&conf), FILE_MODE, err);
    if (r < 0)
        return r;
    return setenv("QCNL_CONF_PATH", path, 1) < 0 ? err_errno(err, "QCNL_CONF_PATH") : 0;
}

int aesm_intel_backend_new(const char *pccs_url, const char *state_dir, struct aesm_backend *ret,
                           struct err *err)
{
    struct intel *i;
    int r = pccs_url ? conf_write(pccs_url, state_dir, err) : 0;

    if (r < 0)
        return r;
    unsetenv("SGX_AESM_ADDR"); /* set, it would make the library ask an aesmd: us */
    i = calloc(1, sizeof(*i));
    if (!i)
        return err_set(err, -ENOMEM, "quote library");
    *ret = (struct aesm_backend){
        .name = "intel",
        .is_blocking = true,
        .self = i,
        .init = intel_init,
        .size = intel_size,
        .quote = intel_quote,
        .free = intel_free,
    };
    return 0;
}
