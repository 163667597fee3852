/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CRL is SIGNED { tbsCertList } (RFC 5280 5.1). It is read in the same way as a certificate, with
 * one difference: the list of revoked certificates can have any length, and each quote asks whether
 * two serial numbers are on it. So the entries are counted in a first pass, one array of spans is
 * allocated for the serial numbers, and it is sorted once. A look-up is a binary search. The order
 * is by length, then by bytes; any total order would do.
 *
 * The CRL owns a copy of its bytes, since a collateral set outlives the file that it came from.
 *
 * Extensions of single entries (reason code, invalidity date) are skipped, critical ones as well:
 * whatever they say, the certificate is revoked, and a skipped entry would hide that.
 */
#include "crypto/crl.h"

#include <errno.h>

#include "base/text.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/pem.h"
#include "crypto/oid.h"
#include "crypto/x509_parts.h"

static void number_read(struct der *d, struct crl *ret)
{
    struct span n = der_unsigned(d, 20);

    ret->has_number = true;
    for (size_t i = 0; i < n.len; i++)
        ret->number = ret->number >> 56 ? UINT64_MAX : ret->number << 8 | n.data[i];
}

static int extension_read(struct der *list, struct crl *ret, struct err *err)
{
    struct der e = der_enter(list, DER_SEQUENCE), value;
    struct span oid = der_read(&e, DER_OID);
    bool is_critical = der_next_is(&e, DER_BOOLEAN) && der_boolean(&e);

    value = der_of(der_read(&e, DER_OCTET_STRING));
    if (!der_ok(&e))
        return err_set(err, -EBADMSG, "bad extension");
    if (OID_IS(oid, CRL_NUMBER))
        number_read(&value, ret);
    else if (OID_IS(oid, AUTHORITY_KEY_ID))
        ret->authority_key_id = x509_authority_key_id_read(&value);
    else if (is_critical)
        return err_set(err, -EOPNOTSUPP, "unknown critical extension");
    else
        return 0;
    return der_ok(&value) ? 0 : err_set(err, -EBADMSG, "bad content of a known extension");
}

static int extensions_read(struct der *tbs, struct crl *ret, struct err *err)
{
    struct der outer = der_enter(tbs, DER_CONTEXT(0)), list = der_enter(&outer, DER_SEQUENCE);
    int r;

    while (!der_at_end(&list)) {
        r = extension_read(&list, ret, err);
        if (r < 0)
            return r;
    }
    der_leave(&outer, &list);
    der_leave(tbs, &outer);
    return tbs->failed ? err_set(err, -EBADMSG, "bad extensions") : 0;
}

/* An entry of revokedCertificates: serial number, date, optional extensions. */
static struct span entry_read(struct der *list)
{
    struct der e = der_enter(list, DER_SEQUENCE);
    struct span serial = der_unsigned(&e, X509_SERIAL_SIZE_MAX);

    der_time(&e);
    if (der_next_is(&e, DER_SEQUENCE))
        der_read(&e, DER_SEQUENCE);
    der_leave(list, &e);
    return serial;
}

static int serial_order(struct span a, struct span b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return memcmp(a.data, b.data, a.len);
}

static int serial_compare(const void *a, const void *b)
{
    return serial_order(*(const struct span *)a, *(const struct span *)b);
}

static int entries_read(struct der *tbs, struct crl *ret, struct err *err)
{
    struct der list = der_enter(tbs, DER_SEQUENCE), counter = list;
    size_t count = 0;

    while (!der_at_end(&counter)) {
        der_read(&counter, DER_SEQUENCE);
        count++;
    }
    if (counter.failed)
        return err_set(err, -EBADMSG, "bad list of entries");
    ret->serials = count ? calloc(count, sizeof(*ret->serials)) : NULL;
    if (count && !ret->serials)
        return err_set(err, -ENOMEM, "%zu entries", count);
    while (!der_at_end(&list))
        ret->serials[ret->count++] = entry_read(&list);
    if (list.failed)
        return err_set(err, -EBADMSG, "entry %zu of %zu is bad", ret->count, count);
    if (count)
        qsort(ret->serials, count, sizeof(*ret->serials), serial_compare);
    return 0;
}

