/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate is SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280 4.1).
 * The reader walks it once, in the order of the RFC, and stores spans: nothing is copied and
 * nothing is allocated. OpenSSL's decoder makes an object of each name, time and extension, which
 * costs as much as verifying the certificate's signature.
 *
 * The reader's omissions are as important. It decides nothing about trust: dates, names and
 * signatures are compared by verify/chain.c. It keeps the bytes of both names, because issuer and
 * subject are compared byte by byte, and the bytes of tbsCertificate, because the signature covers
 * them as received.
 *
 * Everything outside of DCAP's profile is refused here, so that no later step meets it: other
 * versions than 3, other curves than P-256, other algorithms than ECDSA with SHA-256. An extension
 * that is not known is skipped when it is not critical and refused when it is (RFC 5280 4.2). One
 * that is known must be well-formed and must not occur twice; otherwise two readers of the same
 * certificate could see two different values.
 *
 * The order inside: extension_value_read() reads one known value, extension_read() applies the
 * rules for any extension, tbs_read() goes through the fields, x509_parse() checks that nothing
 * follows.
 */
#include "crypto/x509.h"

#include <errno.h>

#include "codec/pem.h"
#include "crypto/oid.h"
#include "crypto/x509_parts.h"

int x509_algorithm_read(struct der *d, struct err *err)
{
    struct der a = der_enter(d, DER_SEQUENCE);
    struct span oid = der_read(&a, DER_OID);

    if (der_next_is(&a, DER_NULL))
        der_read(&a, DER_NULL);
    if (!der_ok(&a))
        return err_set(err, -EBADMSG, "bad signature algorithm");
    if (!OID_IS(oid, ECDSA_SHA256))
        return err_set(err, -EOPNOTSUPP, "signature algorithm is not ECDSA with SHA-256");
    return 0;
}

static void scalar_copy(struct span n, uint8_t to[static 32])
{
    memset(to, 0, 32);
    if (n.len > 0)
        memcpy(to + 32 - n.len, n.data, n.len);
}

int x509_signature_read(struct der *d, uint8_t ret[static P256_SIGNATURE_SIZE], struct err *err)
{
    struct der bits = der_of(der_bits(d)), pair = der_enter(&bits, DER_SEQUENCE);

    scalar_copy(der_unsigned(&pair, 32), ret);
    scalar_copy(der_unsigned(&pair, 32), ret + 32);
    der_leave(&bits, &pair);
    if (d->failed || !der_ok(&bits))
        return err_set(err, -EBADMSG, "bad signature encoding");
    return 0;
}

struct span x509_name_read(struct der *d, struct span *ret_cn)
{
    struct span whole = der_read_whole(d, DER_SEQUENCE);
    struct der outer = der_of(whole), name = der_enter(&outer, DER_SEQUENCE);

    *ret_cn = span_of(NULL, 0);
    while (!der_at_end(&name)) {
        struct der set = der_enter(&name, DER_SET);

        while (!der_at_end(&set)) {
            struct der attribute = der_enter(&set, DER_SEQUENCE);
            struct span oid = der_read(&attribute, DER_OID);
            struct span value = der_any(&attribute, NULL, NULL);

            if (OID_IS(oid, COMMON_NAME))
                *ret_cn = value;
            der_leave(&set, &attribute);
        }
        der_leave(&name, &set);
    }
    if (!der_ok(&name))
        der_fail(d);
    return whole;
}

static int public_key_read(struct der *d, uint8_t ret[static P256_KEY_SIZE], struct err *err)
{
    struct der info = der_enter(d, DER_SEQUENCE), algorithm = der_enter(&info, DER_SEQUENCE);
    struct span type = der_read(&algorithm, DER_OID), curve = der_any(&algorithm, NULL, NULL),
                point;

    if (!der_ok(&algorithm))
        return err_set(err, -EBADMSG, "bad public key algorithm");
    if (!OID_IS(type, EC_PUBLIC_KEY) || !OID_IS(curve, PRIME256V1))
        return err_set(err, -EOPNOTSUPP, "public key is not on P-256");
    point = der_bits(&info);
    if (!der_ok(&info) || point.len != 1 + P256_KEY_SIZE || point.data[0] != 0x04)
        return err_set(err, -EBADMSG, "public key is not an uncompressed P-256 point");
    memcpy(ret, point.data + 1, P256_KEY_SIZE);
    return 0;
}

static void basic_constraints_read(struct der *d, struct x509 *ret)
{
    struct der s = der_enter(d, DER_SEQUENCE);

    ret->has_basic_constraints = true;
    if (der_next_is(&s, DER_BOOLEAN))
        ret->is_ca = der_boolean(&s);
    if (der_next_is(&s, DER_INTEGER)) {
        ret->has_path_len = true;
        ret->path_len = der_small(&s, DER_INTEGER, UINT16_MAX);
    }
    der_leave(d, &s);
}

