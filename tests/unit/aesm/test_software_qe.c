/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "aesm/software_qe.h"
#include "base/fd.h"
#include "crypto/x509.h"
#include "crypto_bare/sha256.h"
#include "software/identity.h"
#include "quote/quote.h"
#include "sgx/keys.h"

enum {
    NOW_S = 1790000000,
    BUFFER_SIZE = 8192,
};

static char directory[64];
static struct software_secret secret;
static struct software_authority *ca;
static struct p256 *p256;
static struct aesm_backend qe;

static struct software_qe_options options_of(void)
{
    return (struct software_qe_options){
        .state_dir = directory,
        .secret = &secret,
        .ca = ca,
        .issuer = SOFTWARE_PLATFORM_CA,
        .now_s = NOW_S,
    };
}

static int open_qe(struct aesm_backend *ret, struct err *err)
{
    const struct software_qe_options options = options_of();

    return software_qe_new(&options, ret, err);
}

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/coffer-qe-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    memset(&secret, 0x5a, sizeof(secret));
    memset(secret.cpusvn, SOFTWARE_COMPONENT_SVN, sizeof(secret.cpusvn));
    return software_authority_load_or_create(directory, NOW_S, &ca, NULL) | p256_new(&p256, NULL) |
           open_qe(&qe, NULL);
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    aesm_backend_done(&qe);
    software_authority_free(ca);
    p256_free(p256);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    return system(command);
}

/* A report of an application enclave of this node, for the QE. */
static void report_make(uint8_t ret[static SGX_REPORT_SIZE])
{
    struct sgx_secs secs = {
        .attributes = {SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_MODE64BIT, SGX_XFRM_LEGACY},
        .mrenclave = {0xaa},
        .mrsigner = {0xbb},
        .isv_svn = 3,
    };
    const uint8_t data[SGX_REPORT_DATA_SIZE] = "report data";
    struct sgx_platform platform;
    struct aesm_quote_identity identity;

    memcpy(platform.fuse, secret.fuse, sizeof(platform.fuse));
    memcpy(platform.cpusvn, secret.cpusvn, sizeof(platform.cpusvn));
    memcpy(platform.owner_epoch, secret.owner_epoch, sizeof(platform.owner_epoch));
    assert_int_equal(qe.init(qe.self, &identity, NULL), AESM_SUCCESS);
    assert_int_equal(sgx_ereport(&platform, &secs, identity.target_info, data, ret), SGX_SUCCESS);
}

static uint32_t quote_make(const uint8_t *report, uint8_t *info, uint8_t *quote, uint32_t size,
                           struct err *err)
{
    const struct aesm_quote_order order = {
        .report = report,
        .qe_report_info = info,
        .quote = quote,
        .quote_size = size,
    };

    return qe.quote(qe.self, &order, err);
}

static void quotes_verify_from_top_to_bottom(void **state)
{
    uint8_t report[SGX_REPORT_SIZE], wire[BUFFER_SIZE], binding[SHA256_SIZE];
    struct aesm_quote_identity identity;
    struct x509_chain chain = {0};
    struct sha256 sha;
    struct quote q;
    uint32_t size;

    (void)state;
    report_make(report);
    assert_int_equal(quote_make(report, NULL, wire, sizeof(wire), NULL), AESM_SUCCESS);
    assert_int_equal(qe.size(qe.self, &size, NULL), AESM_SUCCESS);
    assert_true(span_is_zero(span_of(wire + size, sizeof(wire) - size)));

    assert_int_equal(quote_parse(span_of(wire, size), &q, NULL), 0);
    assert_int_equal(q.header.version, 3);
    assert_memory_equal(wire + 48, report, SGX_REPORT_BODY_SIZE);
    assert_int_equal(q.auth.cert_type, QUOTE_CERT_PCK_CHAIN);
    assert_int_equal(q.auth.qe_auth_data.len, 32);
    assert_int_equal(p256_verify(p256, q.auth.key.data, span_of(wire, 432), q.auth.signature.data),
                     P256_VALID);

    assert_int_equal(x509_chain_parse(q.auth.cert_data, &chain, NULL), 0);
    assert_int_equal(chain.count, 3);
    assert_int_equal(
        p256_verify(p256, chain.cert[0].key, q.auth.qe_report, q.auth.qe_report_signature.data),
        P256_VALID);
    assert_true(span_equal(chain.cert[2].der, software_authority_certificate(ca, SOFTWARE_ROOT)));
    x509_chain_done(&chain);

    sha256_init(&sha);
    sha256_update(&sha, q.auth.key.data, 64);
    sha256_update(&sha, q.auth.qe_auth_data.data, 32);
    sha256_final(&sha, binding);
    assert_memory_equal(q.auth.qe_report.data + 320, binding, sizeof(binding));
    assert_true(span_is_zero(span_of(q.auth.qe_report.data + 352, 32)));
    assert_int_equal(qe.init(qe.self, &identity, NULL), AESM_SUCCESS);
    assert_memory_equal(identity.pub_key_id, binding, sizeof(binding));
    assert_memory_equal(q.auth.qe_report.data + 128, SOFTWARE_QE_MRSIGNER, SOFTWARE_HASH_SIZE);
}

