/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads as the offline tool sends them, and the answers that the service gives from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "codec/json_writer.h"
#include "mutate.h"
#include "pccs/answer.h"
#include "pccs/upload.h"
#include "stores.h"
#include "vector_files.h"

enum {
    BODY_MAX = 256 * 1024,
    UPLOADED = 1780000000, /* unix seconds */
};

#define QE_ID "00112233445566778899aabbccddeeff"
#define V4    "/sgx/certification/v4"

enum piece {
    TCB,
    QE,
    PCK_CRL,
    ROOT_CRL,
    PCK_CHAIN,
    TCB_CHAIN,
    QE_CHAIN,
    CRL_CHAIN,
    PIECES,
};

/** struct kit - the pieces of one upload */
struct kit {
    struct buf files[PIECES];
    struct verifier *verifier;
    struct buf body;
};

static void kit_load(struct kit *k)
{
    static const char *const names[PIECES] = {
        "tcbinfo.json", "qeid.json",    "pckcrl.der",    "rootcrl.der",
        "pckchain.pem", "tcbchain.pem", "qeidchain.pem", "pckcrlchain.pem",
    };

    for (size_t i = 0; i < PIECES; i++)
        k->files[i] =
            vector_load(i == PCK_CHAIN ? "cert-data-type-3-resolved" : "good-v3-sgx", names[i]);
    k->verifier = vector_verifier();
    k->body = buf_init(BODY_MAX);
}

static void kit_done(struct kit *k)
{
    for (size_t i = 0; i < PIECES; i++)
        buf_done(&k->files[i]);
    verifier_free(k->verifier);
    buf_done(&k->body);
}

static void encoded_put(struct json_writer *w, const char *key, struct span text)
{
    struct buf out = buf_init(BODY_MAX);

    for (size_t i = 0; i < text.len; i++)
        buf_printf(&out, "%%%02X", text.data[i]);
    json_writer_key(w, key);
    json_writer_string_span(w, buf_span(&out));
    buf_done(&out);
}

static void platform_put(struct json_writer *w)
{
    json_writer_object_begin(w);
    json_writer_member_string(w, "qe_id", QE_ID);
    json_writer_member_string(w, "pce_id", "0000");
    json_writer_member_string(w, "cpu_svn", "ffffffffffffffffffffffffffffffff");
    json_writer_member_string(w, "pce_svn", "ffff");
    json_writer_member_string(w, "enc_ppid", "");
    json_writer_member_string(w, "platform_manifest", "");
    json_writer_object_end(w);
}

static void certificates_put(struct json_writer *w, struct span chain)
{
    struct span leaf, rest;

    vector_leaf(chain, &leaf, &rest);
    json_writer_key(w, "pck_certs");
    json_writer_array_begin(w);
    json_writer_object_begin(w);
    json_writer_member_string(w, "qe_id", QE_ID);
    json_writer_member_string(w, "pce_id", "0000");
    json_writer_key(w, "certs");
    json_writer_array_begin(w);
    json_writer_object_begin(w);
    encoded_put(w, "cert", leaf);
    json_writer_object_end(w);
    json_writer_object_begin(w);
    json_writer_member_string(w, "cert", "Not available");
    json_writer_object_end(w);
    json_writer_array_end(w);
    json_writer_object_end(w);
    json_writer_array_end(w);
}

static void chains_put(struct json_writer *w, const struct kit *k)
{
    struct span leaf, rest;

    vector_leaf(buf_span(&k->files[PCK_CHAIN]), &leaf, &rest);
    json_writer_key(w, "certificates");
    json_writer_object_begin(w);
    json_writer_key(w, "SGX-PCK-Certificate-Issuer-Chain");
    json_writer_object_begin(w);
    encoded_put(w, "PLATFORM", rest);
    encoded_put(w, "PROCESSOR", buf_span(&k->files[CRL_CHAIN]));
    json_writer_object_end(w);
    encoded_put(w, "SGX-TCB-Info-Issuer-Chain", buf_span(&k->files[TCB_CHAIN]));
    encoded_put(w, "SGX-Enclave-Identity-Issuer-Chain", buf_span(&k->files[QE_CHAIN]));
    json_writer_object_end(w);
}

