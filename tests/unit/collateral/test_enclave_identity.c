/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "collateral/enclave_identity.h"
#include "samples.h"

static int text_take(struct span json, struct err *err)
{
    CLEANUP(enclave_identity_freep) struct enclave_identity *x = NULL;

    return enclave_identity_new(json, &x, err);
}

static int mutant_take(struct span json, void *unused)
{
    struct err err = {0};

    (void)unused;
    return text_take(json, &err);
}

static void an_identity_is_read(void **state)
{
    CLEANUP(buf_done) struct buf text = sample_read("td_qe_identity.json");
    CLEANUP(enclave_identity_freep) struct enclave_identity *x = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(enclave_identity_new(buf_span(&text), &x, &err), 0);
    assert_int_equal(x->id, ENCLAVE_IDENTITY_TD_QE);
    assert_string_equal(enclave_identity_id_name(x->id), "TD_QE");
    assert_int_equal(x->miscselect, 0x04030201);
    assert_int_equal(x->attributes[0], 0x11);
    assert_int_equal(x->attributes_mask[0], 0xfb);
    assert_int_equal(x->mrsigner[31], 0xc5);
    assert_int_equal(x->isvprodid, 2);
    assert_int_equal(x->level_count, 2);
    assert_int_equal(x->levels[0].isvsvn, 8);
}

static void faults_are_named(void **state)
{
    static const struct sample_edit edits[] = {
        {"\"TD_QE\"", "\"XX\"", "id is none of QE, TD_QE, QVE and QAE"},
        {"\"version\": 2", "\"version\": 1", "the version is not 2"},
        {"\"isvsvn\": 8", "\"isvsvn\": 2", "the same isvsvn"},
        {"\"tcbLevels\": [", "\"tcbLevels\": [], \"x\": [", "tcbLevels is empty"},
        {"\"isvprodid\"", "\"x\"", "member isvprodid is missing"},
        {"\"miscselect\": \"01", "\"miscselect\": \"0", "hex digits"},
        {"\"isvprodid\": 2", "\"isvprodid\": 2, \"isvprodid\": 2", "member isvprodid occurs twice"},
    };

    (void)state;
    sample_edits_fail("td_qe_identity.json", edits, ARRAY_COUNT(edits), text_take);
}

static void a_large_text_is_refused(void **state)
{
    CLEANUP(buf_done) struct buf text = buf_init(ENCLAVE_IDENTITY_SIZE_MAX + 1);
    struct err err = {0};

    (void)state;
    buf_put_zero(&text, ENCLAVE_IDENTITY_SIZE_MAX + 1);
    assert_int_equal(text_take(buf_span(&text), &err), -EMSGSIZE);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    (void)state;
    sample_is_survived("td_qe_identity.json", mutant_take);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_is_read),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(a_large_text_is_refused),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