/* The named bits of KeyUsage; bit 0 is the most significant bit of the first byte. */
static void key_usage_read(struct der *d, struct x509 *ret)
{
    struct span bits = der_read(d, DER_BIT_STRING);

    if (bits.len < 2 || bits.len > 3 || bits.data[0] > 7) {
        der_fail(d);
        return;
    }
    ret->has_key_usage = true;
    for (unsigned i = 0; i < 8; i++)
        if (bits.data[1] & (0x80U >> i))
            ret->key_usage |= 1U << i;
}

/* AuthorityKeyIdentifier { [0] keyIdentifier, ... } */
struct span x509_authority_key_id_read(struct der *d)
{
    struct der s = der_enter(d, DER_SEQUENCE);
    struct span id = span_of(NULL, 0);

    if (der_next_is(&s, DER_CONTEXT_PRIMITIVE(0)))
        id = der_read(&s, DER_CONTEXT_PRIMITIVE(0));
    while (!der_at_end(&s))
        der_any(&s, NULL, NULL);
    der_leave(d, &s);
    return id;
}

/* The first URI of the first point: SEQ { SEQ { [0] { [0] { [6] uri ... */
static struct span crl_url_read(struct der *d)
{
    struct der points = der_enter(d, DER_SEQUENCE), inner = points;
    struct span url = span_of(NULL, 0);

    inner = der_enter(&inner, DER_SEQUENCE);
    inner = der_enter(&inner, DER_CONTEXT(0));
    inner = der_enter(&inner, DER_CONTEXT(0));
    if (der_next_is(&inner, DER_CONTEXT_PRIMITIVE(6)))
        url = der_read(&inner, DER_CONTEXT_PRIMITIVE(6));
    while (!der_at_end(&points))
        der_read(&points, DER_SEQUENCE);
    der_leave(d, &points);
    return url;
}

enum extension_bit {
    EXTENSION_UNKNOWN = 0,
    EXTENSION_SUBJECT_KEY_ID = 1 << 0,
    EXTENSION_KEY_USAGE = 1 << 1,
    EXTENSION_BASIC_CONSTRAINTS = 1 << 2,
    EXTENSION_CRL_POINTS = 1 << 3,
    EXTENSION_AUTHORITY_KEY_ID = 1 << 4,
    EXTENSION_SGX = 1 << 5,
};

static enum extension_bit extension_value_read(struct span oid, struct span content,
                                               struct der *value, struct x509 *ret)
{
    if (OID_IS(oid, SUBJECT_KEY_ID)) {
        ret->subject_key_id = der_read(value, DER_OCTET_STRING);
        return EXTENSION_SUBJECT_KEY_ID;
    }
    if (OID_IS(oid, KEY_USAGE)) {
        key_usage_read(value, ret);
        return EXTENSION_KEY_USAGE;
    }
    if (OID_IS(oid, BASIC_CONSTRAINTS)) {
        basic_constraints_read(value, ret);
        return EXTENSION_BASIC_CONSTRAINTS;
    }
    if (OID_IS(oid, CRL_POINTS)) {
        ret->crl_url = crl_url_read(value);
        return EXTENSION_CRL_POINTS;
    }
    if (OID_IS(oid, AUTHORITY_KEY_ID)) {
        ret->authority_key_id = x509_authority_key_id_read(value);
        return EXTENSION_AUTHORITY_KEY_ID;
    }
    *value = der_of(span_of(NULL, 0));
    if (!OID_IS(oid, SGX))
        return EXTENSION_UNKNOWN;
    ret->sgx = content;
    return EXTENSION_SGX;
}

static int extension_read(struct der *d, unsigned *seen, struct x509 *ret, struct err *err)
{
    struct der e = der_enter(d, DER_SEQUENCE), value;
    struct span oid = der_read(&e, DER_OID), content;
    bool is_critical = der_next_is(&e, DER_BOOLEAN) && der_boolean(&e);
    enum extension_bit bit;

    content = der_read(&e, DER_OCTET_STRING);
    if (!der_ok(&e))
        return err_set(err, -EBADMSG, "bad extension");
    value = der_of(content);
    bit = extension_value_read(oid, content, &value, ret);
    if (bit == EXTENSION_UNKNOWN)
        return is_critical ? err_set(err, -EOPNOTSUPP, "unknown critical extension") : 0;
    if (!der_ok(&value))
        return err_set(err, -EBADMSG, "bad content of a known extension");
    if (*seen & bit)
        return err_set(err, -EBADMSG, "an extension occurs twice");
    *seen |= bit;
    return 0;
}