static int tbs_read(struct der *tbs, struct crl *ret, struct err *err)
{
    int r;

    if (der_small(tbs, DER_INTEGER, 1) != 1)
        return err_set(err, -EBADMSG, "not a version 2 CRL");
    r = x509_algorithm_read(tbs, err);
    if (r < 0)
        return r;
    ret->issuer = x509_name_read(tbs, &ret->issuer_cn);
    ret->this_update = der_time(tbs);
    ret->next_update = der_time(tbs);
    if (tbs->failed)
        return err_set(err, -EBADMSG, "bad issuer, thisUpdate or nextUpdate");
    r = der_next_is(tbs, DER_SEQUENCE) ? entries_read(tbs, ret, err) : 0;
    if (r == 0 && der_next_is(tbs, DER_CONTEXT(0)))
        r = extensions_read(tbs, ret, err);
    if (r == 0 && !der_ok(tbs))
        r = err_set(err, -EBADMSG, "unexpected field");
    return r;
}

static int list_parse(struct span der, struct crl *ret, struct err *err)
{
    struct der top = der_of(der), list = der_enter(&top, DER_SEQUENCE), outer, tbs;
    int r;

    ret->tbs = der_read_whole(&list, DER_SEQUENCE);
    if (!der_ok(&top) || list.failed)
        return err_set(err, -EBADMSG, "not DER");
    outer = der_of(ret->tbs);
    tbs = der_enter(&outer, DER_SEQUENCE);
    r = tbs_read(&tbs, ret, err);
    if (r == 0)
        r = x509_algorithm_read(&list, err);
    if (r == 0)
        r = x509_signature_read(&list, ret->signature, err);
    if (r == 0 && !der_ok(&list))
        r = err_set(err, -EBADMSG, "bytes follow the signature");
    return r;
}

/* The bytes of the SEQUENCE that @bytes start with; all of them when more than NULs and blanks
 * follows it, so that the parser refuses them. */
static struct span der_cut(struct span bytes)
{
    struct der d = der_of(bytes);
    struct span whole = der_read_whole(&d, DER_SEQUENCE);

    for (size_t i = 0; i < d.rest.len; i++)
        if (!memchr("\0 \t\r\n", d.rest.data[i], 5))
            return bytes;
    return d.failed ? bytes : whole;
}

/* Hex with blanks and line ends. Return: false, with @into as it was, for any other text. */
static bool hex_lines_decode(struct span text, struct buf *into)
{
    size_t before = into->len;

    while (text.len > 0) {
        struct span line = text_trim(text_split(&text, '\n'));

        if (hex_decode(line, into) < 0) {
            into->len = before;
            return false;
        }
    }
    return into->len > before;
}

/* Text: PEM, hex or base64, perhaps with a byte order mark and with NULs after it. */
static int text_decode(struct span text, struct buf *into, struct err *err)
{
    struct span block, rest = text;
    int r = pem_next(&rest, "X509 CRL", into, &block, err);

    if (r != 0)
        return r < 0 ? r : 0;
    text = text_strip(text);
    if (hex_lines_decode(text, into))
        return 0;
    r = base64_decode(text, BASE64_SKIP_SPACE | BASE64_ANY, into, NULL);
    if (r == 0 && into->len == 0)
        r = -EBADMSG;
    return r < 0 ? err_set(err, r, "neither DER, PEM, hex nor base64") : 0;
}

/* DER begins with a SEQUENCE whose length has more than one byte. */
static int bytes_decode(struct span text, struct buf *into, struct err *err)
{
    struct span der;
    int r;

    if (text.len < 2 || text.data[0] != DER_SEQUENCE || !(text.data[1] & 0x80))
        return text_decode(text, into, err);
    der = der_cut(text);
    buf_put(into, der);
    r = buf_status(into);
    return r < 0 ? err_set(err, r, "%zu bytes", der.len) : 0;
}

int crl_parse(struct span text, struct crl *ret, struct err *err)
{
    struct crl crl = {.bytes = buf_init(CRL_SIZE_MAX)};
    int r;

    if (text.len > 2 * (size_t)CRL_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "crl: %zu bytes, limit %d of DER", text.len, CRL_SIZE_MAX);
    r = bytes_decode(text, &crl.bytes, err);
    if (r == 0)
        r = list_parse(buf_span(&crl.bytes), &crl, err);
    if (r < 0) {
        crl_done(&crl);
        return err_wrap(err, "crl");
    }
    *ret = crl;
    return 0;
}

void crl_done(struct crl *crl)
{
    free(crl->serials);
    crl->serials = NULL;
    crl->count = 0;
    buf_done(&crl->bytes);
}

bool crl_lists(const struct crl *crl, struct span serial)
{
    size_t low = 0, high = crl->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = serial_order(serial, crl->serials[middle]);

        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

enum p256_result crl_is_signed_by(const struct crl *crl, const uint8_t key[static P256_KEY_SIZE],
                                  struct p256 *p256)
{
    return p256_verify(p256, key, crl->tbs, crl->signature);
}
