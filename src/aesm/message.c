/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol is proto2 in a frame, and what a client may observe of aesmd's way to read it is
 * part of the protocol: which kind wins when several are set, what a field counts that comes
 * twice, which requests are answered and which are dropped. A generated decoder hides exactly
 * these points, so the reading is done here, over the shared wire codec, in two passes. The first
 * collects the kinds that the message names and picks one by aesmd's order. The second reads every
 * embedded message of that kind, field by field, by the table `field_rows`: an embedded message
 * that comes twice is thereby merged, and the last value of a field wins.
 *
 * The spans of a request point into the frame: nothing is copied and nothing is allocated. Each
 * row of the table that was seen sets one bit, and a request is complete when the bits of its
 * required rows are set. An incomplete request is not an error here, since aesmd answers it.
 *
 * Rendering goes the other way with one list of fields for every kind: the tag of a kind in
 * `Request` and in `Response` is the same number, and errorCode is always field 1.
 */
#include "aesm/message.h"

#include <assert.h>
#include <errno.h>

#include "codec/protobuf.h"

/* The kind of a request is the first of this order that is set: ProtobufSerializer::inflateRequest.
 */
static const enum aesm_kind precedence[] = {
    AESM_GET_LAUNCH_TOKEN, AESM_INIT_QUOTE,          AESM_GET_QUOTE,
    AESM_REPORT_ERROR,     AESM_CHECK_UPDATE_STATUS, AESM_GET_WHITE_LIST_SIZE,
    AESM_GET_WHITE_LIST,   AESM_GET_EXTENDED_GROUP,  AESM_SWITCH_EXTENDED_GROUP,
    AESM_REGISTER,         AESM_INIT_QUOTE_EX,       AESM_GET_QUOTE_SIZE_EX,
    AESM_GET_QUOTE_EX,     AESM_SELECT_KEY_ID,       AESM_GET_KEY_ID_COUNT,
    AESM_GET_KEY_IDS,
};

/* Where a request's field goes. Rows with FIELD_IGNORED only say that the field must be there. */
enum slot {
    FIELD_IGNORED,
    FIELD_REPORT,
    FIELD_KEY_ID,
    FIELD_KEY_ID_LIST,
    FIELD_QE_REPORT_INFO,
    FIELD_WANTS_PUB_KEY_ID,
    FIELD_BUF_SIZE,
    FIELD_DATA_TYPE,
};

/* messages.proto. Timeouts are left out: their unit differs from client to client. */
static const struct field_row {
    enum aesm_kind kind;
    uint32_t number;
    enum protobuf_type type;
    bool required;
    enum slot slot;
} field_rows[] = {
    {AESM_GET_QUOTE, 1, PROTOBUF_BYTES, true, FIELD_REPORT},
    {AESM_GET_QUOTE, 2, PROTOBUF_VARINT, true, FIELD_IGNORED},
    {AESM_GET_QUOTE, 3, PROTOBUF_BYTES, true, FIELD_IGNORED},
    {AESM_GET_QUOTE, 6, PROTOBUF_VARINT, true, FIELD_BUF_SIZE},
    {AESM_GET_LAUNCH_TOKEN, 1, PROTOBUF_BYTES, true, FIELD_IGNORED},
    {AESM_GET_LAUNCH_TOKEN, 2, PROTOBUF_BYTES, true, FIELD_IGNORED},
    {AESM_GET_LAUNCH_TOKEN, 3, PROTOBUF_BYTES, true, FIELD_IGNORED},
    {AESM_REPORT_ERROR, 1, PROTOBUF_BYTES, true, FIELD_IGNORED},
    {AESM_REPORT_ERROR, 2, PROTOBUF_VARINT, true, FIELD_IGNORED},
    {AESM_REPORT_ERROR, 3, PROTOBUF_VARINT, true, FIELD_IGNORED},
    {AESM_REGISTER, 1, PROTOBUF_BYTES, true, FIELD_IGNORED},
    {AESM_REGISTER, 2, PROTOBUF_VARINT, true, FIELD_DATA_TYPE},
    {AESM_INIT_QUOTE_EX, 1, PROTOBUF_BYTES, false, FIELD_KEY_ID},
    {AESM_INIT_QUOTE_EX, 3, PROTOBUF_VARINT, true, FIELD_WANTS_PUB_KEY_ID},
    {AESM_INIT_QUOTE_EX, 4, PROTOBUF_VARINT, false, FIELD_BUF_SIZE},
    {AESM_GET_QUOTE_SIZE_EX, 1, PROTOBUF_BYTES, false, FIELD_KEY_ID},
    {AESM_GET_QUOTE_EX, 1, PROTOBUF_BYTES, true, FIELD_REPORT},
    {AESM_GET_QUOTE_EX, 2, PROTOBUF_BYTES, false, FIELD_KEY_ID},
    {AESM_GET_QUOTE_EX, 3, PROTOBUF_BYTES, false, FIELD_QE_REPORT_INFO},
    {AESM_GET_QUOTE_EX, 4, PROTOBUF_VARINT, true, FIELD_BUF_SIZE},
    {AESM_CHECK_UPDATE_STATUS, 2, PROTOBUF_VARINT, true, FIELD_IGNORED},
    {AESM_CHECK_UPDATE_STATUS, 3, PROTOBUF_VARINT, true, FIELD_IGNORED},
    {AESM_SELECT_KEY_ID, 1, PROTOBUF_BYTES, false, FIELD_KEY_ID_LIST},
    {AESM_GET_KEY_IDS, 1, PROTOBUF_VARINT, true, FIELD_BUF_SIZE},
};