/* The TCB info stands in the body as an object, the identity as a text. */
static void documents_put(struct json_writer *w, const struct kit *k)
{
    json_writer_key(w, "tcbinfos");
    json_writer_array_begin(w);
    json_writer_object_begin(w);
    json_writer_member_string(w, "fmspc", "unused");
    json_writer_key(w, "sgx_tcbinfo");
    json_writer_null(w);
    json_writer_object_end(w);
    json_writer_array_end(w);
    json_writer_key(w, "qeidentity");
    json_writer_string_span(w, buf_span(&k->files[QE]));
    json_writer_key(w, "pckcacrl");
    json_writer_object_begin(w);
    json_writer_member_hex(w, "platformCrl", buf_span(&k->files[PCK_CRL]));
    json_writer_object_end(w);
    json_writer_member_hex(w, "rootcacrl", buf_span(&k->files[ROOT_CRL]));
}

/* Put @text in the place of "null", the only one of the body. */
static void null_replace(struct buf *body, struct span text)
{
    struct buf whole = buf_init(BODY_MAX);
    const uint8_t *at = memmem(body->data, body->len, "null", 4);
    size_t before = (size_t)(at - body->data);

    buf_put(&whole, span_sub(buf_span(body), 0, before));
    buf_put(&whole, text);
    buf_put(&whole, span_from(buf_span(body), before + 4));
    buf_done(body);
    *body = whole;
}

static struct span body_make(struct kit *k)
{
    struct json_writer w = json_writer_of(&k->body, false);

    buf_clear(&k->body);
    json_writer_object_begin(&w);
    json_writer_key(&w, "collaterals");
    json_writer_object_begin(&w);
    json_writer_member_int(&w, "version", 4);
    certificates_put(&w, buf_span(&k->files[PCK_CHAIN]));
    documents_put(&w, k);
    chains_put(&w, k); /* after the objects that they sign */
    json_writer_object_end(&w);
    json_writer_key(&w, "platforms");
    json_writer_array_begin(&w);
    platform_put(&w);
    json_writer_array_end(&w);
    json_writer_object_end(&w);
    null_replace(&k->body, buf_span(&k->files[TCB]));
    return buf_span(&k->body);
}

static int upload(struct store *s, struct kit *k, struct span body, struct pccs_upload_count *ret)
{
    const struct pccs_upload u = {
        .store = s, .verifier = k->verifier, .body = body, .source = "test", .now = UPLOADED};
    struct err err = {0};
    int r = pccs_upload_collateral(&u, ret, &err);

    assert_int_equal(r, err.code < 0 ? r : 0);
    return r;
}

/* -- answers -- */

static int answer(struct store *s, const char *target, const struct pccs_terms *terms,
                  struct pccs_answer *ret)
{
    static char head[2048];
    struct http_request request;
    struct pccs_call call;
    struct err err = {0};

    snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
    assert_int_equal(http_request_parse(span_str(head), &request, &err), 0);
    assert_int_equal(pccs_front_parse(&request, &call, &err), 0);
    return call.action == PCCS_ACTION_CERTIFICATE ? pccs_answer_certificate(s, &call, ret, &err)
                                                  : pccs_answer_item(s, &call, terms, ret, &err);
}

static bool has_text(const struct buf *b, const char *text)
{
    return memmem(b->data, b->len, text, strlen(text)) != NULL;
}

static struct piece_facts tcb_facts(const struct kit *k)
{
    struct piece_facts facts;
    struct err err = {0};

    assert_int_equal(piece_check(k->verifier, PIECE_TCB_INFO, buf_span(&k->files[TCB]),
                                 buf_span(&k->files[TCB_CHAIN]), &facts, &err),
                     0);
    return facts;
}

