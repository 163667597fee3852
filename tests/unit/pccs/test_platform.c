/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pccs/platform.h"
#include "stores.h"
#include "vector_files.h"

#define QE_ID "00112233445566778899AABBCCDDEEFF"
#define HIGH  "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
#define LOW   "00000000000000000000000000000000"

static struct pccs_platform platform(const char *cpu_svn, const char *pce_svn)
{
    return (struct pccs_platform){
        .qe_id = span_str(QE_ID),
        .pce_id = span_str("0000"),
        .cpu_svn = span_str(cpu_svn),
        .pce_svn = span_str(pce_svn),
    };
}

/** struct genuine - a certificate of the test authority */
struct genuine {
    struct buf text;
    struct piece_facts facts;
    struct pccs_cert cert;
};

static void genuine_load(struct genuine *g)
{
    CLEANUP(verifier_freep) struct verifier *v = vector_verifier();
    struct err err = {0};

    g->text = vector_load("cert-data-type-3-resolved", "pckchain.pem");
    g->cert = (struct pccs_cert){.qe_id = span_str(QE_ID), .pce_id = span_str("0000")};
    vector_leaf(buf_span(&g->text), &g->cert.pem, &g->cert.chain);
    g->cert.facts = &g->facts;
    if (piece_check(v, PIECE_PCK_CERTIFICATE, g->cert.pem, g->cert.chain, &g->facts, &err) < 0)
        fail_msg("%s", err.text);
}

static int choose(struct store *s, const char *cpu_svn, const char *pce_svn,
                  struct pccs_choice *ret)
{
    struct pccs_platform p = platform(cpu_svn, pce_svn);
    struct err err = {0};

    return pccs_platform_choose(s, &p, ret, &err);
}

static void choose_body(struct store *s)
{
    struct genuine g = {0};
    struct pccs_platform p = platform(HIGH, "FFFF");
    struct pccs_choice c;
    struct err err = {0};

    genuine_load(&g);
    assert_int_equal(choose(s, HIGH, "FFFF", &c), -ENOENT);
    assert_int_equal(pccs_platform_put(s, &p, 100, &err), 0);
    assert_int_equal(choose(s, HIGH, "FFFF", &c), -ENODATA);
    assert_int_equal(pccs_platform_put_cert(s, &g.cert, &err), 0);
    assert_int_equal(choose(s, LOW, "0000", &c), -ENODATA);
    for (int round = 0; round < 2; round++) { /* the second time it is remembered */
        assert_int_equal(choose(s, HIGH, "FFFF", &c), 0);
        assert_true(span_equal(buf_span(&c.cert), g.cert.pem));
        assert_true(span_equal(buf_span(&c.chain), g.cert.chain));
        assert_int_equal(strlen(c.tcbm), PCCS_TCBM_DIGITS);
        assert_int_equal(strlen(c.fmspc), 12);
        assert_string_equal(c.ca, g.facts.ca == PIECE_CA_PLATFORM ? "platform" : "processor");
        pccs_platform_choice_done(&c);
    }
    assert_int_equal(pccs_platform_forget_choices(s, span_str(c.fmspc), &err), 0);
    assert_int_equal(choose(s, HIGH, "FFFF", &c), 0);
    pccs_platform_choice_done(&c);
    buf_done(&g.text);
}

static void a_platform_gets_its_certificate(void **state)
{
    (void)state;
    stores_run(choose_body);
}

static void again_body(struct store *s)
{
    static char ppid[PCCS_PPID_DIGITS + 1];
    struct pccs_platform p = platform(HIGH, "FFFF");
    struct err err = {0};

    memset(ppid, 'A', PCCS_PPID_DIGITS);
    p.enc_ppid = span_str(ppid);
    assert_int_equal(pccs_platform_put(s, &p, 100, &err), 0);
    p.enc_ppid = span_of(NULL, 0); /* known already: it stays */
    p.cpu_svn = span_str(LOW);
    p.manifest = span_str("manifest");
    assert_int_equal(pccs_platform_put(s, &p, 200, &err), 0);
    assert_int_equal(pccs_platform_put(s, &p, 300, &err), 0);
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_platform WHERE enc_ppid <> ''"
                                      " AND manifest = 'manifest' AND registered = 100"),
                     1);
    assert_int_equal(stores_number(s, "SELECT count(*) FROM pccs_tcb"), 2);
}

static void registering_again_completes(void **state)
{
    (void)state;
    stores_run(again_body);
}

static void wrong(struct pccs_platform p, const char *member)
{
    struct err err = {0};

    assert_int_equal(pccs_platform_check(&p, &err), -EINVAL);
    assert_non_null(strstr(err.text, member));
}

static void wrong_members_are_named(void **state)
{
    static char long_id[PCCS_QE_ID_MAX + 2];
    struct pccs_platform p = platform(HIGH, "0A00");
    struct err err = {0};

    (void)state;
    memset(long_id, 'A', PCCS_QE_ID_MAX + 1);
    assert_int_equal(pccs_platform_check(&p, &err), 0);
    p.qe_id = span_str("");
    wrong(p, "qe_id");
    p.qe_id = span_str(long_id);
    wrong(p, "qe_id");
    p.qe_id = span_str("'; DROP TABLE pccs_platform; --");
    wrong(p, "qe_id");
    p = platform("00", "0A00");
    wrong(p, "cpu_svn");
    p = platform(HIGH, "0A0");
    wrong(p, "pce_svn");
    p = platform(HIGH, "0A00");
    p.pce_id = span_str("");
    wrong(p, "pce_id");
    p = platform(HIGH, "0A00");
    p.enc_ppid = span_str("AB");
    wrong(p, "enc_ppid");
    p = platform(HIGH, "0A00");
    p.manifest = span_of(long_id, PCCS_MANIFEST_SIZE_MAX + 1); /* its length is looked at first */
    wrong(p, "platform_manifest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_platform_gets_its_certificate),
        cmocka_unit_test(registering_again_completes),
        cmocka_unit_test(wrong_members_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
