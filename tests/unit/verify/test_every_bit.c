/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One flipped bit anywhere in what is signed is refused: every bit of a v3 and a v4 quote, and of
 * the collateral. A flip that leaves every signed byte as it was (a letter's case in a hexadecimal
 * signature, the blank of a PEM text) changes nothing, and is told apart by decoding, not by place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "collateral/bundle.h"
#include "collateral/signed_json.h"
#include "crypto/x509.h"
#include "vectors.h"
#include "verify/verify.h"

enum {
    FILE_SIZE_MAX = 64 * 1024, /* bytes */
};

struct world {
    struct verifier *verifier;
    struct buf quote;
    struct buf piece[BUNDLE_PIECE_COUNT];
    int64_t now;
};

static void file_load(const char *name, const char *file, struct buf *into)
{
    char relative[256], path[VECTORS_PATH_SIZE];

    snprintf(relative, sizeof(relative), "tests/vectors/%s/%s", name, file);
    *into = buf_init(FILE_SIZE_MAX);
    assert_int_equal(fd_read_file(source_path(relative, path), into, NULL), 0);
}

static void world_load(const char *name, struct world *w)
{
    CLEANUP(buf_done) struct buf root = {0};
    uint8_t key[VERIFIER_ROOT_KEY_SIZE];
    struct verifier_options options = {.root_key = key};

    file_load(name, "root.pem", &root);
    assert_int_equal(verifier_root_key_parse(buf_span(&root), key, NULL), 0);
    assert_int_equal(verifier_new(&options, &w->verifier, NULL), 0);
    file_load(name, "quote", &w->quote);
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        if (bundle_file((enum bundle_piece)i) && i != BUNDLE_PCK_CHAIN)
            file_load(name, bundle_file((enum bundle_piece)i), &w->piece[i]);
    w->now = clock_civil(2026, 6, 15, 12, 0, 0);
}

static void world_done(struct world *w)
{
    verifier_free(w->verifier);
    buf_done(&w->quote);
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        buf_done(&w->piece[i]);
}

static struct collateral_set *set_make(const struct world *w)
{
    struct collateral_set *set;
    struct bundle bundle;

    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        bundle.piece[i] = buf_span(&w->piece[i]);
    assert_int_equal(collateral_set_new(w->verifier, &bundle, &set, NULL), 0);
    return set;
}

static bool is_accepted(const struct world *w, struct collateral_set *set)
{
    const struct verify_policy policy = verify_policy_default();
    struct verdict *verdict;
    bool accepted;

    assert_int_equal(
        verify_quote(w->verifier, set, buf_span(&w->quote), w->now, &policy, &verdict, NULL), 0);
    accepted = verdict_is_accepted(verdict);
    verdict_free(verdict);
    return accepted;
}

/* Every certificate left in @mutant is one of @original's: a block whose label broke is skipped,
 * and the same certificate is then taken from the collateral. */
static bool is_part_of_chain(struct span mutant, struct span original)
{
    CLEANUP(x509_chain_done) struct x509_chain x = {0}, y = {0};

    if (x509_chain_parse(mutant, &x, NULL) < 0 || x509_chain_parse(original, &y, NULL) < 0)
        return false;
    for (size_t i = 0; i < x.count; i++) {
        bool is_known = false;

        for (size_t k = 0; k < y.count; k++)
            is_known = is_known || (span_equal(x.cert[i].tbs, y.cert[k].tbs) &&
                                    memcmp(x.cert[i].signature, y.cert[k].signature,
                                           sizeof(x.cert[i].signature)) == 0);
        if (!is_known)
            return false;
    }
    return true;
}

static bool is_same_json(struct span a, struct span b, const char *member)
{
    struct signed_json x, y;

    return signed_json_parse(a, member, &x, NULL) == 0 &&
           signed_json_parse(b, member, &y, NULL) == 0 && span_equal(x.inner, y.inner) &&
           memcmp(x.signature, y.signature, sizeof(x.signature)) == 0;
}

