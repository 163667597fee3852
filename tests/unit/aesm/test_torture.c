/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of the quote service fails once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aesm/answer.h"
#include "aesm/service.h"
#include "aesm/software_qe.h"
#include "quote_request.h"
#include "torture.h"

enum {
    CLIENTS = 3,
    NOW_S = 1790000000,
};

struct asker {
    struct aesm_service_client client;
    unsigned responses;
    uint32_t code; /* AESM_UNEXPECTED when the frame holds no response */
};

static void on_respond(struct aesm_service_client *client, struct span frame)
{
    struct asker *a = (struct asker *)client;
    struct aesm_response response;

    a->responses++;
    a->code = AESM_UNEXPECTED;
    if (frame.len > AESM_FRAME_HEADER_SIZE &&
        aesm_response_parse(span_from(frame, AESM_FRAME_HEADER_SIZE), &response, NULL) == 0)
        a->code = response.code;
}

static uint32_t fake_quote(void *self, const struct aesm_quote_order *order, struct err *err)
{
    (void)self;
    (void)order;
    (void)err;
    return AESM_SUCCESS;
}

static void submit_all(struct aesm_service *s, struct asker askers[static CLIENTS])
{
    uint8_t report[AESM_REPORT_SIZE] = {0};
    const struct aesm_request request = quote_request_of(report);
    struct span frame;

    for (unsigned i = 0; i < CLIENTS; i++) {
        report[0] = (uint8_t)i;
        askers[i] = (struct asker){.client.respond = on_respond};
        if (aesm_service_submit(s, i ? "one" : "other", &request, &askers[i].client, &frame))
            on_respond(&askers[i].client, frame);
    }
    aesm_service_run(s);
}

/* Whatever fails, everybody is answered once. */
static int serve(void *context)
{
    const struct aesm_backend backend = {
        .name = "fake", .is_blocking = *(bool *)context, .quote = fake_quote};
    const struct aesm_queue_limits limits = {.length = CLIENTS, .deadline_us = 10000000};
    CLEANUP(loop_freep) struct loop *loop = NULL;
    CLEANUP(aesm_service_freep) struct aesm_service *s = NULL;
    struct aesm_metrics metrics = {0};
    struct asker askers[CLIENTS];
    struct err err = {0};
    int r = loop_new(&loop, &err);

    if (r == 0)
        r = aesm_service_new(&backend, &limits, loop, &metrics, &s, &err);
    if (r < 0) {
        assert_true(err.text[0] != '\0');
        return r;
    }
    submit_all(s, askers);
    for (unsigned i = 0; i < CLIENTS; i++) {
        while (askers[i].responses == 0)
            assert_int_equal(loop_step(loop, true, NULL), 0);
        r = askers[i].code == AESM_SUCCESS ? r : -ENOMEM;
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        assert_int_equal(askers[i].responses, 1);
    assert_int_equal(aesm_service_depth(s), 0);
    return r;
}

static void everybody_is_answered(void **state)
{
    (void)state;
    for (int is_blocking = 0; is_blocking < 2; is_blocking++) {
        bool choice = is_blocking;
        struct torture_count count;

        assert_int_equal(serve(&choice), 0);
        count = torture_run(serve, &choice);
        assert_true(count.runs >= 8);
        assert_int_equal(count.other, 0);
    }
}

static int open_qe(void *context)
{
    struct aesm_backend qe = {0};
    struct err err = {0};
    int r = software_qe_new(context, &qe, &err);

    assert_true(r == 0 || err.text[0] != '\0');
    aesm_backend_done(&qe);
    return r;
}

static void the_quoting_enclave_says_so(void **state)
{
    char directory[] = "/tmp/coffer-aesm-torture-XXXXXX", command[128];
    struct software_secret secret;
    struct software_authority *ca = NULL;
    struct software_qe_options options = {
        .state_dir = directory, .secret = &secret, .issuer = SOFTWARE_PLATFORM_CA, .now_s = NOW_S};
    struct torture_count count;

    (void)state;
    memset(&secret, 0x5a, sizeof(secret));
    assert_non_null(mkdtemp(directory));
    assert_int_equal(software_authority_load_or_create(directory, NOW_S, &ca, NULL), 0);
    options.ca = ca;
    count = torture_run(open_qe, &options); /* the first run that works makes the keys */
    assert_true(count.runs >= 3);
    assert_int_equal(count.other, 0);
    assert_int_equal(open_qe(&options), 0);
    software_authority_free(ca);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_is_answered),
        cmocka_unit_test(the_quoting_enclave_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
