/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An EAR says three things: who judged (ear_verifier_id), by which policy
 * (ear_appraisal_policy_ids), and what came out: one status and a vector of trustworthiness claims
 * (draft-ietf-rats-ar4si). The numbers of the vector are tiers: 0 says nothing, 2 affirms, 32
 * warns, 96 contraindicates, 97 means that the subject is not recognised at all.
 *
 * The claims follow from groups of checks, so that a relying party that knows nothing of SGX can
 * see what went wrong: "hardware" is the platform and its TCB, "instance-identity" the signatures,
 * "executables" the expected measurements, "configuration" the other expectations and attributes,
 * "runtime-opaque" whether the memory can be read. A refused verdict is "contraindicated" whatever
 * the vector says: expired collateral, for one, is no property of the attester.
 *
 * The policy's name is the hash of its JSON (RFC 6920), so two results carry the same name exactly
 * when they were asked the same. The whole report travels as a claim of our own, "coffer_verdict".
 */
#include "verify/ear.h"

#include <errno.h>

#include "codec/base64.h"
#include "codec/json_writer.h"
#include "codec/pem.h"
#include "crypto/hash.h"
#include "verify/expectation.h"

enum tier {
    TIER_NONE = 0,
    TIER_AFFIRMING = 2,
    TIER_WARNING = 32,
    TIER_CONTRAINDICATED = 96,
    TIER_UNRECOGNISED = 97,
};

enum {
    POLICY_SIZE_MAX = 1024 * 1024, /* bytes of the policy's JSON */
    JWK_SIZE_MAX = 256,            /* bytes of a public key's JSON */
    BASE64URL = BASE64_URL | BASE64_NO_PADDING,
};

/* Did all checks from @first to @last pass, of those that apply? */
static bool range_passed(const struct verdict *v, enum check_id first, enum check_id last)
{
    for (int id = (int)first; id <= (int)last; id++) {
        enum check_outcome outcome = v->checks.check[id].outcome;

        if (outcome != CHECK_PASSED && outcome != CHECK_NOT_APPLICABLE)
            return false;
    }
    return true;
}

static bool is_genuine(const struct verdict *v)
{
    return v->has_quote && range_passed(v, CHECK_QUOTE_FORMAT, CHECK_PCK_EXTENSION) &&
           range_passed(v, CHECK_PCK_CA_REVOKED, CHECK_PCK_REVOKED) &&
           range_passed(v, CHECK_QE_REPORT_SIGNATURE, CHECK_QUOTE_SIGNATURE);
}

static enum tier hardware_of(const struct verdict *v)
{
    if (!is_genuine(v))
        return TIER_UNRECOGNISED;
    if (!check_passed(&v->checks, CHECK_TCB_STATUS) || !check_passed(&v->checks, CHECK_TCB_LEVEL))
        return TIER_CONTRAINDICATED;
    return v->status == TCB_UP_TO_DATE && v->current_status == TCB_UP_TO_DATE ? TIER_AFFIRMING
                                                                              : TIER_WARNING;
}

/* The measurements that say which code runs. Nothing asked, nothing said. */
static enum tier executables_of(const struct verdict *v)
{
    static const enum check_id ids[] = {
        CHECK_EXPECT_MRENCLAVE, CHECK_EXPECT_MRSIGNER, CHECK_EXPECT_ISVPRODID,
        CHECK_EXPECT_ISVSVN,    CHECK_EXPECT_MRTD,     CHECK_EXPECT_RTMR0,
        CHECK_EXPECT_RTMR1,     CHECK_EXPECT_RTMR2,    CHECK_EXPECT_RTMR3};

    if (!v->has_identity)
        return TIER_NONE;
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++)
        if (!range_passed(v, ids[i], ids[i]))
            return TIER_CONTRAINDICATED;
    return TIER_AFFIRMING;
}

