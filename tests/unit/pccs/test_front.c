/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in the shapes that real clients send; each is named after the client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "mutate.h"
#include "pccs/front.h"

enum { HEAD_SIZE = 4096 };

#define QE    "f28dda234595e56eaeb7ce9b681a62cd"
#define SVN   "0e0e0303ffff01000000000000000000"
#define ROOT  "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"
#define CERT  "qeid=" QE "&cpusvn=" SVN "&pcesvn=0d00&pceid=0000"
#define LOCAL "localhost:8081"
#define PCS   "api.trustedservices.intel.com"
#define V4    "/sgx/certification/v4"

/* Azure's client encodes an address twice. */
#define THIM_FILES "https%253a%252f%252fcertificates.trustedservices.intel.com%252f"
#define THIM_PCK                                                                                   \
    "https%253a%252f%252fapi.trustedservices.intel.com%252fsgx%252fcertification%252fv3"           \
    "%252fpckcrl%253fca%253dplatform%2526encoding%253dpem"

static const char *zeros(void)
{
    static char text[PCCS_PPID_DIGITS + 1];

    memset(text, '0', PCCS_PPID_DIGITS);
    return text;
}

/* The call refers to the head, which is static. */
static unsigned ask_with(const char *method, const char *host, const char *target,
                         const char *fields, struct pccs_call *ret)
{
    static char head[HEAD_SIZE];
    struct http_request request;
    struct err err = {0};
    unsigned status;

    assert_true(snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method, target,
                         host, fields) < HEAD_SIZE);
    assert_int_equal(http_request_parse(span_str(head), &request, &err), 0);
    status = pccs_front_parse(&request, ret, &err);
    assert_int_equal(status != 0, err.text[0] != '\0');
    return status;
}

static unsigned ask(const char *host, const char *target, struct pccs_call *ret)
{
    return ask_with("GET", host, target, "", ret);
}

struct row {
    const char *host, *target, *item;
    enum pccs_dialect dialect;
    enum pccs_form form;
    unsigned version;
};

static const struct row items[] = {
    /* Intel's QPL and QCNL */
    {LOCAL, V4 "/pckcrl?ca=platform&encoding=der", "crl/platform", PCCS_DIALECT_PCCS, PCCS_FORM_DER,
     4},
    {LOCAL, V4 "/pckcrl?ca=processor", "crl/processor", PCCS_DIALECT_PCCS, PCCS_FORM_HEX, 4},
    {LOCAL, V4 "/tcb?fmspc=00606A000000&update=standard", "tcb/sgx/00606A000000/standard", 0, 0, 4},
    {LOCAL, V4 "/qe/identity?update=standard", "identity/qe/standard", 0, 0, 4},
    {LOCAL, V4 "/qve/identity?update=early", "identity/qve/early", 0, 0, 4},
    {LOCAL, V4 "/crl?uri=" ROOT, "crl/root", PCCS_DIALECT_PCCS, PCCS_FORM_DER, 4},
    {LOCAL, V4 "/rootcacrl", "crl/root", PCCS_DIALECT_PCCS, PCCS_FORM_HEX, 4},
    {LOCAL, "/sgx/certification/v3/tcb?fmspc=00606a000000", "tcb/sgx/00606A000000/standard", 0, 0,
     3},
    {LOCAL, "/tdx/certification/v4/tcb?fmspc=90C06F000000&update=early",
     "tcb/tdx/90C06F000000/early", 0, 0, 4},
    {LOCAL, "/tdx/certification/v4/qe/identity", "identity/tdqe/standard", 0, 0, 4},
    /* the first of doubled parameters counts, as in PCCS */
    {LOCAL, V4 "/pckcrl?ca=platform&ca=processor", "crl/platform", 0, PCCS_FORM_HEX, 4},
    /* Azure-DCAP-Client */
    {LOCAL,
     V4 "/pckcrl?uri=" THIM_FILES "intelsgxrootca.crl&clientid=c&api-version=2020-02-12-preview",
     "crl/root", PCCS_DIALECT_THIM, PCCS_FORM_PEM, 4},
    {LOCAL, V4 "/pckcrl?uri=" THIM_FILES "intelsgxpckprocessor.crl&clientid=c", "crl/processor",
     PCCS_DIALECT_THIM, PCCS_FORM_PEM, 4},
    {LOCAL, V4 "/pckcrl?uri=" THIM_PCK "&clientid=c", "crl/platform", PCCS_DIALECT_THIM,
     PCCS_FORM_PEM, 4},
    {LOCAL, V4 "/tcb?fmspc=00606a000000&clientid=c&api-version=2018-10-01-preview",
     "tcb/sgx/00606A000000/standard", PCCS_DIALECT_THIM, 0, 4},
    {LOCAL, V4 "/pckcrl?ca=platform&clientid=c", "crl/platform", PCCS_DIALECT_THIM, PCCS_FORM_PEM,
     4},
    {LOCAL, V4 "/rootcacrl?clientid=c", "crl/root", PCCS_DIALECT_THIM, PCCS_FORM_PEM, 4},
    /* go-tdx-guest, which has Intel's hosts built in */
    {PCS, "/tdx/certification/v4/tcb?fmspc=90c06f000000", "tcb/tdx/90C06F000000/standard",
     PCCS_DIALECT_PCS, 0, 4},
    {PCS, V4 "/pckcrl?ca=platform&encoding=der", "crl/platform", PCCS_DIALECT_PCS, PCCS_FORM_DER,
     4},
    {PCS ":443", V4 "/pckcrl?ca=platform", "crl/platform", PCCS_DIALECT_PCS, PCCS_FORM_PEM, 4},
    {"certificates.trustedservices.intel.com", "/IntelSGXRootCA.der", "crl/root", PCCS_DIALECT_PCS,
     PCCS_FORM_DER, 4},
};

