/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every RA-TLS implementation hashes the certificate's key, and each in its own encoding:
 * SubjectPublicKeyInfo in DER (Gramine, RATS-TLS, CCF), the same as PEM text with or without its
 * terminating NUL (Open Enclave), the bare key of the BIT STRING, or SHA-512 over a label and the
 * DER (dstack). All of these inputs encode the one key and no other, so a match of any of them
 * proves the binding. Nothing is gained by guessing which implementation made a certificate.
 *
 * With claims beside the quote the chain has two links: report data hold the hash of the claims,
 * and the claims hold the hash of the key (TCG DICE: "pubkey-hash") or the key itself (Open
 * Enclave).
 *
 * A hash shorter than 64 bytes leaves bytes of report data free. Some implementations put a nonce
 * there. Comparing it is the relying party's part, so these bytes are not looked at.
 */
#include "evidence/binding.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "codec/cbor.h"
#include "codec/der.h"
#include "codec/pem.h"
#include "crypto/hash.h"

enum {
    PEM_SIZE_MAX = 16 * 1024, /* bytes of a public key's PEM text */

    /* IANA Named Information Hash Algorithm Registry, as "pubkey-hash" uses it */
    NAMED_SHA256 = 1,
    NAMED_SHA384 = 7,
    NAMED_SHA512 = 8,
};

static const enum hash_kind kinds[] = {HASH_SHA256, HASH_SHA384, HASH_SHA512};

static struct evidence_binding binding_of(enum evidence_bound state, const char *hash,
                                          const char *text)
{
    struct evidence_binding b = {.state = state};

    snprintf(b.text, sizeof(b.text), "%s%s%s", hash, *hash ? " of " : "", text);
    return b;
}

/* The hash of @label and @bytes that report data start with; HASH_NONE when there is none. */
static enum hash_kind hash_find(struct span label, struct span bytes, struct span report_data)
{
    uint8_t hash[HASH_SIZE_MAX];

    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        hash_of(kinds[i], label, bytes, hash);
        if (span_starts_with(report_data, span_of(hash, hash_size(kinds[i]))))
            return kinds[i];
    }
    return HASH_NONE;
}

/* The key alone: the content of subjectPublicKey. */
static struct span key_bits(struct span spki)
{
    struct der d = der_of(spki), info = der_enter(&d, DER_SEQUENCE);

    der_read(&info, DER_SEQUENCE);
    return der_bits(&info);
}

static struct evidence_binding key_hash_find(struct span spki, struct span pem,
                                             struct span report_data)
{
    const struct {
        const char *name;
        struct span label, bytes;
    } inputs[] = {
        {"the certificate's public key (DER)", span_of(NULL, 0), spki},
        {"the certificate's public key (PEM)", span_of(NULL, 0), pem},
        {"the certificate's public key (PEM with its NUL)", pem, span_of("", 1)},
        {"the certificate's bare public key", span_of(NULL, 0), key_bits(spki)},
        {"\"ratls-cert:\" and the certificate's public key (dstack)", span_str("ratls-cert:"),
         spki},
    };

    for (size_t i = 0; i < ARRAY_COUNT(inputs); i++) {
        enum hash_kind kind = HASH_NONE;

        if (inputs[i].bytes.len > 0)
            kind = hash_find(inputs[i].label, inputs[i].bytes, report_data);
        if (kind != HASH_NONE)
            return binding_of(EVIDENCE_BOUND, hash_name(kind), inputs[i].name);
    }
    return binding_of(EVIDENCE_NOT_BOUND, "",
                      "report data are not a hash of the certificate's public key");
}

static enum hash_kind kind_of_named(uint64_t named)
{
    switch (named) {
    case NAMED_SHA256:
        return HASH_SHA256;
    case NAMED_SHA384:
        return HASH_SHA384;
    case NAMED_SHA512:
        return HASH_SHA512;
    default:
        return HASH_NONE;
    }
}

/* hash-entry = [ hash-alg-id, hash-value ]; some write it as a byte string that holds the array. */
static bool hash_entry_matches(struct span entry, struct span spki)
{
    struct cbor c = cbor_of(entry);
    struct cbor_item head = cbor_next(&c), algorithm, value;
    uint8_t hash[HASH_SIZE_MAX];
    enum hash_kind kind;

    if (head.type == CBOR_BYTES) {
        c = cbor_of(head.string);
        head = cbor_next(&c);
    }
    algorithm = cbor_next(&c);
    value = cbor_next(&c);
    if (head.type != CBOR_ARRAY || head.value != 2 || algorithm.type != CBOR_UNSIGNED ||
        value.type != CBOR_BYTES || !cbor_ok(&c))
        return false;
    kind = kind_of_named(algorithm.value);
    if (kind == HASH_NONE)
        return false;
    hash_of(kind, span_of(NULL, 0), spki, hash);
    return span_equal(value.string, span_of(hash, hash_size(kind)));
}

/* Claims of TCG DICE are a map; its member "pubkey-hash" is required. */
static bool claims_name_key(struct span claims, struct span spki, struct span pem)
{
    struct cbor c = cbor_of(claims);
    struct cbor_item map = cbor_next(&c);

    if (claims.len >= pem.len && memmem(claims.data, claims.len, pem.data, pem.len))
        return true;
    if (map.type != CBOR_MAP)
        return false;
    for (uint64_t i = 0; i < map.value && !c.failed; i++) {
        struct cbor_item key = cbor_next(&c);
        struct span value = cbor_skip(&c);

        if (key.type == CBOR_TEXT && span_equal_str(key.string, "pubkey-hash"))
            return hash_entry_matches(value, spki);
        if (key.type != CBOR_TEXT)
            return false;
    }
    return false;
}

static struct evidence_binding claims_check(struct span spki, struct span pem, struct span claims,
                                            struct span report_data)
{
    enum hash_kind kind = hash_find(span_of(NULL, 0), claims, report_data);

    if (kind == HASH_NONE)
        return binding_of(EVIDENCE_NOT_BOUND, "", "report data are not a hash of the claims");
    if (!claims_name_key(claims, spki, pem))
        return binding_of(EVIDENCE_NOT_BOUND, "",
                          "the claims do not name the certificate's public key");
    return binding_of(EVIDENCE_BOUND, hash_name(kind),
                      "the claims, which name the certificate's public key");
}

int evidence_binding_key(struct span spki, struct span claims, struct span report_data,
                         struct evidence_binding *ret)
{
    CLEANUP(buf_done) struct buf pem = buf_init(PEM_SIZE_MAX);

    pem_put(&pem, "PUBLIC KEY", spki);
    if (buf_status(&pem) == -ENOMEM)
        return -ENOMEM;
    if (buf_status(&pem) < 0)
        *ret = binding_of(EVIDENCE_NOT_BOUND, "", "the certificate's public key is too large");
    else if (claims.len > 0)
        *ret = claims_check(spki, buf_span(&pem), claims, report_data);
    else
        *ret = key_hash_find(spki, buf_span(&pem), report_data);
    return 0;
}

struct evidence_binding evidence_binding_bytes(const char *what, struct span bytes,
                                               struct span report_data)
{
    enum hash_kind kind = hash_find(span_of(NULL, 0), bytes, report_data);
    char text[EVIDENCE_BINDING_SIZE];

    if (kind != HASH_NONE)
        return binding_of(EVIDENCE_BOUND, hash_name(kind), what);
    snprintf(text, sizeof(text), "report data are not a hash of %s", what);
    return binding_of(EVIDENCE_NOT_BOUND, "", text);
}