static enum tier configuration_of(const struct verdict *v)
{
    bool is_good = range_passed(v, CHECK_TD_ATTRIBUTES, CHECK_TD_XFAM) &&
                   range_passed(v, CHECK_EXPECT_CONFIGID, CHECK_EXPECT_MISCSELECT) &&
                   range_passed(v, CHECK_EXPECT_MRSEAM, CHECK_EXPECT_SMT);

    if (!v->has_quote)
        return TIER_NONE;
    return is_good ? TIER_AFFIRMING : TIER_CONTRAINDICATED;
}

static enum tier memory_of(const struct verdict *v)
{
    if (!v->has_quote)
        return TIER_NONE;
    return quote_is_debug(&v->quote) ? TIER_CONTRAINDICATED : TIER_AFFIRMING;
}

static const char *status_of(const struct verdict *v)
{
    const enum tier tiers[] = {hardware_of(v), executables_of(v), configuration_of(v),
                               memory_of(v)};
    enum tier worst = TIER_AFFIRMING;

    if (!verdict_is_accepted(v))
        return "contraindicated";
    for (size_t i = 0; i < ARRAY_COUNT(tiers); i++)
        worst = MAX(worst, tiers[i]);
    return worst == TIER_AFFIRMING ? "affirming" : "warning";
}

static void vector_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_key(w, "ear_trustworthiness_vector");
    json_writer_object_begin(w);
    json_writer_member_int(w, "instance-identity",
                           is_genuine(v) ? TIER_AFFIRMING : TIER_UNRECOGNISED);
    json_writer_member_int(w, "configuration", configuration_of(v));
    json_writer_member_int(w, "executables", executables_of(v));
    json_writer_member_int(w, "hardware", hardware_of(v));
    json_writer_member_int(w, "runtime-opaque", memory_of(v));
    json_writer_object_end(w);
}

/* The collected text goes into the JSON; lack of memory latches in the output. */
static void text_write(struct json_writer *w, const struct buf *text)
{
    if (buf_status(text) < 0)
        w->out->status = buf_status(text);
    json_writer_string_span(w, buf_span(text));
}

static void policy_ids_write(const struct verdict *v, struct json_writer *w)
{
    CLEANUP(buf_done) struct buf policy = buf_init(POLICY_SIZE_MAX);
    CLEANUP(buf_done) struct buf name = buf_init(128);
    uint8_t hash[SHA256_SIZE];

    verdict_json_render_policy(v, &policy);
    if (buf_status(&policy) < 0)
        w->out->status = buf_status(&policy);
    hash_sha256(buf_span(&policy), hash);
    buf_put_str(&name, "ni:///sha-256;");
    base64_put(&name, span_of(hash, sizeof(hash)), BASE64URL);
    json_writer_key(w, "ear_appraisal_policy_ids");
    json_writer_array_begin(w);
    text_write(w, &name);
    json_writer_array_end(w);
}

/* The nonce that report data was expected to have. */
static void nonce_write(const struct verdict *v, struct json_writer *w)
{
    CLEANUP(buf_done) struct buf text = buf_init(128);
    const struct expectation_row *row;
    const struct expectation *x = NULL;

    for (size_t i = 0; !x && (row = expectation_row_at(i)); i++)
        if (row->check == CHECK_EXPECT_NONCE && row->kind == EXPECTATION_PADDED)
            x = expectation_next(v->policy.expect, i, &(size_t){0});
    if (!x)
        return;
    base64_put(&text, span_of(x->bytes, x->size), BASE64URL);
    json_writer_key(w, "eat_nonce");
    text_write(w, &text);
}

static void submodule_write(const struct verdict *v, struct json_writer *w)
{
    json_writer_key(w, !v->has_quote ? "unknown" : quote_is_td(&v->quote) ? "tdx" : "sgx");
    json_writer_object_begin(w);
    json_writer_member_string(w, "ear_status", status_of(v));
    vector_write(v, w);
    policy_ids_write(v, w);
    json_writer_key(w, "coffer_verdict");
    verdict_json_write(v, w);
    json_writer_object_end(w);
}

