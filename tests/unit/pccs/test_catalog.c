/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "pccs/catalog.h"
#include "stores.h"

static const struct pccs_item root_crl = {.kind = PCCS_ROOT_CRL};
static const struct pccs_item tcb = {.kind = PCCS_TCB_SGX, .fmspc = {0, 1, 2, 3, 4, 5}};

static void put(struct store *s, const struct pccs_item *item, const char *body, uint32_t number,
                int64_t issued, int64_t now)
{
    const struct piece_facts facts = {
        .issued = issued, .expires = issued + 100, .evaluation_number = number};
    const struct pccs_put p = {
        .item = *item,
        .facts = &facts,
        .body = span_str(body),
        .chain = span_str("chain"),
        .source = "test",
        .now = now,
    };
    struct err err = {0};

    if (pccs_catalog_put(s, &p, &err) < 0)
        fail_msg("%s", err.text);
}

static void got(struct store *s, const struct pccs_item *item, int64_t at, const char *body)
{
    struct pccs_version v;
    struct err err = {0};
    int r = pccs_catalog_get(s, item, at, &v, &err);

    if (!body) {
        assert_int_equal(r, -ENOENT);
        return;
    }
    assert_int_equal(r, 0);
    assert_true(span_equal_str(buf_span(&v.body), body));
    assert_true(span_equal_str(buf_span(&v.chain), "chain"));
    assert_int_equal(v.expires, v.issued + 100);
    pccs_catalog_version_done(&v);
}

static void newest_body(struct store *s)
{
    got(s, &tcb, PCCS_NEWEST, NULL);
    put(s, &tcb, "17", 17, 1000, 1001);
    put(s, &tcb, "18", 18, 1100, 1101);
    got(s, &tcb, PCCS_NEWEST, "18");
    put(s, &tcb, "17 again", 17, 1200, 1201); /* reissued later, of an older evaluation */
    got(s, &tcb, PCCS_NEWEST, "18");
    put(s, &tcb, "18 later", 18, 1300, 1301);
    got(s, &tcb, PCCS_NEWEST, "18 later");
    got(s, &tcb, 1250, "18");
    got(s, &tcb, 1050, "17");
    got(s, &tcb, 999, NULL);
    got(s, &root_crl, PCCS_NEWEST, NULL);
}

static void the_newest_is_served_and_history_is_kept(void **state)
{
    (void)state;
    stores_run(newest_body);
}

static void confirmed_body(struct store *s)
{
    struct pccs_version v;
    struct err err = {0};

    put(s, &root_crl, "crl", 0, 1000, 1001);
    assert_int_equal(pccs_catalog_fail(s, &root_crl, "404", 1500, &err), 0);
    put(s, &root_crl, "crl", 0, 1000, 2000);
    assert_int_equal(pccs_catalog_get(s, &root_crl, PCCS_NEWEST, &v, &err), 0);
    assert_int_equal(v.stored, 1001);
    assert_int_equal(v.confirmed, 2000);
    pccs_catalog_version_done(&v);
}

static void an_unchanged_version_is_confirmed(void **state)
{
    (void)state;
    stores_run(confirmed_body);
}

struct seen {
    int count;
    struct pccs_state states[4];
    char reasons[4][32];
};

static int state_keep(void *userdata, const struct pccs_state *state, struct err *err)
{
    struct seen *seen = userdata;

    (void)err;
    memcpy(seen->reasons[seen->count], state->reason.data, state->reason.len);
    seen->states[seen->count++] = *state;
    return 0;
}

static void list_body(struct store *s)
{
    struct seen seen = {0};
    struct err err = {0};

    put(s, &tcb, "17", 17, 1000, 1001);
    put(s, &tcb, "18", 18, 1100, 1101);
    put(s, &root_crl, "crl", 0, 900, 901);
    assert_int_equal(pccs_catalog_fail(s, &tcb, "HTTP 404", 1200, &err), 0);
    assert_int_equal(pccs_catalog_fail(s, &tcb, "HTTP 429", 1300, &err), 0);
    assert_int_equal(pccs_catalog_list(s, state_keep, &seen, &err), 0);
    assert_int_equal(seen.count, 2);
    assert_true(pccs_item_equal(&seen.states[0].item, &root_crl));
    assert_int_equal(seen.states[0].failures, 0);
    assert_true(pccs_item_equal(&seen.states[1].item, &tcb));
    assert_int_equal(seen.states[1].evaluation_number, 18);
    assert_int_equal(seen.states[1].failures, 2);
    assert_int_equal(seen.states[1].failed, 1300);
    assert_string_equal(seen.reasons[1], "HTTP 429");
}

static void each_item_is_listed_once(void **state)
{
    (void)state;
    stores_run(list_body);
}

static void lease_body(struct store *s)
{
    struct err err = {0};

    assert_int_equal(pccs_catalog_lease(s, &tcb, "a", 100, 200, &err), 1);
    assert_int_equal(pccs_catalog_lease(s, &tcb, "b", 150, 250, &err), 0);
    assert_int_equal(pccs_catalog_lease(s, &tcb, "a", 150, 250, &err), 1);
    assert_int_equal(pccs_catalog_lease(s, &root_crl, "b", 150, 250, &err), 1);
    assert_int_equal(pccs_catalog_lease(s, &tcb, "b", 250, 350, &err), 1); /* a's has run out */
    put(s, &tcb, "17", 17, 1000, 300);
    assert_int_equal(pccs_catalog_lease(s, &tcb, "a", 300, 400, &err), 1); /* b is done */
    assert_int_equal(pccs_catalog_fail(s, &tcb, "HTTP 500", 310, &err), 0);
    assert_int_equal(pccs_catalog_lease(s, &tcb, "b", 320, 400, &err), 1);
}

static void one_replica_refreshes_at_a_time(void **state)
{
    (void)state;
    stores_run(lease_body);
}

static void too_large_body(struct store *s)
{
    static const struct piece_facts facts = {.issued = 1, .expires = 2};
    const struct pccs_put p = {
        .item = root_crl,
        .facts = &facts,
        .body = span_of(&facts, PCCS_BODY_SIZE_MAX + 1), /* the length is looked at first */
        .source = "test",
    };
    struct err err = {0};

    assert_int_equal(pccs_catalog_put(s, &p, &err), -EMSGSIZE);
}

static void a_body_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    stores_run(too_large_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_is_served_and_history_is_kept),
        cmocka_unit_test(an_unchanged_version_is_confirmed),
        cmocka_unit_test(each_item_is_listed_once),
        cmocka_unit_test(one_replica_refreshes_at_a_time),
        cmocka_unit_test(a_body_beyond_the_limit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
