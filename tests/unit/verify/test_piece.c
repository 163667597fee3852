/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "vector_files.h"
#include "verify/piece.h"

enum {
    FLIP_STRIDE = 5, /* bytes between two flipped bits */
};

struct sample {
    enum piece_kind kind;
    const char *directory, *body, *chain;
};

static const struct sample samples[] = {
    {PIECE_TCB_INFO, "good-v3-sgx", "tcbinfo.json", "tcbchain.pem"},
    {PIECE_TCB_INFO, "good-v4-td10", "tcbinfo.json", NULL},
    {PIECE_ENCLAVE_IDENTITY, "good-v3-sgx", "qeid.json", "qeidchain.pem"},
    {PIECE_PCK_CRL, "good-v3-sgx", "pckcrl.der", "pckcrlchain.pem"},
    {PIECE_ROOT_CRL, "good-v3-sgx", "rootcrl.der", NULL},
    {PIECE_PCK_CERTIFICATE, "cert-data-type-3-resolved", "pckchain.pem", NULL},
};

struct loaded {
    struct buf files[2];
    struct span body, chain;
};

static struct loaded sample_load(const struct sample *s)
{
    struct loaded l = {0};
    const char *chain = s->chain;

    l.files[0] = vector_load(s->directory, s->body);
    l.body = buf_span(&l.files[0]);
    if (s->kind == PIECE_PCK_CERTIFICATE)
        vector_leaf(buf_span(&l.files[0]), &l.body, &l.chain);
    if (s->kind == PIECE_TCB_INFO && !chain)
        chain = "tcbchain.pem";
    if (chain) {
        l.files[1] = vector_load("good-v3-sgx", chain);
        l.chain = buf_span(&l.files[1]);
    }
    return l;
}

static void loaded_done(struct loaded *l)
{
    buf_done(&l->files[0]);
    buf_done(&l->files[1]);
}

static void facts_match(enum piece_kind kind, const char *directory, const struct piece_facts *f)
{
    static const uint8_t zero[6];

    assert_true(f->issued > 0 && f->expires > f->issued);
    assert_int_equal(f->tcb_info, kind != PIECE_TCB_INFO            ? TCB_INFO_NONE
                                  : strstr(directory, "td") != NULL ? TCB_INFO_TDX
                                                                    : TCB_INFO_SGX);
    assert_int_equal(f->identity, kind == PIECE_ENCLAVE_IDENTITY ? ENCLAVE_IDENTITY_QE : 0);
    assert_int_equal(f->ca != PIECE_CA_NONE,
                     kind == PIECE_PCK_CRL || kind == PIECE_PCK_CERTIFICATE);
    assert_int_equal(memcmp(f->fmspc, zero, 6) != 0,
                     kind == PIECE_TCB_INFO || kind == PIECE_PCK_CERTIFICATE);
    assert_int_equal(f->evaluation_number > 0,
                     kind == PIECE_TCB_INFO || kind == PIECE_ENCLAVE_IDENTITY);
}

static void genuine_pieces_are_known(void **state)
{
    CLEANUP(verifier_freep) struct verifier *v = vector_verifier();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct loaded l = sample_load(&samples[i]);
        struct piece_facts f = {0};
        struct err err = {0};

        if (piece_check(v, samples[i].kind, l.body, l.chain, &f, &err) < 0)
            fail_msg("%s: %s", samples[i].body, err.text);
        facts_match(samples[i].kind, samples[i].directory, &f);
        loaded_done(&l);
    }
}

static void another_root_refuses_all(void **state)
{
    CLEANUP(verifier_freep) struct verifier *v = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(verifier_new(NULL, &v, &err), 0);
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct loaded l = sample_load(&samples[i]);
        struct piece_facts f;

        assert_int_equal(piece_check(v, samples[i].kind, l.body, l.chain, &f, &err), -EKEYREJECTED);
        assert_true(strlen(err.text) > 0);
        loaded_done(&l);
    }
}

static void a_chain_is_needed(void **state)
{
    CLEANUP(verifier_freep) struct verifier *v = vector_verifier();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct loaded l = sample_load(&samples[i]);
        struct piece_facts f;
        struct err err = {0};
        int r = piece_check(v, samples[i].kind, l.body, span_of(NULL, 0), &f, &err);

        assert_int_equal(r, samples[i].kind == PIECE_ROOT_CRL ? 0 : -EKEYREJECTED);
        loaded_done(&l);
    }
}

/* Bit 5 tells upper case from lower case, which means nothing in the signature's hex digits; it is
 * left alone. A PEM block may stay readable as the same certificate. All else is signed. */
static void changed_pieces_are_refused(void **state)
{
    CLEANUP(verifier_freep) struct verifier *v = vector_verifier();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct loaded l = sample_load(&samples[i]);
        uint8_t *bytes = (uint8_t *)(uintptr_t)l.body.data;

        if (samples[i].kind == PIECE_PCK_CERTIFICATE) {
            loaded_done(&l);
            continue;
        }
        for (size_t at = 0; at < l.body.len; at += FLIP_STRIDE) {
            struct piece_facts f;

            bytes[at] ^= (uint8_t)(1 << at % 5);
            if (piece_check(v, samples[i].kind, l.body, l.chain, &f, NULL) == 0)
                fail_msg("%s: byte %zu changed, accepted", samples[i].body, at);
            bytes[at] ^= (uint8_t)(1 << at % 5);
        }
        loaded_done(&l);
    }
}

static void garbage_is_unreadable(void **state)
{
    CLEANUP(verifier_freep) struct verifier *v = vector_verifier();
    static const enum piece_kind kinds[] = {PIECE_NONE,    PIECE_TCB_INFO, PIECE_ENCLAVE_IDENTITY,
                                            PIECE_PCK_CRL, PIECE_ROOT_CRL, PIECE_PCK_CERTIFICATE};
    struct piece_facts f;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        assert_int_equal(piece_check(v, kinds[i], span_str("garbage"), span_of(NULL, 0), &f, NULL),
                         -EBADMSG);
        assert_int_equal(piece_check(v, kinds[i], span_of(NULL, 0), span_str("x"), &f, NULL),
                         -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genuine_pieces_are_known), cmocka_unit_test(another_root_refuses_all),
        cmocka_unit_test(a_chain_is_needed),        cmocka_unit_test(changed_pieces_are_refused),
        cmocka_unit_test(garbage_is_unreadable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
