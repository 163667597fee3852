/* SPDX-License-Identifier: Apache-2.0 */
/* Whole requests against a core without upstream; tests/process/test_collateral.py has the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "pccs/core.h"
#include "store/backend.h"
#include "vector_files.h"

enum { NOW = 1780000000 };

#define V4 "/sgx/certification/v4"
/* SHA-512 of "secret" */
#define SECRET_HASH                                                                                \
    "bd2b1aaf7ef4f09be9f52ce2d8d599674d81aa9d6a4421696dc4d93dd0619d68"                             \
    "2ce56b4d64a9ef097761ced99e0f67265b5f76085e5b0ee7ca4696b2ad6fe2b2"
#define ADMIN "admin-token: secret\r\n"
#define USER  "user-token: secret\r\n"

static const struct pccs_settings settings = {
    .user_token_hash = SECRET_HASH,
    .admin_token_hash = SECRET_HASH,
    .replica = "test",
    .upstream = {.url = "http://127.0.0.1:1", .root_crl_url = "http://127.0.0.1:1/"},
};

static struct pccs_core *core_make(const struct pccs_settings *s, struct verifier *v)
{
    struct store *store = NULL;
    struct pccs_core *core = NULL;
    struct err err = {0};

    assert_int_equal(store_open(&store_sqlite, ":memory:", &store, &err), 0);
    if (pccs_core_new(s, store, v, &core, &err) < 0)
        fail_msg("%s", err.text);
    return core;
}

/* Return: the status; the body's first bytes are in @text. */
static unsigned ask(struct pccs_core *core, const char *method, const char *target,
                    const char *fields, const char *body, char text[static 512])
{
    char head[2048];
    struct http_request request;
    struct pccs_answer a;
    struct err err = {0};
    unsigned status;

    snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, target, fields);
    assert_int_equal(http_request_parse(span_str(head), &request, &err), 0);
    request.body = span_str(body);
    pccs_core_handle(core, &request, NOW, &a);
    status = a.status;
    snprintf(text, 512, "%.*s", (int)MIN(a.body.len, (size_t)500), (const char *)a.body.data);
    pccs_answer_done(&a);
    return status;
}

struct row {
    const char *method, *target, *fields, *body;
    unsigned status;
    const char *text;
};

static const struct row rows[] = {
    {"GET", V4 "/rootcacrl", "", "", 404, "No cache data for this platform"},
    {"GET", V4 "/nothing", "", "", 404, "Invalid request parameters"},
    {"GET", V4 "/tcb", "", "", 400, "fmspc is missing"},
    {"POST", V4 "/platforms", "", "{}", 401, "Authentication failed."},
    {"POST", V4 "/platforms", "user-token: wrong\r\n", "{}", 401, "Authentication failed."},
    {"POST", V4 "/platforms", ADMIN, "{}", 401, "Authentication failed."},
    {"POST", V4 "/platforms", USER, "{}", 400, "qe_id"},
    {"POST", V4 "/platforms", USER, "{\"qe_id\":\"aa\",\"pce_id\":\"0000\"}", 201,
     "Operation successful."},
    {"GET", V4 "/platforms?source=reg", USER, "", 401, "Authentication failed."},
    {"GET", V4 "/platforms?source=reg", ADMIN, "", 200, "[{\"qe_id\":\"AA\",\"pce_id\":\"0000\""},
    {"GET", V4 "/platforms?source=reg", ADMIN, "", 200, "[]"}, /* given once */
    {"GET", V4 "/platforms?source=%5B%5D", ADMIN, "", 200, "[]"},
    {"GET", V4 "/platforms?source=%5", ADMIN, "", 400, "source is malformed"},
    {"PUT", V4 "/platformcollateral", "", "{}", 401, "Authentication failed."},
    {"PUT", V4 "/platformcollateral", ADMIN, "{}", 400, "platforms and collaterals"},
    {"PUT", V4 "/platformcollateral", ADMIN, "", 400, "Invalid request parameters"},
    {"PUT", V4 "/platformcollateral", ADMIN,
     "{\"platforms\":[],\"collaterals\":{\"rootcacrl\":\"00\"}}", 460, "Integrity error"},
    {"PUT", V4 "/platformcollateral", ADMIN, "{\"platforms\":[],\"collaterals\":{}}", 200,
     "Operation successful."},
    {"POST", V4 "/refresh", "", "", 401, "Authentication failed."},
    {"POST", V4 "/refresh", ADMIN, "", 503, "Server is currently unable to process the request"},
    {"GET", V4 "/appraisalpolicy?fmspc=00606A000000", "", "", 404, "No cache data"},
    {"PUT", V4 "/appraisalpolicy", ADMIN,
     "{\"policy\":\"a.b.c\",\"is_default\":true,\"fmspc\":\"00606a000000\"}", 200,
     "Operation successful."},
    {"GET", V4 "/appraisalpolicy?fmspc=00606A000000", "", "", 200, "a.b.c"},
    {"PUT", V4 "/appraisalpolicy", ADMIN, "{\"policy\":\"a\",\"fmspc\":\"0\"}", 400, "fmspc"},
    {"GET", V4 "/pckcert?qeid=bb&pceid=0000&pcesvn=0000&cpusvn=00000000000000000000000000000000",
     "", "", 404, "not registered"},
    {"GET", V4 "/pckcert?qeid=aa&pceid=0000&pcesvn=0000&cpusvn=00000000000000000000000000000000",
     "", "", 462, "no PCK certificate yet"},
};

static void each_call_has_its_status(void **state)
{
    struct verifier *v = vector_verifier();
    struct pccs_core *core = core_make(&settings, v);
    char text[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct row *r = &rows[i];
        unsigned status = ask(core, r->method, r->target, r->fields, r->body, text);

        if (status != r->status || !strstr(text, r->text))
            fail_msg("%s %s: %u %s", r->method, r->target, status, text);
    }
    pccs_core_free(core);
    verifier_free(v);
}

static void without_a_hash_nobody_has_the_right(void **state)
{
    static const struct pccs_settings none = {.replica = "test", .upstream = {.url = ""}};
    struct verifier *v = vector_verifier();
    struct pccs_core *core = core_make(&none, v);
    char text[512];

    (void)state;
    assert_int_equal(ask(core, "POST", V4 "/platforms", USER, "{}", text), 401);
    assert_int_equal(ask(core, "POST", V4 "/refresh", ADMIN, "", text), 401);
    assert_int_equal(ask(core, "POST", V4 "/refresh", "admin-token: \r\n", "", text), 401);
    pccs_core_free(core);
    verifier_free(v);
}

/* Nobody listens upstream: a miss is a 502 that says so, and nothing waits. */
static void an_upstream_that_is_away_is_said(void **state)
{
    struct pccs_settings lazy = settings;
    struct verifier *v = vector_verifier();
    struct pccs_core *core;
    char text[512];

    (void)state;
    lazy.fill = PCCS_FILL_LAZY;
    core = core_make(&lazy, v);
    assert_int_equal(ask(core, "GET", V4 "/qe/identity", "", "", text), 502);
    assert_non_null(strstr(text, "127.0.0.1"));
    assert_int_equal(ask(core, "POST", V4 "/refresh", ADMIN, "", text), 200); /* of no items */
    pccs_core_free(core);
    verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_has_its_status),
        cmocka_unit_test(without_a_hash_nobody_has_the_right),
        cmocka_unit_test(an_upstream_that_is_away_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
