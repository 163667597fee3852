/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_make.h"

#include <errno.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include "codec/der_writer.h"

enum {
    KEY_ID_SIZE = 20, /* bytes: RFC 7093, method 1 */

    TAG_OCTET_STRING = 0x04,
    TAG_INTEGER = 0x02,
    TAG_UTF8 = 0x0c,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_CONTEXT_0 = 0xa0,
    TAG_CONTEXT_3 = 0xa3,
    TAG_PRIMITIVE_0 = 0x80,
    TAG_PRIMITIVE_6 = 0x86,

    VERSION_3 = 2,
    CRL_VERSION_2 = 1,
};

static const uint8_t oid_ecdsa_sha256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t oid_ec_public_key[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t oid_p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};
static const uint8_t oid_organization[] = {0x55, 0x04, 0x0a};
static const uint8_t oid_subject_key_id[] = {0x55, 0x1d, 0x0e};
static const uint8_t oid_key_usage[] = {0x55, 0x1d, 0x0f};
static const uint8_t oid_basic_constraints[] = {0x55, 0x1d, 0x13};
static const uint8_t oid_crl_number[] = {0x55, 0x1d, 0x14};
static const uint8_t oid_crl_points[] = {0x55, 0x1d, 0x1f};
static const uint8_t oid_authority_key_id[] = {0x55, 0x1d, 0x23};
#define OID(name) span_of(oid_##name, sizeof(oid_##name))

static void put_algorithm(struct der_writer *w)
{
    der_begin(w, TAG_SEQUENCE);
    der_put_oid(w, OID(ecdsa_sha256));
    der_end(w);
}

static void put_name_part(struct der_writer *w, struct span oid, const char *text)
{
    der_begin(w, TAG_SET);
    der_begin(w, TAG_SEQUENCE);
    der_put_oid(w, oid);
    der_put(w, TAG_UTF8, span_str(text));
    der_end(w);
    der_end(w);
}

static void put_name(struct der_writer *w, const struct cert_name *name)
{
    der_begin(w, TAG_SEQUENCE);
    put_name_part(w, OID(common_name), name->common_name);
    put_name_part(w, OID(organization), name->organization);
    der_end(w);
}

static void put_public_key(struct der_writer *w, const uint8_t *key)
{
    uint8_t point[1 + EC_PUBLIC_SIZE] = {0x04};

    memcpy(point + 1, key, EC_PUBLIC_SIZE);
    der_begin(w, TAG_SEQUENCE);
    der_begin(w, TAG_SEQUENCE);
    der_put_oid(w, OID(ec_public_key));
    der_put_oid(w, OID(p256));
    der_end(w);
    der_put_bits(w, span_of(point, sizeof(point)), 0);
    der_end(w);
}

/* Open an extension; its value follows until extension_end(). */
static void extension_begin(struct der_writer *w, struct span oid, bool critical)
{
    der_begin(w, TAG_SEQUENCE);
    der_put_oid(w, oid);
    if (critical)
        der_put_boolean(w, true);
    der_begin(w, TAG_OCTET_STRING);
}

static void extension_end(struct der_writer *w)
{
    der_end(w);
    der_end(w);
}

static void key_id_of(const uint8_t *key, uint8_t ret[static SHA256_DIGEST_LENGTH])
{
    uint8_t point[1 + EC_PUBLIC_SIZE] = {0x04};

    memcpy(point + 1, key, EC_PUBLIC_SIZE);
    SHA256(point, sizeof(point), ret);
}

static void put_authority_key_id(struct der_writer *w, const uint8_t *key)
{
    uint8_t id[SHA256_DIGEST_LENGTH];

    key_id_of(key, id);
    extension_begin(w, OID(authority_key_id), false);
    der_begin(w, TAG_SEQUENCE);
    der_put(w, TAG_PRIMITIVE_0, span_of(id, KEY_ID_SIZE));
    der_end(w);
    extension_end(w);
}

static void put_subject_key_id(struct der_writer *w, const uint8_t *key)
{
    uint8_t id[SHA256_DIGEST_LENGTH];

    key_id_of(key, id);
    extension_begin(w, OID(subject_key_id), false);
    der_put(w, TAG_OCTET_STRING, span_of(id, KEY_ID_SIZE));
    extension_end(w);
}

static void put_crl_points(struct der_writer *w, const char *url)
{
    extension_begin(w, OID(crl_points), false);
    der_begin(w, TAG_SEQUENCE);
    der_begin(w, TAG_SEQUENCE);
    der_begin(w, TAG_CONTEXT_0);
    der_begin(w, TAG_CONTEXT_0);
    der_put(w, TAG_PRIMITIVE_6, span_str(url));
    der_end(w);
    der_end(w);
    der_end(w);
    der_end(w);
    extension_end(w);
}

static void put_key_usage(struct der_writer *w, bool is_ca)
{
    const uint8_t sign_certificates_and_crls = 0x06, sign_data = 0xc0;

    extension_begin(w, OID(key_usage), true);
    if (is_ca)
        der_put_bits(w, span_of(&sign_certificates_and_crls, 1), 1);
    else
        der_put_bits(w, span_of(&sign_data, 1), 6);
    extension_end(w);
}

static void put_basic_constraints(struct der_writer *w, bool is_ca, uint32_t path_len)
{
    extension_begin(w, OID(basic_constraints), true);
    der_begin(w, TAG_SEQUENCE);
    if (is_ca) {
        der_put_boolean(w, true);
        der_put_number(w, TAG_INTEGER, path_len);
    }
    der_end(w);
    extension_end(w);
}