static void item_answers(struct store *s, const struct kit *k)
{
    struct piece_facts facts = tcb_facts(k);
    struct pccs_terms terms = {.now = facts.expires - 100};
    char target[256];
    struct pccs_answer a;

    snprintf(target, sizeof(target), V4 "/tcb?fmspc=%02x%02x%02x%02x%02x%02x", facts.fmspc[0],
             facts.fmspc[1], facts.fmspc[2], facts.fmspc[3], facts.fmspc[4], facts.fmspc[5]);
    assert_int_equal(answer(s, target, &terms, &a), 0);
    assert_int_equal(a.status, 200);
    assert_true(span_equal(buf_span(&a.body), buf_span(&k->files[TCB])));
    assert_true(has_text(&a.fields, "TCB-Info-Issuer-Chain: -----BEGIN%20CERTIFICATE-----%0A"));
    assert_true(has_text(&a.fields, "Cache-Control: max-age=100\r\n"));
    assert_false(has_text(&a.fields, "Warning"));
    assert_int_equal(a.changes, facts.expires);
    pccs_answer_done(&a);

    terms = (struct pccs_terms){.now = facts.expires + 50, .grace_s = 60};
    assert_int_equal(answer(s, target, &terms, &a), 0);
    assert_int_equal(a.status, 200);
    assert_true(has_text(&a.fields, "Warning: 110 - \"Response is Stale\"\r\n"));
    assert_true(has_text(&a.fields, "max-age=0\r\n"));
    pccs_answer_done(&a);

    terms.now = facts.expires + 61;
    assert_int_equal(answer(s, target, &terms, &a), 0);
    assert_int_equal(a.status, 503);
    assert_true(has_text(&a.body, "expired at"));
    pccs_answer_done(&a);
    assert_int_equal(answer(s, V4 "/tcb?fmspc=000000000000", &terms, &a), -ENOENT);
}

static void crl_answers(struct store *s, const struct kit *k)
{
    const struct pccs_terms terms = {.now = UPLOADED, .grace_s = (int64_t)1 << 40};
    struct pccs_answer a;

    assert_int_equal(answer(s,
                            V4 "/crl?uri=https://certificates.trustedservices.intel.com/"
                               "IntelSGXRootCA.der",
                            &terms, &a),
                     0);
    assert_true(span_equal(buf_span(&a.body), buf_span(&k->files[ROOT_CRL])));
    pccs_answer_done(&a);
    assert_int_equal(answer(s, V4 "/rootcacrl", &terms, &a), 0);
    assert_int_equal(a.body.len, 2 * k->files[ROOT_CRL].len);
    pccs_answer_done(&a);
    assert_int_equal(answer(s, V4 "/rootcacrl?clientid=c", &terms, &a), 0);
    assert_true(has_text(&a.body, "-----BEGIN X509 CRL-----"));
    assert_true(has_text(&a.fields, "SGX-PCK-CRL-Issuer-Chain: -----BEGIN"));
    pccs_answer_done(&a);
}

static void certificate_answers(struct store *s, const struct kit *k)
{
    const struct pccs_terms terms = {.now = UPLOADED};
    static const char query[] = "/pckcert?qeid=" QE_ID "&pceid=0000&pcesvn=ffff&cpusvn="
                                "ffffffffffffffffffffffffffffffff";
    struct span leaf, rest;
    struct pccs_answer a;
    char target[512];

    vector_leaf(buf_span(&k->files[PCK_CHAIN]), &leaf, &rest);
    snprintf(target, sizeof(target), V4 "%s", query);
    assert_int_equal(answer(s, target, &terms, &a), 0);
    assert_true(span_equal(buf_span(&a.body), leaf));
    assert_true(has_text(&a.fields, "SGX-TCBm: "));
    assert_true(has_text(&a.fields, "SGX-PCK-Certificate-Issuer-Chain: -----BEGIN"));
    pccs_answer_done(&a);
    snprintf(target, sizeof(target), "/metadata/THIM" V4 "%s&clientid=c", query);
    assert_int_equal(answer(s, target, &terms, &a), 0);
    assert_true(has_text(&a.body, "\"pckCert\":\"-----BEGIN CERTIFICATE-----"));
    assert_true(has_text(&a.body, "\"cacheMaxAge\":86400"));
    pccs_answer_done(&a);
    assert_int_equal(answer(s,
                            V4 "/pckcert?qeid=00&pceid=0000&pcesvn=ffff&cpusvn="
                               "ffffffffffffffffffffffffffffffff",
                            &terms, &a),
                     -ENOENT);
}

static void whole_body(struct store *s)
{
    struct kit k = {0};
    struct pccs_upload_count count;

    kit_load(&k);
    assert_int_equal(upload(s, &k, body_make(&k), &count), 0);
    assert_int_equal(count.platforms, 1);
    assert_int_equal(count.certificates, 1);
    assert_int_equal(count.items, 4);
    assert_int_equal(upload(s, &k, body_make(&k), &count), 0); /* again changes nothing */
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_item"), 4);
    item_answers(s, &k);
    crl_answers(s, &k);
    certificate_answers(s, &k);
    kit_done(&k);
}

