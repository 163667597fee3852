/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/protocol.h: what is fixed in the AESM protocol: framing, request kinds, error codes, and the
 * sizes of the payloads that ECDSA quoting carries. Clients: Intel's libsgx_quote_ex, Open Enclave,
 * EGo, Gramine, Fortanix's aesm-client, Enarx, Occlum.
 *
 * A frame is a 32-bit little-endian length and so many bytes of a proto2 message. A request names
 * its kind by the one optional field of `Request` that is set; a connection carries one request.
 */
#ifndef COFFER_AESM_PROTOCOL_H
#define COFFER_AESM_PROTOCOL_H

enum {
    AESM_FRAME_HEADER_SIZE = 4,        /* bytes: the length, little endian */
    AESM_REQUEST_SIZE_MAX = 8 * 1024,  /* bytes of a request's message; ours need under 3 KiB */
    AESM_QUOTE_BUFFER_MAX = 32 * 1024, /* bytes that a client may ask a quote to be padded to */
    AESM_RESPONSE_SIZE_MAX = AESM_QUOTE_BUFFER_MAX + 2048, /* bytes of a response's frame */

    AESM_REPORT_SIZE = 432,
    AESM_TARGET_INFO_SIZE = 512,
    AESM_NONCE_SIZE = 16,
    AESM_PUB_KEY_ID_SIZE = 32,
    AESM_QE_REPORT_INFO_SIZE = AESM_NONCE_SIZE + AESM_TARGET_INFO_SIZE + AESM_REPORT_SIZE,
    AESM_KEY_ID_SIZE = 256,           /* sgx_att_key_id_ext_t */
    AESM_KEY_ID_COMPARED_SIZE = 158,  /* its head, which decides whether two name the same key */
    AESM_KEY_ID_LIST_HEADER_SIZE = 8, /* u16 id, u16 version, u32 count */
    AESM_KEY_ID_COUNT_MAX = 10,
};

/** enum aesm_kind - request kinds; the value is the field's number in `Request` and `Response` */
enum aesm_kind {
    AESM_NONE = 0,
    AESM_INIT_QUOTE = 1,
    AESM_GET_QUOTE = 2,
    AESM_GET_LAUNCH_TOKEN = 3,
    AESM_REPORT_ERROR = 4,
    AESM_GET_WHITE_LIST_SIZE = 10,
    AESM_GET_WHITE_LIST = 11,
    AESM_GET_EXTENDED_GROUP = 12,
    AESM_SWITCH_EXTENDED_GROUP = 13,
    AESM_REGISTER = 14,
    AESM_INIT_QUOTE_EX = 15,
    AESM_GET_QUOTE_SIZE_EX = 16,
    AESM_GET_QUOTE_EX = 17,
    AESM_CHECK_UPDATE_STATUS = 18,
    AESM_SELECT_KEY_ID = 19,
    AESM_GET_KEY_ID_COUNT = 21,
    AESM_GET_KEY_IDS = 22,
    AESM_KIND_LAST = AESM_GET_KEY_IDS,
};

/** enum aesm_code - the errorCode of a response: aesm_error_t of Intel's platform software */
enum aesm_code {
    AESM_SUCCESS = 0,
    AESM_UNEXPECTED = 1,
    AESM_NO_DEVICE = 2,
    AESM_PARAMETER = 3,
    AESM_NETWORK = 12,
    AESM_FILE_ACCESS = 15,
    AESM_SERVICE_STOPPED = 17,
    AESM_BACKEND_BUSY = 19, /* clients turn it into SGX_ERROR_BUSY: try again later */
    AESM_OUT_OF_MEMORY = 21,
    AESM_OUT_OF_EPC = 29,
    AESM_SERVICE_UNAVAILABLE = 30,
    AESM_UNRECOGNIZED_PLATFORM = 31,
    AESM_ECDSA_ID_MISMATCH = 32,
    AESM_PATHNAME_OVERFLOW = 33,
    AESM_STORED_KEY = 34,
    AESM_PUB_KEY_ID_MISMATCH = 35,
    AESM_INVALID_PCE_SIG_SCHEME = 36,
    AESM_ATT_KEY_BLOB = 37,
    AESM_UNSUPPORTED_KEY_ID = 38,
    AESM_UNSUPPORTED_LOADING_POLICY = 39,
    AESM_INTERFACE_UNAVAILABLE = 40,
    AESM_PLATFORM_LIB_UNAVAILABLE = 41,
    AESM_ATT_KEY_NOT_INITIALIZED = 42,
    AESM_ATT_KEY_CERT_DATA_INVALID = 43,
    AESM_NO_PLATFORM_CERT_DATA = 44,
    AESM_ERROR_REPORT = 45,
    AESM_ENCLAVE_LOST = 46,
    AESM_INVALID_REPORT = 47,
    AESM_ENCLAVE_LOAD_ERROR = 48,
    AESM_UNABLE_TO_GENERATE_QE_REPORT = 49,
    AESM_KEY_CERTIFICATION = 50,
};

#endif