static void put_certificate_body(struct der_writer *w, const struct cert_spec *spec,
                                 const uint8_t *issuer_key)
{
    der_begin(w, TAG_SEQUENCE);
    der_begin(w, TAG_CONTEXT_0);
    der_put_number(w, TAG_INTEGER, VERSION_3);
    der_end(w);
    der_put_unsigned(w, span_of(spec->serial, CERT_SERIAL_SIZE));
    put_algorithm(w);
    put_name(w, &spec->issuer);
    der_begin(w, TAG_SEQUENCE);
    der_put_time(w, spec->not_before);
    der_put_time(w, spec->not_after);
    der_end(w);
    put_name(w, &spec->subject);
    put_public_key(w, spec->subject_key);

    der_begin(w, TAG_CONTEXT_3);
    der_begin(w, TAG_SEQUENCE);
    put_authority_key_id(w, issuer_key);
    put_crl_points(w, spec->crl_url);
    put_subject_key_id(w, spec->subject_key);
    put_key_usage(w, spec->is_ca);
    put_basic_constraints(w, spec->is_ca, spec->path_len);
    der_put_raw(w, spec->extension);
    der_end(w);
    der_end(w);
    der_end(w);
}

/* ECDSA-Sig-Value in a BIT STRING. */
static void put_signature(struct der_writer *w, const uint8_t signature[static EC_SIGNATURE_SIZE])
{
    struct buf value = buf_init(EC_SIGNATURE_SIZE + 16);
    struct der_writer v = der_writer_of(&value);
    size_t half = EC_SIGNATURE_SIZE / 2;

    der_begin(&v, TAG_SEQUENCE);
    der_put_unsigned(&v, span_of(signature, half));
    der_put_unsigned(&v, span_of(signature + half, half));
    der_end(&v);
    if (buf_status(&value) < 0)
        w->out->status = buf_status(&value);
    der_put_bits(w, buf_span(&value), 0);
    buf_done(&value);
}

/* Body, algorithm and signature: what certificates and CRLs have in common. */
static int put_signed(struct buf *out, struct span body, struct ec_key *key, struct err *err)
{
    struct der_writer w = der_writer_of(out);
    uint8_t signature[EC_SIGNATURE_SIZE];
    int r = ec_key_sign(key, body, signature, err);

    if (r < 0)
        return r;
    der_begin(&w, TAG_SEQUENCE);
    der_put_raw(&w, body);
    put_algorithm(&w);
    put_signature(&w, signature);
    der_end(&w);
    r = buf_status(out);
    return r < 0 ? err_set(err, r, "certificate") : 0;
}

int cert_make(const struct cert_spec *spec, struct ec_key *issuer_key, struct buf *out,
              struct err *err)
{
    CLEANUP(buf_done) struct buf body = buf_init(CERT_SIZE_MAX);
    struct der_writer w = der_writer_of(&body);

    put_certificate_body(&w, spec, ec_key_public(issuer_key));
    if (buf_status(&body) < 0)
        return err_set(err, buf_status(&body), "certificate of %s", spec->subject.common_name);
    return put_signed(out, buf_span(&body), issuer_key, err);
}

static void put_revoked(struct der_writer *w, const struct crl_spec *spec)
{
    if (spec->revoked_count == 0)
        return;
    der_begin(w, TAG_SEQUENCE);
    for (size_t i = 0; i < spec->revoked_count; i++) {
        der_begin(w, TAG_SEQUENCE);
        der_put_unsigned(w, span_of(spec->revoked[i], CERT_SERIAL_SIZE));
        der_put_time(w, spec->this_update);
        der_end(w);
    }
    der_end(w);
}

static void put_crl_body(struct der_writer *w, const struct crl_spec *spec,
                         const uint8_t *issuer_key)
{
    der_begin(w, TAG_SEQUENCE);
    der_put_number(w, TAG_INTEGER, CRL_VERSION_2);
    put_algorithm(w);
    put_name(w, &spec->issuer);
    der_put_time(w, spec->this_update);
    der_put_time(w, spec->next_update);
    put_revoked(w, spec);
    der_begin(w, TAG_CONTEXT_0);
    der_begin(w, TAG_SEQUENCE);
    extension_begin(w, OID(crl_number), false);
    der_put_number(w, TAG_INTEGER, spec->number);
    extension_end(w);
    put_authority_key_id(w, issuer_key);
    der_end(w);
    der_end(w);
    der_end(w);
}

int crl_make(const struct crl_spec *spec, struct ec_key *issuer_key, struct buf *out,
             struct err *err)
{
    CLEANUP(buf_done) struct buf body = buf_init(CRL_MADE_SIZE_MAX);
    struct der_writer w = der_writer_of(&body);

    put_crl_body(&w, spec, ec_key_public(issuer_key));
    if (buf_status(&body) < 0)
        return err_set(err, buf_status(&body), "CRL of %s", spec->issuer.common_name);
    return put_signed(out, buf_span(&body), issuer_key, err);
}

int cert_random_serial(uint8_t ret[static CERT_SERIAL_SIZE], struct err *err)
{
    if (getrandom(ret, CERT_SERIAL_SIZE, 0) != CERT_SERIAL_SIZE)
        return err_errno(err, "random serial number");
    ret[0] = (uint8_t)((ret[0] & 0x3f) | 0x40);
    return 0;
}