static void an_upload_is_answered_from(void **state)
{
    (void)state;
    stores_run(whole_body);
}

static void damaged_body(struct store *s)
{
    struct kit k = {0};
    struct pccs_upload_count count;

    kit_load(&k);
    for (size_t i = 0; i < PCK_CHAIN; i++) {
        uint8_t *byte = &k.files[i].data[k.files[i].len / 2];

        *byte ^= 1;
        assert_int_equal(upload(s, &k, body_make(&k), &count), -EKEYREJECTED);
        *byte ^= 1;
    }
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_item"), 0);
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_platform"), 0);
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_cert"), 0);
    kit_done(&k);
}

static void nothing_of_a_damaged_upload_is_stored(void **state)
{
    (void)state;
    stores_run(damaged_body);
}

/* json.dumps() of Python writes blanks after commas and colons. */
static void blanks_body(struct store *s)
{
    struct kit k = {0};
    struct pccs_upload_count count;
    struct buf spaced = buf_init(BODY_MAX);
    bool in_string = false;

    kit_load(&k);
    for (size_t i = 0; i < k.files[TCB].len; i++) {
        uint8_t c = k.files[TCB].data[i];

        in_string ^= c == '"';
        buf_put_u8(&spaced, c);
        if (!in_string && (c == ',' || c == ':'))
            buf_put_u8(&spaced, ' ');
    }
    buf_done(&k.files[TCB]);
    k.files[TCB] = spaced;
    assert_int_equal(upload(s, &k, body_make(&k), &count), 0);
    assert_int_equal(count.items, 4);
    kit_done(&k);
}

static void blanks_between_members_are_undone(void **state)
{
    (void)state;
    stores_run(blanks_body);
}

struct mutation {
    struct store *store;
    struct kit *kit;
};

static int upload_mutant(struct span wire, void *context)
{
    const struct mutation *m = context;
    struct pccs_upload_count count;

    return upload(m->store, m->kit, wire, &count);
}

/* Every prefix of the first and of the last 2,000 bytes: no body, and nothing is stored. */
static void prefix_body(struct store *s)
{
    struct kit k = {0};
    struct mutation m = {.store = s, .kit = &k};
    struct span body;

    kit_load(&k);
    body = body_make(&k);
    assert_int_equal(mutate_prefixes(span_sub(body, 0, 2000), upload_mutant, &m), 0);
    for (size_t len = body.len - 200; len < body.len; len++)
        assert_true(upload_mutant(span_sub(body, 0, len), &m) < 0);
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_item"), 0);
    kit_done(&k);
}

static void no_prefix_is_an_upload(void **state)
{
    (void)state;
    stores_run(prefix_body);
}

static void register_body(struct store *s)
{
    struct pccs_upload u = {.store = s, .source = "test", .now = UPLOADED};
    struct err err = {0};

    u.body = span_str("{\"qe_id\":\"" QE_ID "\",\"pce_id\":\"0000\"}");
    assert_int_equal(pccs_upload_register(&u, &err), 0);
    assert_int_equal(pccs_upload_register(&u, &err), 0);
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_platform"), 1);
    u.body = span_str("{\"qe_id\":\"" QE_ID "\"}");
    assert_int_equal(pccs_upload_register(&u, &err), -EINVAL);
    u.body = span_str("{\"qe_id\":\"" QE_ID "\",\"pce_id\":0}");
    assert_int_equal(pccs_upload_register(&u, &err), -EBADMSG);
    u.body = span_str("{\"qe_id\":\"aa\",\"qe_id\":\"bb\",\"pce_id\":\"0000\"}");
    assert_int_equal(pccs_upload_register(&u, &err), -EBADMSG);
    u.body = span_str("[]");
    assert_int_equal(pccs_upload_register(&u, &err), -EBADMSG);
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_platform"), 1);
}

static void platforms_register(void **state)
{
    (void)state;
    stores_run(register_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upload_is_answered_from),
        cmocka_unit_test(nothing_of_a_damaged_upload_is_stored),
        cmocka_unit_test(blanks_between_members_are_undone),
        cmocka_unit_test(no_prefix_is_an_upload),
        cmocka_unit_test(platforms_register),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
