/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where Intel's code is lax, this is its behaviour seen from outside: a failed getQuoteEx returns
 * the caller's qe_report_info unchanged, a failed initQuoteEx returns the caller's buf_size, sizes
 * and counts are present though zero. Timeouts of requests are never looked at.
 */
#include "aesm/answer.h"

#include <assert.h>
#include <errno.h>

#include "base/reader.h"

/* sgx_att_key_id_ext_t of Intel's ECDSA quoting enclave, whose signer clients have built in. */
static const uint8_t key_id[AESM_KEY_ID_SIZE] = {
    [4] = 32, /* mrsigner_length */
    0,
    /* mrsigner */
    0x8c,
    0x4f,
    0x57,
    0x75,
    0xd7,
    0x96,
    0x50,
    0x3e,
    0x96,
    0x13,
    0x7f,
    0x77,
    0xc6,
    0x8a,
    0x82,
    0x9a,
    0x00,
    0x56,
    0xac,
    0x8d,
    0xed,
    0x70,
    0x14,
    0x0b,
    0x08,
    0x1b,
    0x09,
    0x44,
    0x90,
    0xc5,
    0x7b,
    0xff,
    [54] = 1,  /* prod_id */
    [154] = 2, /* algorithm_id: ECDSA P-256 */
};

static_assert(AESM_QE_REPORT_INFO_SIZE == 960, "sgx_ql_qe_report_info_t");

struct span aesm_key_id(void)
{
    return span_of(key_id, sizeof(key_id));
}

static bool is_our_key(struct span id)
{
    return span_equal(span_sub(id, 0, AESM_KEY_ID_COMPARED_SIZE),
                      span_sub(aesm_key_id(), 0, AESM_KEY_ID_COMPARED_SIZE));
}

static uint32_t check_key_id(const struct aesm_request *q)
{
    if (!q->key_id.present || q->key_id.bytes.len < AESM_KEY_ID_SIZE)
        return AESM_PARAMETER;
    return is_our_key(q->key_id.bytes) ? AESM_SUCCESS : AESM_UNSUPPORTED_KEY_ID;
}

/* The first entry of the client's list that names our key; our own id when there is no list. */
static uint32_t select_key_id(const struct aesm_request *q, struct span *ret)
{
    struct reader r = reader_of(q->key_id_list.bytes);
    uint16_t id, version;
    uint32_t count;

    *ret = aesm_key_id();
    if (!q->key_id_list.present)
        return AESM_SUCCESS;

    id = reader_u16le(&r);
    version = reader_u16le(&r);
    count = reader_u32le(&r);
    if (!reader_ok(&r) || id != 0 || version != 0 || count == 0 || count > AESM_KEY_ID_COUNT_MAX ||
        r.rest.len != (size_t)count * AESM_KEY_ID_SIZE)
        return AESM_PARAMETER;

    while (count-- > 0) {
        *ret = reader_bytes(&r, AESM_KEY_ID_SIZE);
        if (is_our_key(*ret))
            return AESM_SUCCESS;
    }
    return AESM_UNSUPPORTED_KEY_ID;
}

static uint32_t check_init(const struct aesm_request *q)
{
    uint32_t code = check_key_id(q);

    if (code != AESM_SUCCESS)
        return code;
    if (q->wants_pub_key_id && q->buf_size != AESM_PUB_KEY_ID_SIZE)
        return AESM_PARAMETER;
    return AESM_SUCCESS;
}

static uint32_t check_quote(const struct aesm_request *q)
{
    uint32_t code = check_key_id(q);

    if (code != AESM_SUCCESS)
        return code;
    if (q->report.bytes.len != AESM_REPORT_SIZE)
        return AESM_PARAMETER;
    if (q->qe_report_info.present && q->qe_report_info.bytes.len != AESM_QE_REPORT_INFO_SIZE)
        return AESM_PARAMETER;
    if (q->buf_size == 0 || q->buf_size > AESM_QUOTE_BUFFER_MAX)
        return AESM_PARAMETER;
    return AESM_SUCCESS;
}

