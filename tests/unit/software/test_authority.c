/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/fd.h"
#include "crypto/crl.h"
#include "crypto/hash.h"
#include "crypto/x509.h"
#include "software/collateral.h"
#include "software/identity.h"

enum {
    NOW_S = 1790000000,
};

static char directory[64];
static struct p256 *p256;

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/coffer-ca-XXXXXX");
    return mkdtemp(directory) && p256_new(&p256, NULL) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    p256_free(p256);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    return system(command);
}

static struct x509 certificate_of(const struct software_authority *ca, enum software_member member)
{
    struct x509 cert = {0};

    assert_int_equal(x509_parse(software_authority_certificate(ca, member), &cert, NULL), 0);
    return cert;
}

static void an_authority_is_made_once(void **state)
{
    CLEANUP(software_authority_freep) struct software_authority *made = NULL;
    CLEANUP(software_authority_freep) struct software_authority *again = NULL;
    char path[128];
    struct stat st;

    (void)state;
    assert_int_equal(software_authority_load(directory, &made, NULL), -ENOENT);
    assert_int_equal(software_authority_load_or_create(directory, NOW_S, &made, NULL), 0);
    assert_int_equal(software_authority_load_or_create(directory, NOW_S + 99, &again, NULL), 0);
    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++) {
        enum software_member m = (enum software_member)i;

        assert_true(span_equal(software_authority_certificate(made, m),
                               software_authority_certificate(again, m)));
        assert_memory_equal(ec_key_public(software_authority_key(made, m)),
                            ec_key_public(software_authority_key(again, m)), EC_PUBLIC_SIZE);
    }
    snprintf(path, sizeof(path), "%s/%s", directory, SOFTWARE_AUTHORITY_FILE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void its_certificates_hold_together(void **state)
{
    static const char *const phrases[] = {"SGX Root CA", "SGX PCK Platform CA",
                                          "SGX PCK Processor CA", "SGX TCB Signing"};
    CLEANUP(software_authority_freep) struct software_authority *ca = NULL;
    struct x509 root, cert;

    (void)state;
    assert_int_equal(software_authority_load_or_create(directory, NOW_S, &ca, NULL), 0);
    root = certificate_of(ca, SOFTWARE_ROOT);
    assert_true(span_equal(root.subject, root.issuer));
    assert_true(root.is_ca && root.path_len == 1);
    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++) {
        cert = certificate_of(ca, (enum software_member)i);
        assert_non_null(
            memmem(cert.subject_cn.data, cert.subject_cn.len, phrases[i], strlen(phrases[i])));
        assert_non_null(memmem(cert.subject.data, cert.subject.len, SOFTWARE_ORGANIZATION,
                               strlen(SOFTWARE_ORGANIZATION)));
        assert_int_equal(x509_is_signed_by(&cert, root.key, p256), P256_VALID);
        assert_true(cert.is_ca == (i != SOFTWARE_SIGNING));
        assert_true(cert.not_before < NOW_S && cert.not_after > NOW_S);
        assert_true(i == SOFTWARE_ROOT || cert.not_before > root.not_before);
    }
}

static void nodes_are_certified_by_either_ca(void **state)
{
    CLEANUP(software_authority_freep) struct software_authority *ca = NULL;
    CLEANUP(ec_key_freep) struct ec_key *node = NULL;
    const struct pck_extension x = {.fmspc = "COFFE", .pcesvn = 1};

    (void)state;
    assert_int_equal(software_authority_load_or_create(directory, NOW_S, &ca, NULL), 0);
    assert_int_equal(ec_key_new(&node, NULL), 0);
    for (int i = 0; i < 4; i++) {
        CLEANUP(buf_done) struct buf pem = buf_init(SOFTWARE_CHAIN_MAX);
        enum software_issuer issuer = i & 1 ? SOFTWARE_PROCESSOR_CA : SOFTWARE_PLATFORM_CA;
        int64_t now_s = i & 2 ? NOW_S - 7200 : NOW_S; /* a clock that is behind */
        struct x509_chain chain = {0};
        struct pck_extension back;

        assert_int_equal(
            software_authority_issue_pck(ca, issuer, &x, ec_key_public(node), now_s, &pem, NULL),
            0);
        assert_int_equal(x509_chain_parse(buf_span(&pem), &chain, NULL), 0);
        assert_int_equal(chain.count, 3);
        assert_int_equal(x509_is_signed_by(&chain.cert[0], chain.cert[1].key, p256), P256_VALID);
        assert_true(span_equal(chain.cert[0].issuer, chain.cert[1].subject));
        assert_true(chain.cert[2].not_before < chain.cert[1].not_before);
        assert_true(chain.cert[1].not_before < chain.cert[0].not_before);
        assert_int_equal(pck_extension_parse(chain.cert[0].sgx, &back, NULL), 0);
        assert_true(back.has_platform_instance_id == !(i & 1));
        assert_true(span_equal_str(chain.cert[1].subject_cn,
                                   i & 1 ? SOFTWARE_CN_PROCESSOR : SOFTWARE_CN_PLATFORM));
        x509_chain_done(&chain);
    }
}

