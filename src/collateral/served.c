/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same seven pieces travel in many clothes. Intel's service sends issuer chains percent-encoded
 * in a header field; a user who follows its manual with curl has that header in a file. Intel's
 * libraries count the terminating NUL of each text and hand it on, and files pass through editors
 * that add a byte order mark at the start or a line end at the end.
 *
 * A relying party should not have to know. Transport is removed in one place, before any parser, so
 * that command and library read the same. The JSON that a signature covers lies between braces and
 * is cut out later as received; what is removed here lies outside of it.
 */
#include "collateral/served.h"

#include <errno.h>

#include "base/reader.h"
#include "base/text.h"
#include "codec/url.h"

enum {
    FLAT_SIZE = 120,      /* bytes of sgx_ql_qve_collateral_t on x86-64 */
    FLAT_VERSION_MAX = 4, /* major version of the structure; 1 and 3 exist */
    FLAT_TEE_TDX = 0x81,
};

/* The order of the structure: sgx_ql_lib_common.h of Intel's DCAP */
static const enum bundle_piece flat_order[] = {
    BUNDLE_PCK_CRL_CHAIN, BUNDLE_ROOT_CA_CRL,       BUNDLE_PCK_CRL,     BUNDLE_TCB_INFO_CHAIN,
    BUNDLE_TCB_INFO,      BUNDLE_QE_IDENTITY_CHAIN, BUNDLE_QE_IDENTITY,
};

/* Where the header of a piece's response puts an issuer chain. */
static const struct {
    enum bundle_piece piece;
    enum bundle_piece chain;
} carried[] = {
    {BUNDLE_TCB_INFO, BUNDLE_TCB_INFO_CHAIN},
    {BUNDLE_QE_IDENTITY, BUNDLE_QE_IDENTITY_CHAIN},
    {BUNDLE_PCK_CRL, BUNDLE_PCK_CRL_CHAIN},
};

static bool is_chain(enum bundle_piece piece)
{
    return piece >= BUNDLE_TCB_INFO_CHAIN && piece <= BUNDLE_PCK_CHAIN;
}

static bool is_crl(enum bundle_piece piece)
{
    return piece == BUNDLE_PCK_CRL || piece == BUNDLE_ROOT_CA_CRL;
}

static bool is_response(struct span bytes)
{
    return span_starts_with(bytes, span_str("HTTP/"));
}

static bool ends_issuer_chain(struct span name)
{
    static const char suffix[] = "issuer-chain";
    size_t len = sizeof(suffix) - 1;

    return name.len >= len &&
           strncasecmp((const char *)name.data + name.len - len, suffix, len) == 0;
}

/* One block of headers: the value of "...-Issuer-Chain", if any. Return: what follows the block. */
static struct span headers_read(struct span rest, struct span *chain)
{
    while (rest.len > 0) {
        struct span line = text_trim(text_split(&rest, '\n')), value = line;
        struct span name = text_split(&value, ':');

        if (line.len == 0)
            break;
        if (ends_issuer_chain(text_trim(name)))
            *chain = text_trim(value);
    }
    return rest;
}

/* Proxies and redirects put several blocks of headers in front. Return: the body. */
static struct span response_split(struct span bytes, struct span *ret_chain)
{
    *ret_chain = span_of(NULL, 0);
    while (is_response(bytes))
        bytes = headers_read(bytes, ret_chain);
    return bytes;
}

struct span served_body(struct span bytes)
{
    struct span chain;

    return response_split(bytes, &chain);
}

static bool is_encoded(struct span chain)
{
    return span_starts_with(chain, span_str("-----BEGIN%20"));
}

static struct span piece_strip(enum bundle_piece piece, struct span bytes, struct span *ret_chain)
{
    *ret_chain = span_of(NULL, 0);
    if (is_response(bytes)) {
        bytes = response_split(bytes, ret_chain);
        if (is_chain(piece))
            return *ret_chain;
    }
    return is_crl(piece) ? bytes : text_strip(bytes);
}

/* Spans into @into are made when it does not grow any more. */
static int chains_decode(struct bundle *b, struct buf *into, struct err *err)
{
    size_t start[BUNDLE_PIECE_COUNT] = {0}, end[BUNDLE_PIECE_COUNT] = {0};

    for (int i = BUNDLE_TCB_INFO_CHAIN; i <= BUNDLE_PCK_CHAIN; i++) {
        if (!is_encoded(b->piece[i]))
            continue;
        start[i] = into->len;
        if (url_decode(b->piece[i], into) == 0)
            end[i] = into->len;
    }
    if (buf_status(into) < 0)
        return err_set(err, buf_status(into), "issuer chains");
    for (int i = BUNDLE_TCB_INFO_CHAIN; i <= BUNDLE_PCK_CHAIN; i++)
        if (end[i] > start[i])
            b->piece[i] = span_sub(buf_span(into), start[i], end[i] - start[i]);
    return 0;
}

int served_bundle(const struct bundle *bundle, struct buf *into, struct bundle *ret,
                  struct err *err)
{
    struct span chains[BUNDLE_PIECE_COUNT];
    struct bundle b;
    int r;

    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        b.piece[i] = piece_strip((enum bundle_piece)i, bundle->piece[i], &chains[i]);
    for (size_t i = 0; i < ARRAY_COUNT(carried); i++)
        if (b.piece[carried[i].chain].len == 0)
            b.piece[carried[i].chain] = chains[carried[i].piece];
    r = chains_decode(&b, into, err);
    if (r < 0)
        return r;
    *ret = b;
    return 0;
}

bool served_is_flat(struct span file)
{
    struct reader r = reader_of(file);
    uint16_t major = reader_u16le(&r), minor = reader_u16le(&r);
    uint32_t tee = reader_u32le(&r);

    return file.len > FLAT_SIZE && major >= 1 && major <= FLAT_VERSION_MAX && minor <= 1 &&
           (tee == 0 || tee == FLAT_TEE_TDX);
}

int served_flat_parse(struct span file, struct bundle *ret, struct err *err)
{
    struct reader head = reader_of(span_sub(file, 0, FLAT_SIZE)),
                  data = reader_of(span_from(file, FLAT_SIZE));
    struct bundle b = {0};

    if (!served_is_flat(file))
        return err_set(err, -EBADMSG, "not a flat sgx_ql_qve_collateral_t");
    reader_u64le(&head); /* version and TEE type */
    for (size_t i = 0; i < ARRAY_COUNT(flat_order); i++) {
        reader_u64le(&head); /* pointer */
        b.piece[flat_order[i]] = reader_bytes(&data, reader_u32le(&head));
        reader_u32le(&head); /* padding */
    }
    if (!reader_ok(&head) || !reader_ok(&data))
        return err_set(
            err, -EBADMSG,
            "sgx_ql_qve_collateral_t: the sizes of its pieces exceed the %zu bytes after it",
            file.len - FLAT_SIZE);
    if (!span_is_zero(data.rest))
        return err_set(err, -EBADMSG, "sgx_ql_qve_collateral_t: %zu bytes follow the last piece",
                       data.rest.len);
    *ret = b;
    return 0;
}
