/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RA-TLS puts evidence into an extension of a self-signed certificate. The certificate's own
 * signature proves nothing that the TLS handshake does not prove better (that the peer has the
 * key), so neither its algorithm nor its curve matters here: the fields are passed over with
 * der_any(), and only names, validity, key and extensions are read.
 *
 * Intel's 1.2.840.113741.1.13.1 has two uses: in a PCK certificate it holds the platform's TCB, and
 * in certificates of Intel's TTLS library it holds a quote. The content tells them apart: a PCK
 * extension is a SEQUENCE (30), a quote starts with its version (03 to 05).
 *
 * Early Gramine wrote the OID's own tag and length into the OID, so its encoding starts with 06 09.
 */
#include "evidence/certificate.h"

#include <errno.h>

#include "base/macros.h"
#include "codec/der.h"

static const struct {
    const char *name;
    struct span oid; /* content of the encoding */
} carriers[] = {
    {"2.23.133.5.4.9 (TCG DICE)", {(const uint8_t *)"\x67\x81\x05\x05\x04\x09", 6}},
    {"1.2.840.113741.1337.6 (Gramine)",
     {(const uint8_t *)"\x2a\x86\x48\x86\xf8\x4d\x8a\x39\x06", 9}},
    {"1.2.840.113741.1337.6 (early Gramine)",
     {(const uint8_t *)"\x06\x09\x2a\x86\x48\x86\xf8\x4d\x8a\x39\x06", 11}},
    {"1.2.840.113741.1.13.1 (Intel TTLS)",
     {(const uint8_t *)"\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", 9}},
    {"1.2.840.113556.10.1.1 (Open Enclave report)",
     {(const uint8_t *)"\x2a\x86\x48\x86\xf7\x14\x0a\x01\x01", 9}},
    {"1.2.840.113556.10.1.2 (Open Enclave evidence)",
     {(const uint8_t *)"\x2a\x86\x48\x86\xf7\x14\x0a\x01\x02", 9}},
    {"1.3.6.1.4.1.311.105.1 (Open Enclave evidence)",
     {(const uint8_t *)"\x2b\x06\x01\x04\x01\x82\x37\x69\x01", 9}},
    {"1.3.6.1.4.1.62397.1.1 (dstack)",
     {(const uint8_t *)"\x2b\x06\x01\x04\x01\x83\xe7\x3d\x01\x01", 10}},
};

static const struct {
    const char *name;
    struct span oid; /* of the curve, or of the algorithm when it has no curve */
} keys[] = {
    {"P-256", {(const uint8_t *)"\x2a\x86\x48\xce\x3d\x03\x01\x07", 8}},
    {"P-384", {(const uint8_t *)"\x2b\x81\x04\x00\x22", 5}},
    {"P-521", {(const uint8_t *)"\x2b\x81\x04\x00\x23", 5}},
    {"RSA", {(const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9}},
    {"Ed25519", {(const uint8_t *)"\x2b\x65\x70", 3}},
};

static const char *key_name_of(struct span spki)
{
    struct der d = der_of(spki), info = der_enter(&d, DER_SEQUENCE),
               algorithm = der_enter(&info, DER_SEQUENCE);
    struct span type = der_read(&algorithm, DER_OID), curve = span_of(NULL, 0);

    if (der_next_is(&algorithm, DER_OID))
        curve = der_read(&algorithm, DER_OID);
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
        if (span_equal(keys[i].oid, curve.len > 0 ? curve : type))
            return keys[i].name;
    return "unknown algorithm";
}

/* The text of the last commonName (2.5.4.3). Whatever has another form is passed over. */
static struct span common_name_of(struct span name)
{
    struct der list = der_of(name);
    struct span found = span_of(NULL, 0);

    while (!der_at_end(&list)) {
        struct der set = der_enter(&list, DER_SET), pair = der_enter(&set, DER_SEQUENCE);
        struct span oid = der_read(&pair, DER_OID), value = der_any(&pair, NULL, NULL);

        if (!pair.failed && span_equal(oid, span_of("\x55\x04\x03", 3)))
            found = value;
    }
    return found;
}

static bool is_pck_extension(struct span content)
{
    return content.len > 0 && content.data[0] == DER_SEQUENCE;
}

static void extension_take(struct span oid, struct span content, struct evidence_certificate *ret)
{
    for (size_t i = 0; i < ARRAY_COUNT(carriers); i++) {
        if (!span_equal(oid, carriers[i].oid) || is_pck_extension(content))
            continue;
        if (ret->evidence_count++ == 0) {
            ret->extension = carriers[i].name;
            ret->evidence = content;
        }
    }
}

static void extensions_read(struct der *tbs, struct evidence_certificate *ret)
{
    struct der outer = der_enter(tbs, DER_CONTEXT(3)), list = der_enter(&outer, DER_SEQUENCE);

    while (!der_at_end(&list)) {
        struct der e = der_enter(&list, DER_SEQUENCE);
        struct span oid = der_read(&e, DER_OID);

        if (der_next_is(&e, DER_BOOLEAN))
            der_boolean(&e);
        extension_take(oid, der_read(&e, DER_OCTET_STRING), ret);
        der_leave(&list, &e);
    }
    der_leave(&outer, &list);
    der_leave(tbs, &outer);
}

static void tbs_read(struct der *tbs, struct evidence_certificate *ret)
{
    struct der validity;
    uint8_t tag;

    if (der_next_is(tbs, DER_CONTEXT(0)))
        der_any(tbs, NULL, NULL); /* version */
    der_read(tbs, DER_INTEGER);   /* serial number */
    der_read(tbs, DER_SEQUENCE);  /* signature algorithm */
    der_read(tbs, DER_SEQUENCE);  /* issuer */
    validity = der_enter(tbs, DER_SEQUENCE);
    ret->not_before = der_time(&validity);
    ret->not_after = der_time(&validity);
    der_leave(tbs, &validity);
    ret->subject_cn = common_name_of(der_read(tbs, DER_SEQUENCE));
    ret->spki = der_read_whole(tbs, DER_SEQUENCE);
    while (!der_at_end(tbs) && !der_next_is(tbs, DER_CONTEXT(3)))
        der_any(tbs, &tag, NULL); /* unique identifiers */
    if (der_next_is(tbs, DER_CONTEXT(3)))
        extensions_read(tbs, ret);
}

int evidence_certificate_parse(struct span der, struct evidence_certificate *ret, struct err *err)
{
    struct der top = der_of(der), cert = der_enter(&top, DER_SEQUENCE),
               tbs = der_enter(&cert, DER_SEQUENCE);
    struct evidence_certificate c = {.der = der};

    if (der.len > EVIDENCE_CERTIFICATE_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "certificate of %zu bytes, limit %d", der.len,
                       EVIDENCE_CERTIFICATE_SIZE_MAX);
    tbs_read(&tbs, &c);
    der_read(&cert, DER_SEQUENCE);   /* signature algorithm */
    der_read(&cert, DER_BIT_STRING); /* signature */
    if (!der_ok(&tbs) || !der_ok(&cert) || !der_ok(&top))
        return err_set(err, -EBADMSG, "not a certificate in DER");
    c.key_name = key_name_of(c.spki);
    *ret = c;
    return 0;
}
