/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates and CRLs are written by hand, because the fields that a DCAP verifier demands are
 * few and fixed, and because OpenSSL's X509 objects fetch providers and allocate for each field. A
 * service that certifies one key at its start would keep that memory for its lifetime.
 *
 * Both kinds of object are SIGNED { body, algorithm, signature } (RFC 5280 4.1.1 and 5.1.1): one
 * function renders a body, another signs the rendered bytes and puts the three parts together. The
 * signature covers the body as DER, so the body is rendered into a buffer of its own first.
 *
 * The order of the extensions is the one of Intel's certificates. Key identifiers are the first 20
 * bytes of the key's SHA-256 (RFC 7093, method 1). Basic constraints of a certificate that is no CA
 * is an empty SEQUENCE, since DER leaves out a value that equals its default.
 */
#include "crypto/cert_make.h"

#include <errno.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include "codec/der_writer.h"
#include "crypto/oid.h"

enum {
    KEY_ID_SIZE = 20, /* bytes: RFC 7093, method 1 */

    VERSION_3 = 2,
    CRL_VERSION_2 = 1,
};

static void algorithm_put(struct der_writer *w)
{
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_put_oid(w, OID(ECDSA_SHA256));
    der_writer_end(w);
}

static void name_part_put(struct der_writer *w, struct span oid, const char *text)
{
    der_writer_begin(w, DER_SET);
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_put_oid(w, oid);
    der_writer_put(w, DER_UTF8_STRING, span_str(text));
    der_writer_end(w);
    der_writer_end(w);
}

static void name_put(struct der_writer *w, const struct cert_name *name)
{
    der_writer_begin(w, DER_SEQUENCE);
    name_part_put(w, OID(COMMON_NAME), name->common_name);
    name_part_put(w, OID(ORGANIZATION), name->organization);
    der_writer_end(w);
}

static void public_key_put(struct der_writer *w, const uint8_t *key)
{
    uint8_t point[1 + EC_PUBLIC_SIZE] = {0x04};

    memcpy(point + 1, key, EC_PUBLIC_SIZE);
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_put_oid(w, OID(EC_PUBLIC_KEY));
    der_writer_put_oid(w, OID(PRIME256V1));
    der_writer_end(w);
    der_writer_put_bits(w, span_of(point, sizeof(point)), 0);
    der_writer_end(w);
}

/* Open an extension; its value follows until extension_end(). */
static void extension_begin(struct der_writer *w, struct span oid, bool critical)
{
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_put_oid(w, oid);
    if (critical)
        der_writer_put_boolean(w, true);
    der_writer_begin(w, DER_OCTET_STRING);
}

static void extension_end(struct der_writer *w)
{
    der_writer_end(w);
    der_writer_end(w);
}

static void key_id_of(const uint8_t *key, uint8_t ret[static SHA256_DIGEST_LENGTH])
{
    uint8_t point[1 + EC_PUBLIC_SIZE] = {0x04};

    memcpy(point + 1, key, EC_PUBLIC_SIZE);
    SHA256(point, sizeof(point), ret);
}

static void authority_key_id_put(struct der_writer *w, const uint8_t *key)
{
    uint8_t id[SHA256_DIGEST_LENGTH];

    key_id_of(key, id);
    extension_begin(w, OID(AUTHORITY_KEY_ID), false);
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_put(w, DER_CONTEXT_PRIMITIVE(0), span_of(id, KEY_ID_SIZE));
    der_writer_end(w);
    extension_end(w);
}

static void subject_key_id_put(struct der_writer *w, const uint8_t *key)
{
    uint8_t id[SHA256_DIGEST_LENGTH];

    key_id_of(key, id);
    extension_begin(w, OID(SUBJECT_KEY_ID), false);
    der_writer_put(w, DER_OCTET_STRING, span_of(id, KEY_ID_SIZE));
    extension_end(w);
}

static void crl_points_put(struct der_writer *w, const char *url)
{
    extension_begin(w, OID(CRL_POINTS), false);
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_begin(w, DER_CONTEXT(0));
    der_writer_begin(w, DER_CONTEXT(0));
    der_writer_put(w, DER_CONTEXT_PRIMITIVE(6), span_str(url));
    der_writer_end(w);
    der_writer_end(w);
    der_writer_end(w);
    der_writer_end(w);
    extension_end(w);
}

static void key_usage_put(struct der_writer *w, bool is_ca)
{
    const uint8_t sign_certificates_and_crls = 0x06, sign_data = 0xc0;

    extension_begin(w, OID(KEY_USAGE), true);
    if (is_ca)
        der_writer_put_bits(w, span_of(&sign_certificates_and_crls, 1), 1);
    else
        der_writer_put_bits(w, span_of(&sign_data, 1), 6);
    extension_end(w);
}

static void basic_constraints_put(struct der_writer *w, bool is_ca, uint32_t path_len)
{
    extension_begin(w, OID(BASIC_CONSTRAINTS), true);
    der_writer_begin(w, DER_SEQUENCE);
    if (is_ca) {
        der_writer_put_boolean(w, true);
        der_writer_put_number(w, DER_INTEGER, path_len);
    }
    der_writer_end(w);
    extension_end(w);
}

