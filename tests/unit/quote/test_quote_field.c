/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fd.h"
#include "quote/quote_field.h"
#include "vectors.h"

struct loaded {
    struct buf wire;
    struct quote quote;
};

static void vector_load(const char *relative, struct loaded *ret)
{
    char path[VECTORS_PATH_SIZE];
    struct err err = {0};

    ret->wire = buf_init(QUOTE_SIZE_MAX);
    if (fd_read_file(source_path(relative, path), &ret->wire, &err) < 0 ||
        quote_parse(buf_span(&ret->wire), &ret->quote, &err) < 0)
        fail_msg("%s", err.text);
}

static struct span bytes_named(const struct quote *q, const char *name)
{
    const struct quote_field *field = quote_field_find(q, span_str(name));

    assert_non_null(field);
    return quote_field_bytes(q, field);
}

#define SAME(q, name, member)                                                                      \
    assert_true(span_equal(bytes_named(q, name), span_of(member, sizeof(member))))

/* The other decoder of the same bytes is quote_parse(). */
static void fields_of_an_enclave_are_where_the_parser_finds_them(void **state)
{
    struct loaded x;
    const struct sgx_report_body *body = &x.quote.enclave;

    (void)state;
    vector_load("tests/vectors/good-v3-sgx/quote", &x);
    SAME(&x.quote, "cpusvn", body->cpusvn);
    SAME(&x.quote, "isvextprodid", body->isv_ext_prod_id);
    SAME(&x.quote, "mrenclave", body->mrenclave);
    SAME(&x.quote, "mrsigner", body->mrsigner);
    SAME(&x.quote, "configid", body->config_id);
    SAME(&x.quote, "isvfamilyid", body->isv_family_id);
    SAME(&x.quote, "report_data", body->report_data);
    assert_int_equal(
        quote_field_number(&x.quote, quote_field_find(&x.quote, span_str("isvprodid"))),
        body->isv_prod_id);
    assert_int_equal(quote_field_number(&x.quote, quote_field_find(&x.quote, span_str("isvsvn"))),
                     body->isv_svn);
    assert_null(quote_field_find(&x.quote, span_str("mrtd")));
    buf_done(&x.wire);
}

static void fields_of_a_td_are_where_the_parser_finds_them(void **state)
{
    struct loaded x;
    const struct quote_td *td = &x.quote.td;

    (void)state;
    vector_load("tests/vectors/good-v5-td15ex/quote", &x);
    SAME(&x.quote, "tee_tcb_svn", td->tee_tcb_svn);
    SAME(&x.quote, "mrseam", td->mrseam);
    SAME(&x.quote, "mrsignerseam", td->mrsignerseam);
    SAME(&x.quote, "seamattributes", td->seamattributes);
    SAME(&x.quote, "tdattributes", td->tdattributes);
    SAME(&x.quote, "xfam", td->xfam);
    SAME(&x.quote, "mrtd", td->mrtd);
    SAME(&x.quote, "mrconfigid", td->mrconfigid);
    SAME(&x.quote, "mrowner", td->mrowner);
    SAME(&x.quote, "mrownerconfig", td->mrownerconfig);
    SAME(&x.quote, "rtmr0", td->rtmr[0]);
    SAME(&x.quote, "rtmr1", td->rtmr[1]);
    SAME(&x.quote, "rtmr2", td->rtmr[2]);
    SAME(&x.quote, "rtmr3", td->rtmr[3]);
    SAME(&x.quote, "report_data", td->report_data);
    SAME(&x.quote, "tee_tcb_svn2", td->tee_tcb_svn2);
    SAME(&x.quote, "mrservicetd", td->mrservicetd);
    SAME(&x.quote, "td_id", td->td_id);
    SAME(&x.quote, "devinfo", td->devinfo);
    SAME(&x.quote, "init_servtd_hash", td->init_servtd_hash);
    SAME(&x.quote, "init_fmspc", td->init_fmspc);
    SAME(&x.quote, "cur_servtd_hash", td->cur_servtd_hash);
    buf_done(&x.wire);
}

static size_t field_count(const char *vector)
{
    struct loaded x;
    size_t count = 0;

    vector_load(vector, &x);
    while (quote_field_at(&x.quote, count)) {
        const struct quote_field *field = quote_field_at(&x.quote, count++);

        assert_ptr_equal(quote_field_find(&x.quote, span_str(field->name)), field);
        assert_int_equal(quote_field_bytes(&x.quote, field).len, field->size);
    }
    buf_done(&x.wire);
    return count;
}

static void a_report_has_the_fields_of_its_kind(void **state)
{
    (void)state;
    assert_int_equal(field_count("tests/vectors/good-v3-sgx/quote"), 12);
    assert_int_equal(field_count("tests/vectors/good-v4-td10/quote"), 15);
    assert_int_equal(field_count("tests/vectors/good-v5-td15/quote"), 17);
    assert_int_equal(field_count("tests/vectors/good-v5-td15ex/quote"), 27);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_an_enclave_are_where_the_parser_finds_them),
        cmocka_unit_test(fields_of_a_td_are_where_the_parser_finds_them),
        cmocka_unit_test(a_report_has_the_fields_of_its_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
