/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients compare what they get from this service with what aesmd gave them, so an answer follows
 * aesmd's code and not the protocol's intent. Where aesmd is lax, its behaviour is kept as it is
 * seen from outside: a failed getQuoteEx returns the caller's qe_report_info unchanged, a failed
 * initQuoteEx returns the caller's buf_size, sizes and counts are present though they are zero.
 * Timeouts in requests are ignored: their unit differs from client to client.
 *
 * One table says everything about a kind: which field its response has whatever the code is, and
 * either the function that answers it at once or the function that checks it before the backend
 * is asked. A kind without both belongs to a service that aesmd no longer has.
 *
 * A request that passed its check becomes a struct aesm_canonical. This value is the request from
 * then on: it is what waits in the queue, what decides whether two requests are the same, and what
 * the backend's thread reads, after the client and its frame may have gone.
 *
 * A quote is not copied on its way to the socket: the response frame is laid out first, with zeros
 * for the quote and the report info, and the backend writes into the frame.
 */
#include "aesm/answer.h"

#include <assert.h>
#include <errno.h>

#include "base/reader.h"

/* sgx_att_key_id_ext_t of Intel's ECDSA quoting enclave. Clients have this signer built in. */
/* clang-format off */
static const uint8_t key_id[AESM_KEY_ID_SIZE] = {
    [4] = 32, 0,  /* u16 mrsigner_length */
    [6] =         /* mrsigner */
    0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e,
    0x96, 0x13, 0x7f, 0x77, 0xc6, 0x8a, 0x82, 0x9a,
    0x00, 0x56, 0xac, 0x8d, 0xed, 0x70, 0x14, 0x0b,
    0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff,
    [54] = 1,     /* u32 prod_id */
    [154] = 2,    /* u32 algorithm_id: ECDSA P-256 */
};
/* clang-format on */

static_assert(AESM_QE_REPORT_INFO_SIZE == 960, "sgx_ql_qe_report_info_t");
static_assert(sizeof(struct aesm_canonical) ==
                  4 * sizeof(uint32_t) + AESM_REPORT_SIZE + AESM_QE_REPORT_INFO_SIZE,
              "no padding: the bytes are compared");

/* The fields of a response beside its code, also when the code is an error. */
enum bare {
    BARE_NOTHING,
    BARE_ZERO,           /* a size or count of 0 */
    BARE_BUF_SIZE,       /* the caller's buf_size */
    BARE_QE_REPORT_INFO, /* the caller's, when there is one */
};

struct bare_values {
    uint64_t buf_size;
    struct span qe_report_info;
};

typedef uint32_t (*check_fn)(const struct aesm_request *q);
typedef uint32_t (*answer_fn)(const struct aesm_request *q, struct buf *out);

static uint32_t init_check(const struct aesm_request *q);
static uint32_t key_id_check(const struct aesm_request *q);
static uint32_t quote_check(const struct aesm_request *q);
static uint32_t register_check(const struct aesm_request *q);
static uint32_t key_id_select(const struct aesm_request *q, struct buf *out);
static uint32_t key_id_count(const struct aesm_request *q, struct buf *out);
static uint32_t key_ids_list(const struct aesm_request *q, struct buf *out);

static const struct answer_row {
    enum bare bare;
    unsigned bare_tag; /* its field number */
    answer_fn answer;  /* answers a complete request at once */
    check_fn check;    /* AESM_SUCCESS: only the backend knows */
} rows[AESM_KIND_LAST + 1] = {
    [AESM_GET_WHITE_LIST_SIZE] = {.bare = BARE_ZERO, .bare_tag = 2},
    [AESM_GET_EXTENDED_GROUP] = {.bare = BARE_ZERO, .bare_tag = 2},
    [AESM_CHECK_UPDATE_STATUS] = {.bare = BARE_ZERO, .bare_tag = 3},
    [AESM_REGISTER] = {.check = register_check},
    [AESM_INIT_QUOTE_EX] = {.bare = BARE_BUF_SIZE, .bare_tag = 3, .check = init_check},
    [AESM_GET_QUOTE_SIZE_EX] = {.bare = BARE_ZERO, .bare_tag = 2, .check = key_id_check},
    [AESM_GET_QUOTE_EX] = {.bare = BARE_QE_REPORT_INFO, .bare_tag = 3, .check = quote_check},
    [AESM_SELECT_KEY_ID] = {.answer = key_id_select},
    [AESM_GET_KEY_ID_COUNT] = {.bare = BARE_ZERO, .bare_tag = 2, .answer = key_id_count},
    [AESM_GET_KEY_IDS] = {.answer = key_ids_list},
};

struct span aesm_key_id(void)
{
    return span_of(key_id, sizeof(key_id));
}