static void reports_of_elsewhere_are_refused(void **state)
{
    uint8_t report[SGX_REPORT_SIZE], changed[SGX_REPORT_SIZE], wire[BUFFER_SIZE];
    struct err err = {0};

    (void)state;
    report_make(report);
    for (size_t i = 0; i < SGX_REPORT_SIZE; i++) {
        memcpy(changed, report, sizeof(changed));
        changed[i] ^= 0x10;
        assert_int_equal(quote_make(changed, NULL, wire, sizeof(wire), &err), AESM_INVALID_REPORT);
    }
    assert_non_null(strstr(err.text, "on this node"));
}

static void a_buffer_must_hold_the_quote(void **state)
{
    uint8_t report[SGX_REPORT_SIZE], wire[BUFFER_SIZE];
    uint32_t size;

    (void)state;
    report_make(report);
    assert_int_equal(qe.size(qe.self, &size, NULL), AESM_SUCCESS);
    assert_int_equal(quote_make(report, NULL, wire, size, NULL), AESM_SUCCESS);
    assert_int_equal(quote_make(report, NULL, wire, size - 1, NULL), AESM_PARAMETER);
}

static void the_qe_report_binds_nonce_and_quote(void **state)
{
    uint8_t report[SGX_REPORT_SIZE], wire[BUFFER_SIZE], info[AESM_QE_REPORT_INFO_SIZE] = {0};
    uint8_t *qe_report = info + AESM_NONCE_SIZE + AESM_TARGET_INFO_SIZE;
    struct sgx_targetinfo target = {.mrenclave = {0xaa}, .attributes = {5, 3}};
    struct sgx_platform platform;
    uint8_t binding[SHA256_SIZE];
    struct sha256 sha;
    uint32_t size;

    (void)state;
    memcpy(platform.fuse, secret.fuse, sizeof(platform.fuse));
    memcpy(platform.cpusvn, secret.cpusvn, sizeof(platform.cpusvn));
    memcpy(platform.owner_epoch, secret.owner_epoch, sizeof(platform.owner_epoch));
    report_make(report);
    memset(info, 'n', AESM_NONCE_SIZE);
    sgx_targetinfo_render(&target, info + AESM_NONCE_SIZE);
    assert_int_equal(quote_make(report, info, wire, sizeof(wire), NULL), AESM_SUCCESS);

    assert_true(sgx_keys_report_verify(&platform, &target, qe_report));
    assert_int_equal(qe.size(qe.self, &size, NULL), AESM_SUCCESS);
    sha256_init(&sha);
    sha256_update(&sha, info, AESM_NONCE_SIZE);
    sha256_update(&sha, wire, size);
    sha256_final(&sha, binding);
    assert_memory_equal(qe_report + 320, binding, sizeof(binding));
    assert_true(span_is_zero(span_of(qe_report + 352, 32)));

    info[AESM_NONCE_SIZE + 500] = 1; /* reserved in a target info */
    assert_int_equal(quote_make(report, info, wire, sizeof(wire), NULL),
                     AESM_UNABLE_TO_GENERATE_QE_REPORT);
}