void ear_claims_put(const struct verdict *v, struct buf *out)
{
    struct json_writer w = json_writer_of(out, false);

    json_writer_object_begin(&w);
    json_writer_member_string(&w, "eat_profile", EAR_PROFILE);
    json_writer_member_int(&w, "iat", v->now);
    json_writer_key(&w, "ear_verifier_id");
    json_writer_object_begin(&w);
    json_writer_member_string(&w, "developer", "Coffer");
    json_writer_member_string(&w, "build", "coffer " COFFER_VERSION);
    json_writer_object_end(&w);
    nonce_write(v, &w);
    json_writer_key(&w, "submods");
    json_writer_object_begin(&w);
    submodule_write(v, &w);
    json_writer_object_end(&w);
    json_writer_object_end(&w);
}

int ear_key_parse(struct span pem, struct ec_key **ret, struct err *err)
{
    CLEANUP(buf_done) struct buf der = buf_init(EAR_KEY_SIZE_MAX);
    struct span block;
    int r = pem_next(&pem, "PRIVATE KEY", &der, &block, err);

    if (r < 0)
        return r;
    if (r == 0)
        return err_set(err, -EBADMSG, "no PEM block \"PRIVATE KEY\" (PKCS#8, P-256)");
    r = ec_key_pkcs8_parse(block, ret, err);
    explicit_bzero(der.data, der.len);
    return r;
}

/* The members of a JWK that its thumbprint covers, in the order of RFC 7638. */
static void jwk_put(const struct ec_key *key, struct buf *out)
{
    const uint8_t *public = ec_key_public(key);

    buf_put_str(out, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
    base64_put(out, span_of(public, EC_PUBLIC_SIZE / 2), BASE64URL);
    buf_put_str(out, "\",\"y\":\"");
    base64_put(out, span_of(public + EC_PUBLIC_SIZE / 2, EC_PUBLIC_SIZE / 2), BASE64URL);
    buf_put_str(out, "\"}");
}

static void header_put(const struct ec_key *key, struct buf *out)
{
    CLEANUP(buf_done) struct buf jwk = buf_init(JWK_SIZE_MAX);
    CLEANUP(buf_done) struct buf header = buf_init(JWK_SIZE_MAX);
    uint8_t hash[SHA256_SIZE];

    jwk_put(key, &jwk);
    hash_sha256(buf_span(&jwk), hash);
    buf_put_str(&header, "{\"alg\":\"ES256\",\"typ\":\"eat+jwt\",\"kid\":\"");
    base64_put(&header, span_of(hash, sizeof(hash)), BASE64URL);
    buf_put_str(&header, "\"}");
    if (buf_status(&jwk) < 0 || buf_status(&header) < 0)
        out->status = -ENOMEM;
    base64_put(out, buf_span(&header), BASE64URL);
}

int ear_token_put(const struct verdict *v, struct ec_key *key, struct buf *out, struct err *err)
{
    CLEANUP(buf_done) struct buf claims = buf_init(EAR_TOKEN_SIZE_MAX / 2);
    uint8_t signature[EC_SIGNATURE_SIZE];
    size_t start = out->len;
    int r;

    ear_claims_put(v, &claims);
    header_put(key, out);
    buf_put_u8(out, '.');
    base64_put(out, buf_span(&claims), BASE64URL);
    r = buf_status(&claims) < 0 ? buf_status(&claims) : buf_status(out);
    if (r < 0)
        return err_set(err, r, "token");
    r = ec_key_sign(key, span_from(buf_span(out), start), signature, err);
    if (r < 0)
        return err_wrap(err, "token");
    buf_put_u8(out, '.');
    base64_put(out, span_of(signature, sizeof(signature)), BASE64URL);
    return buf_status(out) < 0 ? err_set(err, buf_status(out), "token") : 0;
}