static const struct {
    enum aesm_kind kind;
    const char *name;
} kind_names[] = {
    {AESM_INIT_QUOTE, "initQuote"},
    {AESM_GET_QUOTE, "getQuote"},
    {AESM_GET_LAUNCH_TOKEN, "getLaunchToken"},
    {AESM_REPORT_ERROR, "reportError"},
    {AESM_GET_WHITE_LIST_SIZE, "getWhiteListSize"},
    {AESM_GET_WHITE_LIST, "getWhiteList"},
    {AESM_GET_EXTENDED_GROUP, "getExtendedGroup"},
    {AESM_SWITCH_EXTENDED_GROUP, "switchExtendedGroup"},
    {AESM_REGISTER, "register"},
    {AESM_INIT_QUOTE_EX, "initQuoteEx"},
    {AESM_GET_QUOTE_SIZE_EX, "getQuoteSizeEx"},
    {AESM_GET_QUOTE_EX, "getQuoteEx"},
    {AESM_CHECK_UPDATE_STATUS, "checkUpdateStatus"},
    {AESM_SELECT_KEY_ID, "selectKeyId"},
    {AESM_GET_KEY_ID_COUNT, "getKeyIdCount"},
    {AESM_GET_KEY_IDS, "getKeyIds"},
};

static const struct {
    uint32_t code;
    const char *text;
} code_texts[] = {
    {AESM_SUCCESS, "success"},
    {AESM_UNEXPECTED, "unexpected error"},
    {AESM_NO_DEVICE, "no SGX device"},
    {AESM_PARAMETER, "a parameter of the request is wrong"},
    {AESM_NETWORK, "the collateral service cannot be reached"},
    {AESM_FILE_ACCESS, "a file cannot be read or written"},
    {AESM_SERVICE_STOPPED, "the service is stopping"},
    {AESM_BACKEND_BUSY, "busy, try again later"},
    {AESM_OUT_OF_MEMORY, "out of memory"},
    {AESM_OUT_OF_EPC, "out of enclave memory"},
    {AESM_SERVICE_UNAVAILABLE, "this service is not offered"},
    {AESM_UNRECOGNIZED_PLATFORM, "the platform is not registered"},
    {AESM_ECDSA_ID_MISMATCH, "the attestation key belongs to another platform"},
    {AESM_PATHNAME_OVERFLOW, "a path name is too long"},
    {AESM_STORED_KEY, "the stored attestation key cannot be used"},
    {AESM_PUB_KEY_ID_MISMATCH, "the attestation key's identity does not match"},
    {AESM_INVALID_PCE_SIG_SCHEME, "unknown signature scheme of the certification enclave"},
    {AESM_ATT_KEY_BLOB, "the attestation key's file is damaged"},
    {AESM_UNSUPPORTED_KEY_ID, "this attestation key is not supported"},
    {AESM_UNSUPPORTED_LOADING_POLICY, "unsupported enclave loading policy"},
    {AESM_INTERFACE_UNAVAILABLE, "the quote library cannot do this"},
    {AESM_PLATFORM_LIB_UNAVAILABLE, "the platform's quote provider library is missing"},
    {AESM_ATT_KEY_NOT_INITIALIZED, "the attestation key is not initialised"},
    {AESM_ATT_KEY_CERT_DATA_INVALID, "the attestation key's certification data is invalid"},
    {AESM_NO_PLATFORM_CERT_DATA, "no certificate for this platform"},
    {AESM_ERROR_REPORT, "the report could not be verified"},
    {AESM_ENCLAVE_LOST, "the quoting enclave was lost"},
    {AESM_INVALID_REPORT, "the report is not one of this platform for the quoting enclave"},
    {AESM_ENCLAVE_LOAD_ERROR, "the quoting enclave cannot be loaded"},
    {AESM_UNABLE_TO_GENERATE_QE_REPORT, "the quoting enclave's report cannot be made"},
    {AESM_KEY_CERTIFICATION, "the attestation key cannot be certified"},
};