static void certificate_body_put(struct der_writer *w, const struct cert_spec *spec,
                                 const uint8_t *issuer_key)
{
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_begin(w, DER_CONTEXT(0));
    der_writer_put_number(w, DER_INTEGER, VERSION_3);
    der_writer_end(w);
    der_writer_put_unsigned(w, span_of(spec->serial, CERT_SERIAL_SIZE));
    algorithm_put(w);
    name_put(w, &spec->issuer);
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_put_time(w, spec->not_before);
    der_writer_put_time(w, spec->not_after);
    der_writer_end(w);
    name_put(w, &spec->subject);
    public_key_put(w, spec->subject_key);

    der_writer_begin(w, DER_CONTEXT(3));
    der_writer_begin(w, DER_SEQUENCE);
    authority_key_id_put(w, issuer_key);
    crl_points_put(w, spec->crl_url);
    subject_key_id_put(w, spec->subject_key);
    key_usage_put(w, spec->is_ca);
    basic_constraints_put(w, spec->is_ca, spec->path_len);
    der_writer_put_raw(w, spec->extension);
    der_writer_end(w);
    der_writer_end(w);
    der_writer_end(w);
}

/* ECDSA-Sig-Value in a BIT STRING. */
static void signature_put(struct der_writer *w, const uint8_t signature[static EC_SIGNATURE_SIZE])
{
    struct buf value = buf_init(EC_SIGNATURE_SIZE + 16);
    struct der_writer v = der_writer_of(&value);
    size_t half = EC_SIGNATURE_SIZE / 2;

    der_writer_begin(&v, DER_SEQUENCE);
    der_writer_put_unsigned(&v, span_of(signature, half));
    der_writer_put_unsigned(&v, span_of(signature + half, half));
    der_writer_end(&v);
    if (buf_status(&value) < 0)
        w->out->status = buf_status(&value);
    der_writer_put_bits(w, buf_span(&value), 0);
    buf_done(&value);
}

/* Body, algorithm and signature: what certificates and CRLs have in common. */
static int signed_put(struct buf *out, struct span body, struct ec_key *key, struct err *err)
{
    struct der_writer w = der_writer_of(out);
    uint8_t signature[EC_SIGNATURE_SIZE];
    int r = ec_key_sign(key, body, signature, err);

    if (r < 0)
        return r;
    der_writer_begin(&w, DER_SEQUENCE);
    der_writer_put_raw(&w, body);
    algorithm_put(&w);
    signature_put(&w, signature);
    der_writer_end(&w);
    r = buf_status(out);
    return r < 0 ? err_set(err, r, "certificate") : 0;
}

int cert_make(const struct cert_spec *spec, struct ec_key *issuer_key, struct buf *out,
              struct err *err)
{
    CLEANUP(buf_done) struct buf body = buf_init(CERT_SIZE_MAX);
    struct der_writer w = der_writer_of(&body);

    certificate_body_put(&w, spec, ec_key_public(issuer_key));
    if (buf_status(&body) < 0)
        return err_set(err, buf_status(&body), "certificate of %s", spec->subject.common_name);
    return signed_put(out, buf_span(&body), issuer_key, err);
}

static void revoked_put(struct der_writer *w, const struct crl_spec *spec)
{
    if (spec->revoked_count == 0)
        return;
    der_writer_begin(w, DER_SEQUENCE);
    for (size_t i = 0; i < spec->revoked_count; i++) {
        der_writer_begin(w, DER_SEQUENCE);
        der_writer_put_unsigned(w, span_of(spec->revoked[i], CERT_SERIAL_SIZE));
        der_writer_put_time(w, spec->this_update);
        der_writer_end(w);
    }
    der_writer_end(w);
}

static void crl_body_put(struct der_writer *w, const struct crl_spec *spec,
                         const uint8_t *issuer_key)
{
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_put_number(w, DER_INTEGER, CRL_VERSION_2);
    algorithm_put(w);
    name_put(w, &spec->issuer);
    der_writer_put_time(w, spec->this_update);
    der_writer_put_time(w, spec->next_update);
    revoked_put(w, spec);
    der_writer_begin(w, DER_CONTEXT(0));
    der_writer_begin(w, DER_SEQUENCE);
    extension_begin(w, OID(CRL_NUMBER), false);
    der_writer_put_number(w, DER_INTEGER, spec->number);
    extension_end(w);
    authority_key_id_put(w, issuer_key);
    der_writer_end(w);
    der_writer_end(w);
    der_writer_end(w);
}

int cert_make_crl(const struct crl_spec *spec, struct ec_key *issuer_key, struct buf *out,
                  struct err *err)
{
    CLEANUP(buf_done) struct buf body = buf_init(CRL_MADE_SIZE_MAX);
    struct der_writer w = der_writer_of(&body);

    crl_body_put(&w, spec, ec_key_public(issuer_key));
    if (buf_status(&body) < 0)
        return err_set(err, buf_status(&body), "CRL of %s", spec->issuer.common_name);
    return signed_put(out, buf_span(&body), issuer_key, err);
}

int cert_make_serial(uint8_t ret[static CERT_SERIAL_SIZE], struct err *err)
{
    if (getrandom(ret, CERT_SERIAL_SIZE, 0) != CERT_SERIAL_SIZE)
        return err_errno(err, "random serial number");
    ret[0] = (uint8_t)((ret[0] & 0x3f) | 0x40);
    return 0;
}
