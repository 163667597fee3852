/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One latching reader walks each region. Every length that the wire gives is cut out with
 * reader_bytes(), so a length that lies latches, and the region's check names the region.
 */
#include "quote/quote.h"

#include <errno.h>

#include "base/reader.h"

enum {
    TD_ATTRIBUTE_DEBUG = 0x01, /* in byte 0 of TDATTRIBUTES: Intel TDX module ABI */
    QE_PART_SIZE = SGX_REPORT_BODY_SIZE + QUOTE_SIGNATURE_SIZE,
};

const uint8_t QUOTE_VENDOR_INTEL[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                        0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

static int header_parse(struct reader *r, struct quote_header *ret, struct err *err)
{
    ret->version = reader_u16le(r);
    ret->key_type = reader_u16le(r);
    ret->tee = reader_u32le(r);
    ret->qe_svn = reader_u16le(r);
    ret->pce_svn = reader_u16le(r);
    reader_copy(r, ret->vendor_id, sizeof(ret->vendor_id));
    reader_copy(r, ret->user_data, sizeof(ret->user_data));
    if (!reader_ok(r))
        return err_set(err, -EBADMSG, "shorter than a quote header");
    if (ret->version < QUOTE_VERSION_3 || ret->version > QUOTE_VERSION_5)
        return err_set(err, -EOPNOTSUPP, "version %u; 3, 4 and 5 are known", ret->version);
    if (ret->key_type != QUOTE_KEY_ECDSA_P256)
        return err_set(err, -EOPNOTSUPP, "attestation key type %u; only 2, ECDSA P-256, is known",
                       ret->key_type);
    if (ret->tee != QUOTE_TEE_SGX && (ret->tee != QUOTE_TEE_TDX || ret->version == QUOTE_VERSION_3))
        return err_set(err, -EOPNOTSUPP, "tee type 0x%x in version %u", ret->tee, ret->version);
    return 0;
}

/* Version 5 names its body; versions 3 and 4 leave it to the TEE type. */
static int body_type_parse(struct reader *r, struct quote *q, struct err *err)
{
    uint16_t type;
    uint32_t size;

    if (q->header.version != QUOTE_VERSION_5) {
        q->body_type = q->header.tee == QUOTE_TEE_SGX ? QUOTE_BODY_SGX : QUOTE_BODY_TD10;
        return 0;
    }
    type = reader_u16le(r);
    size = reader_u32le(r);
    if (!reader_ok(r))
        return err_set(err, -EBADMSG, "ends inside the body descriptor");
    if (type < QUOTE_BODY_SGX || type > QUOTE_BODY_TD15_EX)
        return err_set(err, -EOPNOTSUPP, "body type %u; 1 to 4 are known", type);
    q->body_type = (enum quote_body_type)type;
    if (size != quote_body_size(q->body_type))
        return err_set(err, -EBADMSG, "body size %u; a %s has %zu bytes", size,
                       quote_body_name(q->body_type), quote_body_size(q->body_type));
    if ((q->body_type == QUOTE_BODY_SGX) != (q->header.tee == QUOTE_TEE_SGX))
        return err_set(err, -EBADMSG, "a %s with tee type 0x%x", quote_body_name(q->body_type),
                       q->header.tee);
    return 0;
}

static int body_parse(struct reader *r, struct quote *q, struct err *err)
{
    int code = body_type_parse(r, q, err);

    if (code < 0)
        return code;
    q->body = reader_bytes(r, quote_body_size(q->body_type));
    if (!reader_ok(r))
        return err_set(err, -EBADMSG, "ends inside the %s", quote_body_name(q->body_type));
    if (quote_is_td(q))
        quote_body_td_parse(q->body, q->body_type, &q->td);
    else
        sgx_report_body_parse(q->body.data, &q->enclave);
    q->signed_part = span_sub(q->wire, 0, r->offset);
    return 0;
}

/* QE report, its signature, QE authentication data and certification data. */
static int qe_part_parse(struct reader *r, struct quote_auth *a, struct err *err)
{
    a->qe_report = reader_bytes(r, SGX_REPORT_BODY_SIZE);
    a->qe_report_signature = reader_bytes(r, QUOTE_SIGNATURE_SIZE);
    a->qe_auth_data = reader_bytes(r, reader_u16le(r));
    a->cert_type = reader_u16le(r);
    a->cert_data = reader_bytes(r, reader_u32le(r));
    if (!reader_ok(r))
        return err_set(err, -EBADMSG,
                       "authentication data ends inside the QE report or its "
                       "certification data");
    sgx_report_body_parse(a->qe_report.data, &a->qe);
    return 0;
}

static int auth_parse(struct span wire, uint16_t version, struct quote_auth *a, struct err *err)
{
    struct reader r = reader_of(wire), inner;
    int code;

    a->signature = reader_bytes(&r, QUOTE_SIGNATURE_SIZE);
    a->key = reader_bytes(&r, QUOTE_KEY_SIZE);
    if (version >= QUOTE_VERSION_4) {
        a->outer_cert_type = reader_u16le(&r);
        inner = reader_of(reader_bytes(&r, reader_u32le(&r)));
    }
    if (!reader_ok(&r))
        return err_set(err, -EBADMSG, "authentication data is too short");
    if (version == QUOTE_VERSION_3) {
        code = qe_part_parse(&r, a, err);
    } else {
        if (a->outer_cert_type != QUOTE_CERT_QE_REPORT)
            return err_set(err, -EBADMSG, "outer certification data type %u, must be 6",
                           a->outer_cert_type);
        code = qe_part_parse(&inner, a, err);
        if (code == 0 && inner.rest.len > 0)
            return err_set(err, -EBADMSG, "%zu bytes follow the inner certification data",
                           inner.rest.len);
    }
    if (code == 0 && r.rest.len > 0)
        return err_set(err, -EBADMSG, "%zu bytes follow the certification data", r.rest.len);
    return code;
}

int quote_parse(struct span wire, struct quote *ret, struct err *err)
{
    struct reader r = reader_of(wire);
    struct span auth;
    int code;

    if (wire.len > QUOTE_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "quote is %zu bytes, limit %d", wire.len, QUOTE_SIZE_MAX);
    memset(ret, 0, sizeof(*ret));
    ret->wire = wire;
    code = header_parse(&r, &ret->header, err);
    if (code == 0)
        code = body_parse(&r, ret, err);
    if (code < 0)
        return err_wrap(err, "quote");
    auth = reader_bytes(&r, reader_u32le(&r));
    if (!reader_ok(&r))
        return err_set(err, -EBADMSG, "quote: ends inside the authentication data");
    code = auth_parse(auth, ret->header.version, &ret->auth, err);
    if (code < 0)
        return err_wrap(err, "quote");
    ret->trailing = r.rest;
    return 0;
}

static void header_render(const struct quote_header *h, struct buf *out)
{
    buf_put_u16le(out, h->version);
    buf_put_u16le(out, h->key_type);
    buf_put_u32le(out, h->tee);
    buf_put_u16le(out, h->qe_svn);
    buf_put_u16le(out, h->pce_svn);
    buf_put(out, span_of(h->vendor_id, sizeof(h->vendor_id)));
    buf_put(out, span_of(h->user_data, sizeof(h->user_data)));
}

static void enclave_render(const struct sgx_report_body *body, struct buf *out)
{
    uint8_t wire[SGX_REPORT_BODY_SIZE];

    sgx_report_body_render(body, wire);
    buf_put(out, span_of(wire, sizeof(wire)));
}

static size_t qe_part_size(const struct quote_auth *a)
{
    return QE_PART_SIZE + 2 + a->qe_auth_data.len + 2 + 4 + a->cert_data.len;
}

static void auth_render(const struct quote_auth *a, uint16_t version, struct buf *out)
{
    size_t size = QUOTE_SIGNATURE_SIZE + QUOTE_KEY_SIZE + qe_part_size(a);

    if (version >= QUOTE_VERSION_4)
        size += 2 + 4;
    buf_put_u32le(out, (uint32_t)size);
    buf_put(out, a->signature);
    buf_put(out, a->key);
    if (version >= QUOTE_VERSION_4) {
        buf_put_u16le(out, a->outer_cert_type);
        buf_put_u32le(out, (uint32_t)qe_part_size(a));
    }
    enclave_render(&a->qe, out);
    buf_put(out, a->qe_report_signature);
    buf_put_u16le(out, (uint16_t)a->qe_auth_data.len);
    buf_put(out, a->qe_auth_data);
    buf_put_u16le(out, a->cert_type);
    buf_put_u32le(out, (uint32_t)a->cert_data.len);
    buf_put(out, a->cert_data);
}

void quote_render(const struct quote *q, struct buf *out)
{
    header_render(&q->header, out);
    if (q->header.version == QUOTE_VERSION_5) {
        buf_put_u16le(out, (uint16_t)q->body_type);
        buf_put_u32le(out, (uint32_t)quote_body_size(q->body_type));
    }
    if (quote_is_td(q))
        quote_body_td_render(&q->td, q->body_type, out);
    else
        enclave_render(&q->enclave, out);
    auth_render(&q->auth, q->header.version, out);
    buf_put(out, q->trailing);
}

int quote_parse_ppid(const struct quote_auth *auth, struct quote_ppid *ret, struct err *err)
{
    static const size_t sizes[] = {[QUOTE_CERT_PPID_CLEAR] = 16,
                                   [QUOTE_CERT_PPID_RSA2048] = 256,
                                   [QUOTE_CERT_PPID_RSA3072] = 384};
    struct reader r = reader_of(auth->cert_data);
    struct quote_ppid ppid;

    if (auth->cert_type < QUOTE_CERT_PPID_CLEAR || auth->cert_type > QUOTE_CERT_PPID_RSA3072)
        return err_set(err, -EINVAL, "certification data type %u holds no PPID", auth->cert_type);
    ppid.ppid = reader_bytes(&r, sizes[auth->cert_type]);
    ppid.cpusvn = reader_bytes(&r, 16);
    ppid.pcesvn = reader_u16le(&r);
    ppid.pceid = reader_bytes(&r, 2);
    if (!reader_ok(&r))
        return err_set(err, -EBADMSG, "certification data type %u has only %zu bytes",
                       auth->cert_type, auth->cert_data.len);
    *ret = ppid;
    return 0;
}

bool quote_is_debug(const struct quote *q)
{
    if (quote_is_td(q))
        return q->td.tdattributes[0] & TD_ATTRIBUTE_DEBUG;
    return q->enclave.attributes.flags & SGX_ATTRIBUTE_DEBUG;
}

const char *quote_cert_type_name(uint16_t cert_type)
{
    static const char *const names[] = {
        [QUOTE_CERT_PPID_CLEAR] = "PPID in clear",
        [QUOTE_CERT_PPID_RSA2048] = "PPID encrypted with RSA-2048",
        [QUOTE_CERT_PPID_RSA3072] = "PPID encrypted with RSA-3072",
        [QUOTE_CERT_PCK_LEAF] = "PCK certificate",
        [QUOTE_CERT_PCK_CHAIN] = "PCK certificate chain",
        [QUOTE_CERT_QE_REPORT] = "QE report certification data",
        [QUOTE_CERT_PLATFORM_MANIFEST] = "platform manifest",
    };

    return cert_type > 0 && cert_type < ARRAY_COUNT(names) ? names[cert_type] : "unknown";
}