static void a_damaged_file_is_refused_not_replaced(void **state)
{
    CLEANUP(software_authority_freep) struct software_authority *ca = NULL;
    CLEANUP(buf_done) struct buf text = buf_init(SOFTWARE_AUTHORITY_FILE_MAX);
    struct err err = {0};
    char path[128];

    (void)state;
    assert_int_equal(software_authority_load_or_create(directory, NOW_S, &ca, NULL), 0);
    snprintf(path, sizeof(path), "%s/%s", directory, SOFTWARE_AUTHORITY_FILE);
    assert_int_equal(fd_read_file(path, &text, NULL), 0);
    for (size_t len = 0; len < text.len; len += 97) {
        struct software_authority *none = NULL;

        assert_int_equal(fd_write_file(path, span_of(text.data, len), 0600, NULL), 0);
        assert_int_equal(software_authority_load_or_create(directory, NOW_S, &none, &err),
                         -EBADMSG);
        assert_null(none);
    }
    assert_non_null(strstr(err.text, SOFTWARE_AUTHORITY_FILE));
}

static void signed_json_is_signed(const struct software_authority *ca, const struct buf *json,
                                  const char *name)
{
    struct span text = buf_span(json);
    size_t head = strlen(name) + 4, tail = strlen(",\"signature\":\"\"}") + 128;
    struct span body = span_sub(text, head, text.len - head - tail);
    uint8_t signature[EC_SIGNATURE_SIZE];

    assert_true(body.len > 0 && body.data[0] == '{' && body.data[body.len - 1] == '}');
    for (size_t i = 0; i < sizeof(signature); i++) {
        char digits[3] = {0};

        memcpy(digits, text.data + text.len - 130 + 2 * i, 2);
        signature[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    assert_int_equal(p256_verify(p256, ec_key_public(software_authority_key(ca, SOFTWARE_SIGNING)),
                                 body, signature),
                     P256_VALID);
}

static void collateral_is_signed_and_in_date(void **state)
{
    CLEANUP(software_authority_freep) struct software_authority *ca = NULL;
    struct software_collateral c;
    struct x509_chain chain = {0};
    struct crl crl;

    (void)state;
    assert_int_equal(software_authority_load_or_create(directory, NOW_S, &ca, NULL), 0);
    assert_int_equal(software_collateral_make(ca, SOFTWARE_PLATFORM_CA, NOW_S, &c, NULL), 0);
    signed_json_is_signed(ca, &c.tcb_info, "tcbInfo");
    signed_json_is_signed(ca, &c.qe_identity, "enclaveIdentity");
    assert_non_null(memmem(c.tcb_info.data, c.tcb_info.len, "434f46464552", 12));

    assert_int_equal(x509_chain_parse(buf_span(&c.pck_crl_chain), &chain, NULL), 0);
    assert_int_equal(crl_parse(buf_span(&c.pck_crl), &crl, NULL), 0);
    assert_true(span_equal(crl.issuer, chain.cert[0].subject));
    assert_int_equal(crl_is_signed_by(&crl, chain.cert[0].key, p256), P256_VALID);
    assert_true(crl.this_update <= NOW_S && crl.next_update > NOW_S && crl.has_number);
    crl_done(&crl);
    assert_int_equal(crl_parse(buf_span(&c.root_crl), &crl, NULL), 0);
    assert_int_equal(crl_is_signed_by(&crl, chain.cert[1].key, p256), P256_VALID);
    crl_done(&crl);
    x509_chain_done(&chain);

    assert_int_equal(software_collateral_store(&c, directory, NULL), 0);
    software_collateral_done(&c);
}

static void identities_are_hashes_of_their_names(void **state)
{
    uint8_t hash[SOFTWARE_HASH_SIZE];

    (void)state;
    hash_sha256(span_str("coffer software platform quoting enclave"), hash);
    assert_memory_equal(hash, SOFTWARE_QE_MRENCLAVE, sizeof(hash));
    hash_sha256(span_str("coffer software platform quoting enclave signer"), hash);
    assert_memory_equal(hash, SOFTWARE_QE_MRSIGNER, sizeof(hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_authority_is_made_once, setup, teardown),
        cmocka_unit_test_setup_teardown(its_certificates_hold_together, setup, teardown),
        cmocka_unit_test_setup_teardown(nodes_are_certified_by_either_ca, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_refused_not_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(collateral_is_signed_and_in_date, setup, teardown),
        cmocka_unit_test(identities_are_hashes_of_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