static void the_key_survives_and_stays_sealed(void **state)
{
    struct aesm_backend again = {0};
    struct aesm_quote_identity a, b;
    struct err err = {0};

    (void)state;
    assert_int_equal(open_qe(&again, NULL), 0);
    qe.init(qe.self, &a, NULL);
    again.init(again.self, &b, NULL);
    assert_memory_equal(&a, &b, sizeof(a));
    aesm_backend_done(&again);

    secret.fuse[0] ^= 1;
    assert_int_equal(open_qe(&again, &err), -EKEYREJECTED);
    assert_non_null(strstr(err.text, "another node"));
}

static void another_authority_certifies_the_same_key(void **state)
{
    struct aesm_backend again = {0};
    struct software_authority *first = ca;
    struct aesm_quote_identity a, b;
    char other[96];

    (void)state;
    snprintf(other, sizeof(other), "%s/other", directory);
    assert_int_equal(software_authority_load_or_create(other, NOW_S, &ca, NULL), 0);
    assert_int_equal(open_qe(&again, NULL), 0);
    qe.init(qe.self, &a, NULL);
    again.init(again.self, &b, NULL);
    assert_memory_equal(&a, &b, sizeof(a));
    aesm_backend_done(&again);
    software_authority_free(first);
}

/* The clock was a year ahead when the node was certified. */
static void a_certificate_of_the_future_heals_with_the_clock(void **state)
{
    enum { YEAR_S = 365 * 24 * 60 * 60 };
    char other[96], text[128];
    struct software_qe_options options = options_of();
    struct aesm_backend again = {0};
    struct aesm_quote_identity a, b;
    struct stat ahead, healed, later;

    (void)state;
    snprintf(other, sizeof(other), "%s/other", directory);
    snprintf(text, sizeof(text), "%s/" SOFTWARE_QE_FILE, other);
    options.state_dir = other;
    options.now_s = NOW_S + YEAR_S;
    assert_int_equal(software_qe_new(&options, &again, NULL), 0);
    again.init(again.self, &a, NULL);
    aesm_backend_done(&again);
    assert_int_equal(stat(text, &ahead), 0);

    options.now_s = NOW_S;
    assert_int_equal(software_qe_new(&options, &again, NULL), 0);
    again.init(again.self, &b, NULL);
    aesm_backend_done(&again);
    assert_memory_equal(&a, &b, sizeof(a)); /* the key stays */
    assert_int_equal(stat(text, &healed), 0);
    assert_true(healed.st_ino != ahead.st_ino);

    options.now_s = NOW_S + 1;
    assert_int_equal(software_qe_new(&options, &again, NULL), 0);
    aesm_backend_done(&again);
    assert_int_equal(stat(text, &later), 0);
    assert_int_equal(later.st_ino, healed.st_ino);
}

static void a_damaged_file_is_refused(void **state)
{
    CLEANUP(buf_done) struct buf file = buf_init(64 * 1024);
    struct aesm_backend again = {0};
    char path[128];

    (void)state;
    snprintf(path, sizeof(path), "%s/%s", directory, SOFTWARE_QE_FILE);
    assert_int_equal(fd_read_file(path, &file, NULL), 0);
    for (size_t i = 0; i < file.len; i += 61) {
        file.data[i] ^= 1;
        assert_int_equal(fd_write_file(path, buf_span(&file), 0600, NULL), 0);
        assert_int_equal(open_qe(&again, NULL), -EKEYREJECTED);
        assert_int_equal(fd_write_file(path, span_of(file.data, i), 0600, NULL), 0);
        assert_int_equal(open_qe(&again, NULL), -EKEYREJECTED);
        file.data[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(quotes_verify_from_top_to_bottom, setup, teardown),
        cmocka_unit_test_setup_teardown(reports_of_elsewhere_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_buffer_must_hold_the_quote, setup, teardown),
        cmocka_unit_test_setup_teardown(the_qe_report_binds_nonce_and_quote, setup, teardown),
        cmocka_unit_test_setup_teardown(the_key_survives_and_stays_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(another_authority_certifies_the_same_key, setup, teardown),
        cmocka_unit_test_setup_teardown(a_certificate_of_the_future_heals_with_the_clock, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