const char *aesm_kind_name(enum aesm_kind kind)
{
    for (size_t i = 0; i < ARRAY_COUNT(kind_names); i++) {
        if (kind_names[i].kind == kind)
            return kind_names[i].name;
    }
    return "unknown";
}

const char *aesm_code_text(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_COUNT(code_texts); i++) {
        if (code_texts[i].code == code)
            return code_texts[i].text;
    }
    return "unknown error code";
}

static void field_store(struct aesm_request *q, enum slot slot, const struct protobuf_field *field)
{
    struct aesm_bytes bytes = {.present = true, .bytes = field->bytes};

    switch (slot) {
    case FIELD_IGNORED:
        return;
    case FIELD_REPORT:
        q->report = bytes;
        return;
    case FIELD_KEY_ID:
        q->key_id = bytes;
        return;
    case FIELD_KEY_ID_LIST:
        q->key_id_list = bytes;
        return;
    case FIELD_QE_REPORT_INFO:
        q->qe_report_info = bytes;
        return;
    case FIELD_WANTS_PUB_KEY_ID:
        q->wants_pub_key_id = field->value;
        return;
    case FIELD_BUF_SIZE:
        q->buf_size = q->kind == AESM_INIT_QUOTE_EX ? field->value : field->value & UINT32_MAX;
        return;
    case FIELD_DATA_TYPE:
        q->data_type = field->value & UINT32_MAX;
        return;
    }
}

/* Read one embedded message of the request's kind; @seen collects the rows that were there. */
static bool fields_read(struct span inner, struct aesm_request *q, uint32_t *seen)
{
    struct protobuf_reader r = protobuf_reader_of(inner);
    struct protobuf_field field;

    while (protobuf_next(&r, &field)) {
        for (size_t i = 0; i < ARRAY_COUNT(field_rows); i++) {
            const struct field_row *row = &field_rows[i];

            if (row->kind != q->kind || row->number != field.number || row->type != field.type)
                continue;
            field_store(q, row->slot, &field);
            *seen |= UINT32_C(1) << i;
        }
    }
    return !r.failed;
}

static bool is_complete(enum aesm_kind kind, uint32_t seen)
{
    for (size_t i = 0; i < ARRAY_COUNT(field_rows); i++) {
        if (field_rows[i].kind == kind && field_rows[i].required && !(seen >> i & 1))
            return false;
    }
    return true;
}

/* The set of kinds that the message names, as bits by number. */
static bool kinds_find(struct span message, uint32_t *ret_kinds)
{
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field field;

    *ret_kinds = 0;
    while (protobuf_next(&r, &field)) {
        if (field.type == PROTOBUF_BYTES && field.number <= AESM_KIND_LAST)
            *ret_kinds |= UINT32_C(1) << field.number;
    }
    return !r.failed;
}

static enum aesm_kind kind_first(uint32_t kinds)
{
    for (size_t i = 0; i < ARRAY_COUNT(precedence); i++) {
        if (kinds >> precedence[i] & 1)
            return precedence[i];
    }
    return AESM_NONE;
}