static bool is_same_quote(struct span a, struct span b)
{
    struct quote x, y;

    if (quote_parse(a, &x, NULL) < 0 || quote_parse(b, &y, NULL) < 0)
        return false;
    return span_equal(x.signed_part, y.signed_part) &&
           span_equal(x.auth.signature, y.auth.signature) && span_equal(x.auth.key, y.auth.key) &&
           span_equal(x.auth.qe_report, y.auth.qe_report) &&
           span_equal(x.auth.qe_report_signature, y.auth.qe_report_signature) &&
           span_equal(x.auth.qe_auth_data, y.auth.qe_auth_data) &&
           is_part_of_chain(x.auth.cert_data, y.auth.cert_data);
}

static bool is_same_piece(enum bundle_piece piece, struct span a, struct span b)
{
    if (piece == BUNDLE_TCB_INFO)
        return is_same_json(a, b, "tcbInfo");
    if (piece == BUNDLE_QE_IDENTITY)
        return is_same_json(a, b, "enclaveIdentity");
    if (piece == BUNDLE_PCK_CRL || piece == BUNDLE_ROOT_CA_CRL)
        return false;
    return is_part_of_chain(a, b);
}

static void quote_flip(const char *name)
{
    struct world w = {0};
    CLEANUP(buf_done) struct buf original = buf_init(FILE_SIZE_MAX);
    struct collateral_set *set;
    size_t unchanged = 0;

    world_load(name, &w);
    set = set_make(&w);
    assert_true(is_accepted(&w, set));
    buf_put(&original, buf_span(&w.quote));
    for (size_t bit = 0; bit < w.quote.len * 8; bit++) {
        uint8_t mask = (uint8_t)(1U << bit % 8);

        w.quote.data[bit / 8] ^= mask;
        if (is_accepted(&w, set)) {
            if (!is_same_quote(buf_span(&w.quote), buf_span(&original)))
                fail_msg("%s: bit %zu of byte %zu is not protected", name, bit % 8, bit / 8);
            unchanged++;
        }
        w.quote.data[bit / 8] ^= mask;
    }
    print_message("%s: %zu bits flipped, %zu change nothing that is signed\n", name,
                  w.quote.len * 8, unchanged);
    collateral_set_unref(set);
    world_done(&w);
}

static void piece_flip(struct world *w, enum bundle_piece piece)
{
    CLEANUP(buf_done) struct buf original = buf_init(FILE_SIZE_MAX);
    struct buf *b = &w->piece[piece];

    buf_put(&original, buf_span(b));
    for (size_t bit = 0; bit < b->len * 8; bit++) {
        uint8_t mask = (uint8_t)(1U << bit % 8);
        struct collateral_set *set;

        b->data[bit / 8] ^= mask;
        set = set_make(w);
        if (is_accepted(w, set) && !is_same_piece(piece, buf_span(b), buf_span(&original)))
            fail_msg("%s: bit %zu of byte %zu is not protected", bundle_file(piece), bit % 8,
                     bit / 8);
        collateral_set_unref(set);
        b->data[bit / 8] ^= mask;
    }
}

static void every_bit_of_a_v3_quote(void **state)
{
    (void)state;
    quote_flip("good-v3-sgx");
}

static void every_bit_of_a_v4_quote(void **state)
{
    (void)state;
    quote_flip("good-v4-td10");
}

static void every_bit_of_the_collateral(void **state)
{
    static const enum bundle_piece pieces[] = {BUNDLE_TCB_INFO,      BUNDLE_QE_IDENTITY,
                                               BUNDLE_PCK_CRL,       BUNDLE_ROOT_CA_CRL,
                                               BUNDLE_PCK_CRL_CHAIN, BUNDLE_TCB_INFO_CHAIN};
    struct world w = {0};

    (void)state;
    world_load("good-v3-sgx", &w);
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++)
        piece_flip(&w, pieces[i]);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_of_a_v3_quote),
        cmocka_unit_test(every_bit_of_a_v4_quote),
        cmocka_unit_test(every_bit_of_the_collateral),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
