/* SPDX-License-Identifier: Apache-2.0 */
#include "quote/quote_json.h"

#include "sgx/attributes.h"

#define HEX(w, body, field)                                                                        \
    json_writer_member_hex(w, #field, span_of((body)->field, sizeof((body)->field)))

#define BYTES(w, name, bytes) json_writer_member_hex(w, name, span_of(bytes, sizeof(bytes)))

static void enclave_write_json(const struct sgx_report_body *body, struct json_writer *w)
{
    uint8_t attributes[SGX_ATTRIBUTES_SIZE];

    sgx_attributes_render(body->attributes, attributes);
    json_writer_object_begin(w);
    HEX(w, body, cpusvn);
    json_writer_member_uint(w, "miscselect", body->miscselect);
    BYTES(w, "isvextprodid", body->isv_ext_prod_id);
    BYTES(w, "attributes", attributes);
    HEX(w, body, mrenclave);
    HEX(w, body, mrsigner);
    BYTES(w, "configid", body->config_id);
    json_writer_member_uint(w, "isvprodid", body->isv_prod_id);
    json_writer_member_uint(w, "isvsvn", body->isv_svn);
    json_writer_member_uint(w, "configsvn", body->config_svn);
    BYTES(w, "isvfamilyid", body->isv_family_id);
    HEX(w, body, report_data);
    json_writer_object_end(w);
}

static void td15_write_json(const struct quote_td *body, struct json_writer *w)
{
    HEX(w, body, tee_tcb_svn2);
    HEX(w, body, mrservicetd);
}

static void td15_ex_write_json(const struct quote_td *body, struct json_writer *w)
{
    json_writer_member_uint(w, "vmid", body->vmid);
    HEX(w, body, td_id);
    HEX(w, body, devinfo);
    HEX(w, body, init_servtd_hash);
    HEX(w, body, init_servtd_attr);
    HEX(w, body, init_cpusvn);
    HEX(w, body, init_tee_tcb_svn);
    HEX(w, body, init_fmspc);
    HEX(w, body, cur_servtd_hash);
    HEX(w, body, cur_servtd_attr);
}

static void td_write_json(const struct quote_td *body, enum quote_body_type type,
                          struct json_writer *w)
{
    json_writer_object_begin(w);
    HEX(w, body, tee_tcb_svn);
    HEX(w, body, mrseam);
    HEX(w, body, mrsignerseam);
    HEX(w, body, seamattributes);
    HEX(w, body, tdattributes);
    HEX(w, body, xfam);
    HEX(w, body, mrtd);
    HEX(w, body, mrconfigid);
    HEX(w, body, mrowner);
    HEX(w, body, mrownerconfig);
    BYTES(w, "rtmr0", body->rtmr[0]);
    BYTES(w, "rtmr1", body->rtmr[1]);
    BYTES(w, "rtmr2", body->rtmr[2]);
    BYTES(w, "rtmr3", body->rtmr[3]);
    HEX(w, body, report_data);
    if (type >= QUOTE_BODY_TD15)
        td15_write_json(body, w);
    if (type >= QUOTE_BODY_TD15_EX)
        td15_ex_write_json(body, w);
    json_writer_object_end(w);
}

static void header_write_json(const struct quote *q, struct json_writer *w)
{
    const struct quote_header *h = &q->header;

    json_writer_member_uint(w, "version", h->version);
    json_writer_member_string(w, "tee", h->tee == QUOTE_TEE_TDX ? "TDX" : "SGX");
    json_writer_member_uint(w, "attestation_key_type", h->key_type);
    json_writer_member_uint(w, "qe_svn", h->qe_svn);
    json_writer_member_uint(w, "pce_svn", h->pce_svn);
    HEX(w, h, vendor_id);
    HEX(w, h, user_data);
    json_writer_member_uint(w, "body_type", q->body_type);
    json_writer_member_string(w, "body_name", quote_body_name(q->body_type));
    json_writer_member_bool(w, "debug", quote_is_debug(q));
}

static void auth_write_json(const struct quote_auth *a, struct json_writer *w)
{
    json_writer_member_hex(w, "signature", a->signature);
    json_writer_member_hex(w, "attestation_key", a->key);
    json_writer_key(w, "qe_report");
    enclave_write_json(&a->qe, w);
    json_writer_member_hex(w, "qe_report_signature", a->qe_report_signature);
    json_writer_member_hex(w, "qe_auth_data", a->qe_auth_data);
    json_writer_member_uint(w, "cert_type", a->cert_type);
    json_writer_member_string(w, "cert_type_name", quote_cert_type_name(a->cert_type));
    json_writer_member_hex(w, "cert_data", a->cert_data);
}

void quote_json_write(const struct quote *q, struct json_writer *w)
{
    json_writer_object_begin(w);
    header_write_json(q, w);
    json_writer_key(w, "body");
    if (quote_is_td(q))
        td_write_json(&q->td, q->body_type, w);
    else
        enclave_write_json(&q->enclave, w);
    auth_write_json(&q->auth, w);
    json_writer_member_uint(w, "trailing_bytes", q->trailing.len);
    json_writer_object_end(w);
}