static int extensions_read(struct der *tbs, struct x509 *ret, struct err *err)
{
    struct der outer = der_enter(tbs, DER_CONTEXT(3)), list = der_enter(&outer, DER_SEQUENCE);
    unsigned seen = 0;
    size_t count = 0;
    int r;

    while (!der_at_end(&list)) {
        if (++count > X509_EXTENSION_COUNT_MAX)
            return err_set(err, -EMSGSIZE, "more than %d extensions", X509_EXTENSION_COUNT_MAX);
        r = extension_read(&list, &seen, ret, err);
        if (r < 0)
            return r;
    }
    der_leave(&outer, &list);
    der_leave(tbs, &outer);
    return tbs->failed ? err_set(err, -EBADMSG, "bad extensions") : 0;
}

static void validity_read(struct der *tbs, struct x509 *ret)
{
    struct der v = der_enter(tbs, DER_SEQUENCE);

    ret->not_before = der_time(&v);
    ret->not_after = der_time(&v);
    der_leave(tbs, &v);
}

static int tbs_read(struct der *tbs, struct x509 *ret, struct err *err)
{
    struct der version = der_enter(tbs, DER_CONTEXT(0));
    int r;

    if (der_small(&version, DER_INTEGER, 2) != 2 || !der_ok(&version))
        return err_set(err, -EBADMSG, "not an X.509 version 3 certificate");
    ret->serial = der_unsigned(tbs, X509_SERIAL_SIZE_MAX);
    if (tbs->failed)
        return err_set(err, -EBADMSG, "bad serial number");
    r = x509_algorithm_read(tbs, err);
    if (r < 0)
        return r;
    ret->issuer = x509_name_read(tbs, &ret->issuer_cn);
    validity_read(tbs, ret);
    ret->subject = x509_name_read(tbs, &ret->subject_cn);
    if (tbs->failed)
        return err_set(err, -EBADMSG, "bad names or validity");
    r = public_key_read(tbs, ret->key, err);
    if (r < 0)
        return r;
    return extensions_read(tbs, ret, err);
}

int x509_parse(struct span der, struct x509 *ret, struct err *err)
{
    struct der top = der_of(der), cert, outer, tbs;
    struct x509 x = {.der = der};
    int r;

    if (der.len > X509_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "certificate of %zu bytes, limit %d", der.len,
                       X509_SIZE_MAX);
    cert = der_enter(&top, DER_SEQUENCE);
    x.tbs = der_read_whole(&cert, DER_SEQUENCE);
    if (!der_ok(&top) || cert.failed)
        return err_set(err, -EBADMSG, "certificate: not DER");
    outer = der_of(x.tbs);
    tbs = der_enter(&outer, DER_SEQUENCE);
    r = tbs_read(&tbs, &x, err);
    if (r == 0 && !der_ok(&tbs))
        r = err_set(err, -EBADMSG, "bytes follow the extensions");
    if (r == 0)
        r = x509_algorithm_read(&cert, err);
    if (r == 0)
        r = x509_signature_read(&cert, x.signature, err);
    if (r == 0 && !der_ok(&cert))
        r = err_set(err, -EBADMSG, "bytes follow the signature");
    if (r < 0)
        return err_wrap(err, "certificate");
    *ret = x;
    return 0;
}

enum p256_result x509_is_signed_by(const struct x509 *cert, const uint8_t key[static P256_KEY_SIZE],
                                   struct p256 *p256)
{
    return p256_verify(p256, key, cert->tbs, cert->signature);
}

int x509_chain_parse(struct span pem, struct x509_chain *ret, struct err *err)
{
    size_t ends[X509_CHAIN_MAX], count = 0, from = 0;
    struct span block;
    int r;

    ret->der = buf_init((size_t)X509_CHAIN_MAX * X509_SIZE_MAX);
    ret->count = 0;
    while ((r = pem_next(&pem, "CERTIFICATE", &ret->der, &block, err)) == 1) {
        if (count == X509_CHAIN_MAX)
            return err_set(err, -EMSGSIZE, "more than %d certificates", X509_CHAIN_MAX);
        ends[count++] = ret->der.len;
    }
    if (r < 0)
        return r;
    if (count == 0)
        return err_set(err, -EBADMSG, "no certificate in %zu bytes of text", pem.len);
    for (size_t i = 0; i < count; i++) {
        r = x509_parse(span_sub(buf_span(&ret->der), from, ends[i] - from), &ret->cert[i], err);
        if (r < 0)
            return err_wrap(err, "certificate %zu", i + 1);
        from = ends[i];
    }
    ret->count = count;
    return 0;
}

void x509_chain_done(struct x509_chain *chain)
{
    buf_done(&chain->der);
    chain->count = 0;
}
