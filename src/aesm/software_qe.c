/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software quoting enclave. One quote costs one hash and one signature: the header, the QE
 * report with its signature, and the certificate chain are the same in every quote of a process.
 * quote_render() writes them once into a template. To make a quote, the template is copied to the
 * place that the answer is sent from, the report's body is put into it, and the part that ends with
 * that body is signed. Intel's quoting enclave keeps the same parts between quotes.
 *
 * Where body and signature lie in the template is not written down here: quote_parse() finds them,
 * so the layout of a quote is known in quote/ alone.
 */
#include "aesm/software_qe.h"

#include <errno.h>
#include <string.h>

#include "aesm/qe_keys.h"
#include "crypto_bare/sha256.h"
#include "quote/quote.h"
#include "software/identity.h"
#include "sgx/keys.h"

enum {
    AUTH_DATA_SIZE = 32, /* bytes of QE authentication data, as Intel's quoting enclave has */
};

struct software_qe {
    struct sgx_platform platform;
    struct sgx_secs secs;
    struct sgx_targetinfo target;
    struct aesm_quote_identity identity;
    struct qe_keys keys;
    struct buf template; /* a whole quote; its body and its signature are zero */
    size_t body_at;      /* offsets in the template */
    size_t signature_at;
    size_t signed_size; /* bytes from the start that the signature covers */
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

    if (!sgx_keys_report_verify(&qe->platform, &qe->target, order->report)) {
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
    memcpy(order->quote + qe->body_at, order->report, SGX_REPORT_BODY_SIZE);
    sha256(order->quote, qe->signed_size, digest);
    if (ec_key_sign_digest(qe->keys.attestation, digest, order->quote + qe->signature_at, err) < 0)
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

static struct sgx_report_body report_of(const struct software_qe *qe)
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
    return body;
}

static int report_sign(const struct software_qe *qe, const struct sgx_report_body *report,
                       uint8_t ret[static EC_SIGNATURE_SIZE], struct err *err)
{
    uint8_t wire[SGX_REPORT_BODY_SIZE];

    sgx_report_body_render(report, wire);
    return ec_key_sign(qe->keys.pck, span_of(wire, sizeof(wire)), ret, err);
}

/* Find what differs from quote to quote in the template. */
static int template_locate(struct software_qe *qe, struct err *err)
{
    struct span template = buf_span(&qe->template);
    struct quote q;
    int r = quote_parse(template, &q, err);

    if (r < 0)
        return r;
    qe->body_at = (size_t)(q.body.data - template.data);
    qe->signature_at = (size_t)(q.auth.signature.data - template.data);
    qe->signed_size = q.signed_part.len;
    return 0;
}

static int template_render(struct software_qe *qe, const struct quote *q, struct err *err)
{
    int r;

    quote_render(q, &qe->template);
    r = buf_status(&qe->template);
    if (r == 0)
        r = template_locate(qe, err);
    return r < 0 ? err_set(err, r, "quote template") : 0;
}

/* Everything in a quote that does not depend on the report. Intel's chain ends with a NUL. */
static int template_fill(struct software_qe *qe, struct err *err)
{
    static const uint8_t no_signature[EC_SIGNATURE_SIZE];
    uint8_t auth_data[AUTH_DATA_SIZE], signature[EC_SIGNATURE_SIZE];
    const char *chain = buf_cstr(&qe->keys.chain);
    struct quote q = {
        .header = {.version = QUOTE_VERSION_3,
                   .key_type = QUOTE_KEY_ECDSA_P256,
                   .tee = QUOTE_TEE_SGX,
                   .qe_svn = SOFTWARE_QE_SVN,
                   .pce_svn = SOFTWARE_PCESVN},
        .body_type = QUOTE_BODY_SGX,
        .auth = {.signature = span_of(no_signature, sizeof(no_signature)),
                 .key = span_of(ec_key_public(qe->keys.attestation), EC_PUBLIC_SIZE),
                 .qe_report_signature = span_of(signature, sizeof(signature)),
                 .qe_auth_data = span_of(auth_data, sizeof(auth_data)),
                 .cert_type = QUOTE_CERT_PCK_CHAIN,
                 .cert_data = span_of(chain, strlen(chain) + 1)},
    };
    int r;

    for (size_t i = 0; i < AUTH_DATA_SIZE; i++)
        auth_data[i] = (uint8_t)i;
    key_id_fill(qe, auth_data, qe->identity.pub_key_id);
    memcpy(q.header.vendor_id, QUOTE_VENDOR_INTEL, sizeof(QUOTE_VENDOR_INTEL));
    memcpy(q.header.user_data, qe->keys.qe_id, sizeof(qe->keys.qe_id));
    q.auth.qe = report_of(qe);
    r = report_sign(qe, &q.auth.qe, signature, err);
    return r < 0 ? r : template_render(qe, &q, err);
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
    sgx_keys_target_of(&qe->secs, &qe->target);
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
