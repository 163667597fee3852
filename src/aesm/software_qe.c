/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One quote costs one hash and one signature: the header, the QE report with its signature, and the
 * certificate chain are the same in every quote and stand ready in a template, as Intel's quoting
 * enclave keeps them too (only the QE report's signature is new in each process).
 */
#include "aesm/software_qe.h"

#include <errno.h>
#include <string.h>

#include "aesm/qe_keys.h"
#include "crypto_bare/sha256.h"
#include "software/identity.h"
#include "sgx/keys.h"

enum {
    QUOTE_VERSION = 3,
    QUOTE_KEY_TYPE = 2, /* ECDSA on P-256 */
    AUTH_DATA_SIZE = 32,
    CERT_TYPE_CHAIN = 5,

    /* offsets in a quote, Intel SGX ECDSA Quote Library Reference */
    AT_BODY = 48,
    AT_AUTH_SIZE = 432,
    AT_AUTH = 436,
    AT_SIGNATURE = AT_AUTH,
    SIGNED_SIZE = AT_AUTH_SIZE,
};

static const uint8_t vendor_id[] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

struct software_qe {
    struct sgx_platform platform;
    struct sgx_secs secs;
    struct sgx_targetinfo target;
    struct aesm_quote_identity identity;
    struct qe_keys keys;
    struct buf template; /* a whole quote, but for body and signature */
};

static void qe_free(void *self)
{
    struct software_qe *qe = self;

    if (!qe)
        return;
    qe_keys_done(&qe->keys);
    buf_done(&qe->template);
    explicit_bzero(qe, sizeof(*qe));
    free(qe);
}

static void qe_freep(struct software_qe **qe)
{
    qe_free(*qe);
}

static uint32_t qe_init(void *self, struct aesm_quote_identity *ret, struct err *err)
{
    const struct software_qe *qe = self;

    (void)err;
    *ret = qe->identity;
    return AESM_SUCCESS;
}

static uint32_t qe_size(void *self, uint32_t *ret_size, struct err *err)
{
    const struct software_qe *qe = self;

    (void)err;
    *ret_size = (uint32_t)qe->template.len;
    return AESM_SUCCESS;
}

/* The QE's own report for the application: it saw this nonce and made this quote. */
static uint32_t put_qe_report(const struct software_qe *qe, const struct aesm_quote_order *order,
                              struct err *err)
{
    uint8_t data[SGX_REPORT_DATA_SIZE] = {0};
    uint8_t *info = order->qe_report_info;
    struct sha256 sha;

    sha256_init(&sha);
    sha256_update(&sha, info, AESM_NONCE_SIZE);
    sha256_update(&sha, order->quote, qe->template.len);
    sha256_final(&sha, data);
    if (sgx_ereport(&qe->platform, &qe->secs, info + AESM_NONCE_SIZE, data,
                    info + AESM_NONCE_SIZE + AESM_TARGET_INFO_SIZE) == SGX_SUCCESS)
        return AESM_SUCCESS;
    err_set(err, -EINVAL,
            "the target info in qe_report_info has reserved bytes set: "
            "pass the one that the enclave made for itself");
    return AESM_UNABLE_TO_GENERATE_QE_REPORT;
}

static uint32_t qe_quote(void *self, const struct aesm_quote_order *order, struct err *err)
{
    struct software_qe *qe = self;
    uint8_t digest[SHA256_SIZE];
    size_t size = qe->template.len;

    if (!sgx_report_verify(&qe->platform, &qe->target, order->report)) {
        err_set(err, -EBADMSG,
                "the report's MAC is not this node's for the quoting enclave: take "
                "the target info from this helper, on this node");
        return AESM_INVALID_REPORT;
    }
    if (order->quote_size < size) {
        err_set(err, -EMSGSIZE,
                "a quote is %zu bytes and the client's buffer %u: "
                "ask for the size first",
                size, order->quote_size);
        return AESM_PARAMETER;
    }

    memcpy(order->quote, qe->template.data, size);
    memcpy(order->quote + AT_BODY, order->report, SGX_REPORT_BODY_SIZE);
    sha256(order->quote, SIGNED_SIZE, digest);
    if (ec_key_sign_digest(qe->keys.attestation, digest, order->quote + AT_SIGNATURE, err) < 0)
        return AESM_UNEXPECTED;
    memset(order->quote + size, 0, order->quote_size - size);
    return order->qe_report_info ? put_qe_report(qe, order, err) : AESM_SUCCESS;
}

static void secs_fill(struct sgx_secs *secs)
{
    *secs = (struct sgx_secs){
        .ssa_frame_size = 1,
        .attributes = {SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_MODE64BIT | SGX_ATTRIBUTE_PROVISIONKEY,
                       SGX_XFRM_LEGACY},
        .isv_prod_id = SOFTWARE_QE_PRODUCT,
        .isv_svn = SOFTWARE_QE_SVN,
    };
    memcpy(secs->mrenclave, SOFTWARE_QE_MRENCLAVE, sizeof(secs->mrenclave));
    memcpy(secs->mrsigner, SOFTWARE_QE_MRSIGNER, sizeof(secs->mrsigner));
}

/* ECDSA_ID, and what the QE report's data binds: the key and the auth data beside it. */
static void key_id_fill(const struct software_qe *qe, const uint8_t *auth_data,
                        uint8_t ret[static SHA256_SIZE])
{
    struct sha256 sha;

    sha256_init(&sha);
    sha256_update(&sha, ec_key_public(qe->keys.attestation), EC_PUBLIC_SIZE);
    sha256_update(&sha, auth_data, AUTH_DATA_SIZE);
    sha256_final(&sha, ret);
}

static void report_fill(const struct software_qe *qe, uint8_t ret[static SGX_REPORT_BODY_SIZE])
{
    struct sgx_report_body body = {
        .attributes = qe->secs.attributes,
        .isv_prod_id = qe->secs.isv_prod_id,
        .isv_svn = qe->secs.isv_svn,
    };

    memcpy(body.cpusvn, qe->platform.cpusvn, sizeof(body.cpusvn));
    memcpy(body.mrenclave, qe->secs.mrenclave, sizeof(body.mrenclave));
    memcpy(body.mrsigner, qe->secs.mrsigner, sizeof(body.mrsigner));
    memcpy(body.report_data, qe->identity.pub_key_id, sizeof(qe->identity.pub_key_id));
    sgx_report_body_render(&body, ret);
}

static void put_header(struct software_qe *qe)
{
    struct buf *t = &qe->template;

    buf_put_u16le(t, QUOTE_VERSION);
    buf_put_u16le(t, QUOTE_KEY_TYPE);
    buf_put_u32le(t, 0);
    buf_put_u16le(t, SOFTWARE_QE_SVN);
    buf_put_u16le(t, SOFTWARE_PCESVN);
    buf_put(t, span_of(vendor_id, sizeof(vendor_id)));
    buf_put(t, span_of(qe->keys.qe_id, sizeof(qe->keys.qe_id)));
    buf_put_u32le(t, 0);
    buf_put_zero(t, SGX_REPORT_BODY_SIZE);
}

/* Everything in a quote that does not depend on the report. */
static int template_fill(struct software_qe *qe, struct err *err)
{
    uint8_t auth_data[AUTH_DATA_SIZE], report[SGX_REPORT_BODY_SIZE], signature[EC_SIGNATURE_SIZE];
    struct span chain = buf_span(&qe->keys.chain);
    struct buf *t = &qe->template;
    int r;

    for (size_t i = 0; i < AUTH_DATA_SIZE; i++)
        auth_data[i] = (uint8_t)i;
    key_id_fill(qe, auth_data, qe->identity.pub_key_id);
    report_fill(qe, report);
    r = ec_key_sign(qe->keys.pck, span_of(report, sizeof(report)), signature, err);
    if (r < 0)
        return r;

    put_header(qe);
    buf_put_u32le(t, (uint32_t)(EC_SIGNATURE_SIZE + EC_PUBLIC_SIZE + SGX_REPORT_BODY_SIZE +
                                EC_SIGNATURE_SIZE + 2 + AUTH_DATA_SIZE + 2 + 4 + chain.len + 1));
    buf_put_zero(t, EC_SIGNATURE_SIZE);
    buf_put(t, span_of(ec_key_public(qe->keys.attestation), EC_PUBLIC_SIZE));
    buf_put(t, span_of(report, sizeof(report)));
    buf_put(t, span_of(signature, sizeof(signature)));
    buf_put_u16le(t, AUTH_DATA_SIZE);
    buf_put(t, span_of(auth_data, sizeof(auth_data)));
    buf_put_u16le(t, CERT_TYPE_CHAIN);
    buf_put_u32le(t, (uint32_t)chain.len + 1);
    buf_put(t, chain);
    buf_put_u8(t, 0);
    r = buf_status(t);
    return r < 0 ? err_set(err, r, "quote template") : 0;
}

int software_qe_new(const struct software_qe_options *options, struct aesm_backend *ret,
                    struct err *err)
{
    CLEANUP(qe_freep) struct software_qe *qe = calloc(1, sizeof(*qe));
    int r;

    if (!qe)
        return err_set(err, -ENOMEM, "software quoting enclave");
    qe->template = buf_init(AESM_QUOTE_BUFFER_MAX);
    memcpy(qe->platform.fuse, options->secret->fuse, sizeof(qe->platform.fuse));
    memcpy(qe->platform.cpusvn, options->secret->cpusvn, sizeof(qe->platform.cpusvn));
    memcpy(qe->platform.owner_epoch, options->secret->owner_epoch,
           sizeof(qe->platform.owner_epoch));
    secs_fill(&qe->secs);
    sgx_secs_target(&qe->secs, &qe->target);
    sgx_targetinfo_render(&qe->target, qe->identity.target_info);

    r = qe_keys_open(options, &qe->platform, &qe->secs, &qe->keys, err);
    if (r < 0)
        return r;
    r = template_fill(qe, err);
    if (r < 0)
        return r;
    *ret = (struct aesm_backend){
        .name = "software",
        .self = TAKE_PTR(qe),
        .init = qe_init,
        .size = qe_size,
        .quote = qe_quote,
        .free = qe_free,
    };
    return 0;
}