/* Fields that a response has whatever its code is. */
static void put_bare(const struct aesm_request *q, uint32_t code, struct buf *out)
{
    struct aesm_field number = {.tag = 2};
    struct aesm_field size = {.tag = 3, .number = q->complete ? q->buf_size : 0};
    struct aesm_field info = {.tag = 3, .is_bytes = true, .bytes = q->qe_report_info.bytes};

    switch (q->kind) {
    case AESM_GET_WHITE_LIST_SIZE:
    case AESM_GET_EXTENDED_GROUP:
    case AESM_GET_QUOTE_SIZE_EX:
    case AESM_GET_KEY_ID_COUNT:
        aesm_response_render(out, q->kind, code, &number, 1);
        return;
    case AESM_CHECK_UPDATE_STATUS:
        number.tag = 3;
        aesm_response_render(out, q->kind, code, &number, 1);
        return;
    case AESM_INIT_QUOTE_EX:
        aesm_response_render(out, q->kind, code, &size, 1);
        return;
    case AESM_GET_QUOTE_EX:
        aesm_response_render(out, q->kind, code, &info, q->complete && info.bytes.len > 0);
        return;
    case AESM_NONE:
    case AESM_INIT_QUOTE:
    case AESM_GET_QUOTE:
    case AESM_GET_LAUNCH_TOKEN:
    case AESM_REPORT_ERROR:
    case AESM_GET_WHITE_LIST:
    case AESM_SWITCH_EXTENDED_GROUP:
    case AESM_REGISTER:
    case AESM_SELECT_KEY_ID:
    case AESM_GET_KEY_IDS:
        aesm_response_render(out, q->kind, code, NULL, 0);
        return;
    }
}

void aesm_answer_refusal(enum aesm_kind kind, uint32_t code, struct buf *out)
{
    const struct aesm_request q = {.kind = kind};

    put_bare(&q, code, out);
}

static uint32_t put_bytes(const struct aesm_request *q, uint32_t code, struct span bytes,
                          struct buf *out)
{
    const struct aesm_field field = {.tag = 2, .is_bytes = true, .bytes = bytes};

    aesm_response_render(out, q->kind, code, &field, code == AESM_SUCCESS);
    return code;
}

static uint32_t put_count(const struct aesm_request *q, struct buf *out)
{
    const struct aesm_field field = {.tag = 2, .number = 1};

    aesm_response_render(out, q->kind, AESM_SUCCESS, &field, 1);
    return AESM_SUCCESS;
}

/* The code that can be said without the backend; AESM_SUCCESS: only the backend knows. */
static uint32_t check(const struct aesm_request *q)
{
    switch (q->kind) {
    case AESM_INIT_QUOTE_EX:
        return check_init(q);
    case AESM_GET_QUOTE_SIZE_EX:
        return check_key_id(q);
    case AESM_GET_QUOTE_EX:
        return check_quote(q);
    case AESM_REGISTER: /* 0: white list certificate, of the launch service; others are unknown */
        return q->data_type == 0 ? AESM_SERVICE_UNAVAILABLE : AESM_PARAMETER;
    case AESM_NONE:
    case AESM_INIT_QUOTE:
    case AESM_GET_QUOTE:
    case AESM_GET_LAUNCH_TOKEN:
    case AESM_REPORT_ERROR:
    case AESM_GET_WHITE_LIST_SIZE:
    case AESM_GET_WHITE_LIST:
    case AESM_GET_EXTENDED_GROUP:
    case AESM_SWITCH_EXTENDED_GROUP:
    case AESM_CHECK_UPDATE_STATUS:
    case AESM_SELECT_KEY_ID:
    case AESM_GET_KEY_ID_COUNT:
    case AESM_GET_KEY_IDS:
        break;
    }
    return AESM_SERVICE_UNAVAILABLE;
}

bool aesm_answer_at_once(const struct aesm_request *q, struct buf *out, uint32_t *ret_code)
{
    uint32_t code = AESM_UNEXPECTED;
    struct span selected;

    if (q->complete && q->kind == AESM_SELECT_KEY_ID) {
        code = select_key_id(q, &selected);
        *ret_code = put_bytes(q, code, selected, out);
        return true;
    }
    if (q->complete && q->kind == AESM_GET_KEY_ID_COUNT) {
        *ret_code = put_count(q, out);
        return true;
    }
    if (q->complete && q->kind == AESM_GET_KEY_IDS) {
        code = q->buf_size == AESM_KEY_ID_SIZE ? AESM_SUCCESS : AESM_PARAMETER;
        *ret_code = put_bytes(q, code, aesm_key_id(), out);
        return true;
    }
    if (q->complete)
        code = check(q);
    if (code == AESM_SUCCESS)
        return false;
    put_bare(q, code, out);
    *ret_code = code;
    return true;
}