static void items_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
        const struct row *row = &items[i];
        char name[PCCS_ITEM_NAME_SIZE];
        struct pccs_call call;

        if (ask(row->host, row->target, &call) != 0)
            fail_msg("%s", row->target);
        assert_int_equal(call.action, PCCS_ACTION_ITEM);
        assert_string_equal(pccs_item_name(&call.item, name), row->item);
        assert_int_equal(call.dialect, row->dialect);
        assert_int_equal(call.form, row->form);
        assert_int_equal(call.version, row->version);
    }
}

static void certificates_are_understood(void **state)
{
    char target[2048];
    struct pccs_call call;

    (void)state;
    snprintf(target, sizeof(target), V4 "/pckcert?" CERT "&encrypted_ppid=%s", zeros());
    assert_int_equal(ask(LOCAL, target, &call), 0);
    assert_int_equal(call.action, PCCS_ACTION_CERTIFICATE);
    assert_int_equal(call.dialect, PCCS_DIALECT_PCCS);
    assert_string_equal(call.qe_id, "F28DDA234595E56EAEB7CE9B681A62CD");
    assert_string_equal(call.cpu_svn, "0E0E0303FFFF01000000000000000000");
    assert_string_equal(call.pce_svn, "0D00");
    assert_string_equal(call.enc_ppid, ""); /* zeros are no PPID */
    assert_int_equal(ask(LOCAL, "/metadata/THIM" V4 "/pckcert?" CERT, &call), 0);
    assert_int_equal(call.dialect, PCCS_DIALECT_THIM);
    assert_int_equal(
        ask_with("GET", LOCAL, V4 "/pckcert?" CERT, "Content-Type: application/json\r\n", &call),
        0);
    assert_int_equal(call.dialect, PCCS_DIALECT_THIM);
}

static void the_other_calls_are_understood(void **state)
{
    static const struct {
        const char *method, *target;
        enum pccs_action action;
    } calls[] = {
        {"POST", V4 "/platforms", PCCS_ACTION_REGISTER},
        {"GET", V4 "/platforms?source=%5B%5D", PCCS_ACTION_LIST_PLATFORMS},
        {"PUT", V4 "/platformcollateral", PCCS_ACTION_PUT_COLLATERAL},
        {"POST", V4 "/refresh", PCCS_ACTION_REFRESH},
        {"GET", V4 "/refresh?type=certs&fmspc=00606A000000", PCCS_ACTION_REFRESH},
        {"GET", V4 "/appraisalpolicy?fmspc=00606A000000", PCCS_ACTION_GET_POLICY},
        {"PUT", V4 "/appraisalpolicy", PCCS_ACTION_PUT_POLICY},
        {"HEAD", V4 "/rootcacrl", PCCS_ACTION_ITEM},
    };
    struct pccs_call call;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(calls); i++) {
        assert_int_equal(ask_with(calls[i].method, LOCAL, calls[i].target, "", &call), 0);
        assert_int_equal(call.action, calls[i].action);
    }
    assert_int_equal(ask(LOCAL, V4 "/platforms?source=%5B%5D", &call), 0);
    assert_true(span_equal_str(call.source, "%5B%5D"));
}