int aesm_request_parse(struct span message, struct aesm_request *ret, struct err *err)
{
    struct aesm_request q = {0};
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field field;
    uint32_t kinds, seen = 0;

    static_assert(ARRAY_COUNT(field_rows) <= 32, "one bit for each row");
    static_assert(AESM_KIND_LAST < 32, "one bit for each kind");

    if (!kinds_find(message, &kinds))
        return err_set(err, -EBADMSG, "%zu bytes that are no AESM request", message.len);
    q.kind = kind_first(kinds);
    if (q.kind == AESM_NONE)
        return err_set(err, -ENOMSG, "request of no known kind");

    while (protobuf_next(&r, &field)) {
        if (field.number != (uint32_t)q.kind || field.type != PROTOBUF_BYTES)
            continue;
        if (!fields_read(field.bytes, &q, &seen))
            return err_set(err, -EBADMSG, "malformed %s request", aesm_kind_name(q.kind));
    }
    q.complete = is_complete(q.kind, seen);
    *ret = q;
    return 0;
}

size_t aesm_field_size(const struct aesm_field *f)
{
    size_t len = f->bytes.len + f->pad;

    if (f->is_bytes)
        return 1 + protobuf_varint_size(len) + len;
    return 1 + protobuf_varint_size(f->number);
}

static void field_put(struct buf *out, const struct aesm_field *f)
{
    if (!f->is_bytes) {
        protobuf_put_varint(out, f->tag, f->number);
        return;
    }
    protobuf_put_bytes_head(out, f->tag, f->bytes.len + f->pad);
    buf_put(out, f->bytes);
    buf_put_zero(out, f->pad);
}

static size_t fields_size(const struct aesm_field *fields, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += aesm_field_size(&fields[i]);
    return size;
}

/* The frame's length, then the embedded message's key and length. */
static void heads_put(struct buf *out, enum aesm_kind kind, size_t inner)
{
    size_t key_size = protobuf_varint_size((uint64_t)kind << PROTOBUF_TYPE_BITS);

    buf_put_u32le(out, (uint32_t)(key_size + protobuf_varint_size(inner) + inner));
    protobuf_put_bytes_head(out, (uint32_t)kind, inner);
}

void aesm_response_render(struct buf *out, enum aesm_kind kind, uint32_t code,
                          const struct aesm_field *fields, size_t count)
{
    struct aesm_field first = {.tag = 1, .number = code};

    heads_put(out, kind, aesm_field_size(&first) + fields_size(fields, count));
    field_put(out, &first);
    for (size_t i = 0; i < count; i++)
        field_put(out, &fields[i]);
}

void aesm_request_render(struct buf *out, enum aesm_kind kind, const struct aesm_field *fields,
                         size_t count)
{
    heads_put(out, kind, fields_size(fields, count));
    for (size_t i = 0; i < count; i++)
        field_put(out, &fields[i]);
}

static bool response_read(struct span inner, struct aesm_response *a)
{
    struct protobuf_reader r = protobuf_reader_of(inner);
    struct protobuf_field field;

    while (protobuf_next(&r, &field)) {
        if (field.number >= ARRAY_COUNT(a->bytes))
            continue;
        if (field.type == PROTOBUF_BYTES)
            a->bytes[field.number] = (struct aesm_bytes){true, field.bytes};
        if (field.type == PROTOBUF_VARINT)
            a->numbers[field.number] = field.value;
    }
    return !r.failed;
}

int aesm_response_parse(struct span message, struct aesm_response *ret, struct err *err)
{
    struct aesm_response a = {.numbers = {[1] = AESM_UNEXPECTED}};
    struct protobuf_reader r = protobuf_reader_of(message);
    struct protobuf_field field;

    while (protobuf_next(&r, &field)) {
        if (field.type != PROTOBUF_BYTES || field.number > AESM_KIND_LAST)
            continue;
        a.kind = (enum aesm_kind)field.number;
        if (!response_read(field.bytes, &a))
            return err_set(err, -EBADMSG, "malformed %s response", aesm_kind_name(a.kind));
    }
    if (r.failed || a.kind == AESM_NONE)
        return err_set(err, -EBADMSG, "%zu bytes that are no AESM response", message.len);

    a.code = (uint32_t)a.numbers[1];
    *ret = a;
    return 0;
}