void aesm_answer_key(const struct aesm_request *q, struct buf *out)
{
    const struct aesm_field init[] = {
        {.tag = 3, .number = q->wants_pub_key_id != 0},
        {.tag = 4, .number = q->wants_pub_key_id ? q->buf_size : 0},
    };
    const struct aesm_field quote[] = {
        {.tag = 1, .is_bytes = true, .bytes = q->report.bytes},
        {.tag = 3, .is_bytes = true, .bytes = q->qe_report_info.bytes},
        {.tag = 4, .number = q->buf_size},
    };

    if (q->kind == AESM_INIT_QUOTE_EX)
        aesm_request_render(out, q->kind, init, ARRAY_COUNT(init));
    else if (q->kind == AESM_GET_QUOTE_EX)
        aesm_request_render(out, q->kind, quote, ARRAY_COUNT(quote));
    else
        aesm_request_render(out, q->kind, NULL, 0);
}

static uint32_t answer_init(const struct aesm_backend *b, const struct aesm_request *q,
                            struct buf *out, struct err *err)
{
    struct aesm_quote_identity identity = {0};
    uint32_t code = b->init(b->self, &identity, err);
    const struct aesm_field fields[] = {
        {.tag = 2, .is_bytes = true, .bytes = {identity.target_info, sizeof(identity.target_info)}},
        {.tag = 3, .number = AESM_PUB_KEY_ID_SIZE},
        {.tag = 4, .is_bytes = true, .bytes = {identity.pub_key_id, sizeof(identity.pub_key_id)}},
    };

    if (code != AESM_SUCCESS)
        put_bare(q, code, out);
    else
        aesm_response_render(out, q->kind, code, fields, q->wants_pub_key_id ? 3 : 2);
    return code;
}

static uint32_t answer_size(const struct aesm_backend *b, const struct aesm_request *q,
                            struct buf *out, struct err *err)
{
    uint32_t size = 0;
    uint32_t code = b->size(b->self, &size, err);
    const struct aesm_field field = {.tag = 2, .number = size};

    if (code != AESM_SUCCESS)
        put_bare(q, code, out);
    else
        aesm_response_render(out, q->kind, code, &field, 1);
    return code;
}

/* The frame is laid out first, zeros where quote and report info will be, and the backend writes
 * into it: a quote is not copied on its way to the socket. */
static uint32_t answer_quote(const struct aesm_backend *b, const struct aesm_request *q,
                             struct buf *out, struct err *err)
{
    bool has_info = q->qe_report_info.bytes.len == AESM_QE_REPORT_INFO_SIZE;
    const struct aesm_field fields[] = {
        {.tag = 2, .is_bytes = true, .pad = q->buf_size},
        {.tag = 3, .is_bytes = true, .bytes = q->qe_report_info.bytes},
    };
    struct aesm_quote_order order = {
        .report = q->report.bytes.data,
        .quote_size = (uint32_t)q->buf_size,
    };
    size_t start = out->len, info_size;
    uint32_t code;

    aesm_response_render(out, q->kind, AESM_SUCCESS, fields, has_info ? 2 : 1);
    if (buf_status(out) < 0)
        return AESM_OUT_OF_MEMORY;
    info_size = has_info ? aesm_field_size(&fields[1]) : 0;
    order.quote = out->data + out->len - info_size - order.quote_size;
    if (has_info)
        order.qe_report_info = out->data + out->len - AESM_QE_REPORT_INFO_SIZE;
    code = b->quote(b->self, &order, err);
    if (code == AESM_SUCCESS)
        return code;
    out->len = start;
    put_bare(q, code, out);
    return code;
}

uint32_t aesm_answer(const struct aesm_backend *backend, struct span key, struct buf *out,
                     struct err *err)
{
    struct aesm_request q;

    if (aesm_request_parse(span_from(key, AESM_FRAME_HEADER_SIZE), &q, err) < 0)
        return AESM_UNEXPECTED;
    if (q.kind == AESM_INIT_QUOTE_EX)
        return answer_init(backend, &q, out, err);
    if (q.kind == AESM_GET_QUOTE_SIZE_EX)
        return answer_size(backend, &q, out, err);
    return answer_quote(backend, &q, out, err);
}