static void wrong_requests_are_refused(void **state)
{
    static const struct {
        const char *method, *target;
        unsigned status;
    } wrong[] = {
        {"GET", "/", 404},
        {"GET", "/sgx/certification/v5/tcb?fmspc=00606A000000", 404},
        {"GET", "/sgx/certification/v4/../v4/rootcacrl", 404},
        {"GET", "/sgx/certification/v4//rootcacrl", 404},
        {"GET", "/tdx/certification/v3/tcb?fmspc=00606A000000", 404},
        {"GET", "/tdx/certification/v4/rootcacrl", 404},
        {"PUT", V4 "/rootcacrl", 405},
        {"DELETE", V4 "/platforms", 405},
        {"GET", V4 "/tcb", 400},
        {"GET", V4 "/tcb?fmspc=00606A00000", 400},
        {"GET", V4 "/tcb?fmspc=00606A00000G", 400},
        {"GET", V4 "/tcb?fmspc=00606A000000&update=never", 400},
        {"GET", V4 "/tcb?fmspc=%", 400},
        {"GET", V4 "/tcb?fmspc=';DROP TABLE pccs_item", 400},
        {"GET", V4 "/pckcrl", 400},
        {"GET", V4 "/pckcrl?ca=other", 400},
        {"GET", V4 "/crl", 400},
        {"GET", V4 "/crl?uri=http://127.0.0.1/latest/meta-data", 400},
        {"GET",
         V4 "/crl?uri=https://certificates.trustedservices.intel.com.evil.test/IntelSGXRootCA.der",
         400},
        {"GET",
         V4 "/crl?uri=https://certificates.trustedservices.intel.com@evil.test/IntelSGXRootCA.der",
         400},
        {"GET", V4 "/crl?uri=https://certificates.trustedservices.intel.com/../IntelSGXRootCA.der",
         400},
        {"GET", V4 "/pckcert?" CERT "&encrypted_ppid=00", 400},
        {"GET", V4 "/pckcert?qeid=" QE "&cpusvn=" SVN "&pcesvn=0d00", 400},
        {"GET", V4 "/pckcert?qeid=&cpusvn=" SVN "&pcesvn=0d00&pceid=0000", 400},
        {"GET", V4 "/appraisalpolicy", 400},
    };
    struct pccs_call call;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        char target[1024], *blank;

        strcpy(target, wrong[i].target);
        while ((blank = strchr(target, ' ')))
            *blank = '+';
        if (ask_with(wrong[i].method, LOCAL, target, "", &call) != wrong[i].status)
            fail_msg("%s %s", wrong[i].method, target);
    }
    assert_int_equal(ask("certificates.trustedservices.intel.com", "/other", &call), 404);
    assert_int_equal(
        ask_with("PUT", "certificates.trustedservices.intel.com", "/IntelSGXRootCA.der", "", &call),
        405);
}

static void a_long_parameter_is_refused(void **state)
{
    static char target[HEAD_SIZE / 2 + 1024];
    struct pccs_call call;

    (void)state;
    strcpy(target, V4 "/crl?uri=");
    memset(target + strlen(target), 'a', 2049);
    assert_int_equal(ask(LOCAL, target, &call), 400);
}

/* Whatever a request becomes, it is a call or a status, and a call's texts end with a NUL. */
static int parse_mutant(struct span wire, void *context)
{
    struct http_request request;
    struct pccs_call call;
    unsigned status = http_request_parse(wire, &request, NULL);

    (void)context;
    if (status != 0)
        return -1;
    status = pccs_front_parse(&request, &call, NULL);
    assert_true(status == 0 || status == 400 || status == 404 || status == 405);
    if (status == 0) {
        assert_true(strlen(call.qe_id) <= PCCS_QE_ID_MAX);
        assert_int_not_equal(call.action, PCCS_ACTION_NONE);
    }
    return status == 0 ? 0 : -1;
}

static void any_bytes_are_answered(void **state)
{
    static const char *const heads[] = {
        "GET " V4 "/pckcert?" CERT " HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET " V4 "/crl?uri=" ROOT " HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /metadata/THIM" V4 "/tcb?fmspc=00606A000000&update=early HTTP/1.1\r\nHost: " PCS
        "\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(heads); i++) {
        mutate_prefixes(span_str(heads[i]), parse_mutant, NULL);
        mutate_bits(span_str(heads[i]), 0, strlen(heads[i]), parse_mutant, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_understood),
        cmocka_unit_test(certificates_are_understood),
        cmocka_unit_test(the_other_calls_are_understood),
        cmocka_unit_test(wrong_requests_are_refused),
        cmocka_unit_test(a_long_parameter_is_refused),
        cmocka_unit_test(any_bytes_are_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