static bool key_id_is_ours(struct span id)
{
    return span_equal(span_sub(id, 0, AESM_KEY_ID_COMPARED_SIZE),
                      span_sub(aesm_key_id(), 0, AESM_KEY_ID_COMPARED_SIZE));
}

static uint32_t key_id_check(const struct aesm_request *q)
{
    if (!q->key_id.present || q->key_id.bytes.len < AESM_KEY_ID_SIZE)
        return AESM_PARAMETER;
    return key_id_is_ours(q->key_id.bytes) ? AESM_SUCCESS : AESM_UNSUPPORTED_KEY_ID;
}

static uint32_t init_check(const struct aesm_request *q)
{
    uint32_t code = key_id_check(q);

    if (code != AESM_SUCCESS)
        return code;
    if (q->wants_pub_key_id && q->buf_size != AESM_PUB_KEY_ID_SIZE)
        return AESM_PARAMETER;
    return AESM_SUCCESS;
}

static uint32_t quote_check(const struct aesm_request *q)
{
    uint32_t code = key_id_check(q);

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

/* Type 0 is a white list certificate, for the launch service; others are unknown. */
static uint32_t register_check(const struct aesm_request *q)
{
    return q->data_type == 0 ? AESM_SERVICE_UNAVAILABLE : AESM_PARAMETER;
}

static void bare_put(enum aesm_kind kind, uint32_t code, const struct bare_values *values,
                     struct buf *out)
{
    const struct answer_row *row = &rows[kind];
    struct aesm_field field = {.tag = row->bare_tag};
    size_t count = row->bare == BARE_NOTHING ? 0 : 1;

    if (row->bare == BARE_BUF_SIZE)
        field.number = values->buf_size;
    if (row->bare == BARE_QE_REPORT_INFO) {
        field.is_bytes = true;
        field.bytes = values->qe_report_info;
        count = field.bytes.len > 0 ? 1 : 0;
    }
    aesm_response_render(out, kind, code, &field, count);
}

void aesm_answer_refusal(enum aesm_kind kind, uint32_t code, struct buf *out)
{
    bare_put(kind, code, &(struct bare_values){0}, out);
}

/* Bytes are sent with success only. */
static uint32_t bytes_put(enum aesm_kind kind, uint32_t code, struct span bytes, struct buf *out)
{
    const struct aesm_field field = {.tag = 2, .is_bytes = true, .bytes = bytes};

    aesm_response_render(out, kind, code, &field, code == AESM_SUCCESS ? 1 : 0);
    return code;
}

/* The first entry of the client's list that names our key. */
static uint32_t key_id_find(struct span list, struct span *ret)
{
    struct reader r = reader_of(list);
    uint16_t id = reader_u16le(&r), version = reader_u16le(&r);
    uint32_t count = reader_u32le(&r);

    if (!reader_ok(&r) || id != 0 || version != 0 || count == 0 || count > AESM_KEY_ID_COUNT_MAX ||
        r.rest.len != (size_t)count * AESM_KEY_ID_SIZE)
        return AESM_PARAMETER;
    while (count-- > 0) {
        struct span entry = reader_bytes(&r, AESM_KEY_ID_SIZE);

        if (!key_id_is_ours(entry))
            continue;
        *ret = entry;
        return AESM_SUCCESS;
    }
    return AESM_UNSUPPORTED_KEY_ID;
}

static uint32_t key_id_select(const struct aesm_request *q, struct buf *out)
{
    struct span selected = aesm_key_id();
    uint32_t code = AESM_SUCCESS;

    if (q->key_id_list.present)
        code = key_id_find(q->key_id_list.bytes, &selected);
    return bytes_put(q->kind, code, selected, out);
}

static uint32_t key_id_count(const struct aesm_request *q, struct buf *out)
{
    const struct aesm_field field = {.tag = 2, .number = 1};

    aesm_response_render(out, q->kind, AESM_SUCCESS, &field, 1);
    return AESM_SUCCESS;
}

static uint32_t key_ids_list(const struct aesm_request *q, struct buf *out)
{
    uint32_t code = q->buf_size == AESM_KEY_ID_SIZE ? AESM_SUCCESS : AESM_PARAMETER;

    return bytes_put(q->kind, code, aesm_key_id(), out);
}

bool aesm_answer_at_once(const struct aesm_request *q, struct buf *out, uint32_t *ret_code)
{
    const struct answer_row *row = &rows[q->kind];
    struct bare_values values = {0};
    uint32_t code;

    if (!q->complete) {
        *ret_code = AESM_UNEXPECTED;
        aesm_answer_refusal(q->kind, *ret_code, out);
        return true;
    }
    if (row->answer) {
        *ret_code = row->answer(q, out);
        return true;
    }
    code = row->check ? row->check(q) : (uint32_t)AESM_SERVICE_UNAVAILABLE;
    if (code == AESM_SUCCESS)
        return false;
    values.buf_size = q->buf_size;
    values.qe_report_info = q->qe_report_info.bytes;
    bare_put(q->kind, code, &values, out);
    *ret_code = code;
    return true;
}

void aesm_request_canonical(const struct aesm_request *q, struct aesm_canonical *ret)
{
    struct span report = q->report.bytes, info = q->qe_report_info.bytes;

    *ret = (struct aesm_canonical){.kind = (uint32_t)q->kind};
    if (q->kind == AESM_INIT_QUOTE_EX && q->wants_pub_key_id) {
        ret->wants_pub_key_id = 1;
        ret->buf_size = (uint32_t)q->buf_size;
    }
    if (q->kind != AESM_GET_QUOTE_EX)
        return;
    assert(report.len == sizeof(ret->report));
    memcpy(ret->report, report.data, sizeof(ret->report));
    ret->buf_size = (uint32_t)q->buf_size;
    if (!q->qe_report_info.present)
        return;
    assert(info.len == sizeof(ret->qe_report_info));
    memcpy(ret->qe_report_info, info.data, sizeof(ret->qe_report_info));
    ret->has_qe_report_info = 1;
}

struct span aesm_canonical_bytes(const struct aesm_canonical *c)
{
    return span_of(c, c->has_qe_report_info ? sizeof(*c)
                                            : offsetof(struct aesm_canonical, qe_report_info));
}

void aesm_canonical_of(struct span bytes, struct aesm_canonical *ret)
{
    assert(bytes.len <= sizeof(*ret));
    *ret = (struct aesm_canonical){0};
    memcpy(ret, bytes.data, bytes.len);
}

static struct span qe_report_info_of(const struct aesm_canonical *q)
{
    return span_of(q->qe_report_info, q->has_qe_report_info ? sizeof(q->qe_report_info) : 0);
}

/* The backend failed. */
static uint32_t failure_put(const struct aesm_canonical *q, uint32_t code, struct buf *out)
{
    const struct bare_values values = {q->buf_size, qe_report_info_of(q)};

    bare_put((enum aesm_kind)q->kind, code, &values, out);
    return code;
}

static uint32_t init_answer(const struct aesm_backend *b, const struct aesm_canonical *q,
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
        return failure_put(q, code, out);
    aesm_response_render(out, AESM_INIT_QUOTE_EX, code, fields, q->wants_pub_key_id ? 3 : 2);
    return code;
}

static uint32_t size_answer(const struct aesm_backend *b, const struct aesm_canonical *q,
                            struct buf *out, struct err *err)
{
    uint32_t size = 0;
    uint32_t code = b->size(b->self, &size, err);
    const struct aesm_field field = {.tag = 2, .number = size};

    if (code != AESM_SUCCESS)
        return failure_put(q, code, out);
    aesm_response_render(out, AESM_GET_QUOTE_SIZE_EX, code, &field, 1);
    return code;
}

static uint32_t quote_answer(const struct aesm_backend *b, const struct aesm_canonical *q,
                             struct buf *out, struct err *err)
{
    const struct aesm_field fields[] = {
        {.tag = 2, .is_bytes = true, .pad = q->buf_size},
        {.tag = 3, .is_bytes = true, .bytes = qe_report_info_of(q)},
    };
    struct aesm_quote_order order = {.report = q->report, .quote_size = q->buf_size};
    size_t start = out->len, count = q->has_qe_report_info ? 2 : 1, info_size = 0;
    uint32_t code;

    aesm_response_render(out, AESM_GET_QUOTE_EX, AESM_SUCCESS, fields, count);
    if (buf_status(out) < 0)
        return AESM_OUT_OF_MEMORY;
    if (q->has_qe_report_info) {
        info_size = aesm_field_size(&fields[1]);
        order.qe_report_info = out->data + out->len - AESM_QE_REPORT_INFO_SIZE;
    }
    order.quote = out->data + out->len - info_size - order.quote_size;
    code = b->quote(b->self, &order, err);
    if (code == AESM_SUCCESS)
        return code;
    out->len = start;
    return failure_put(q, code, out);
}

uint32_t aesm_answer(const struct aesm_backend *backend, const struct aesm_canonical *q,
                     struct buf *out, struct err *err)
{
    if (q->kind == AESM_INIT_QUOTE_EX)
        return init_answer(backend, q, out, err);
    if (q->kind == AESM_GET_QUOTE_SIZE_EX)
        return size_answer(backend, q, out, err);
    return quote_answer(backend, q, out, err);
}
