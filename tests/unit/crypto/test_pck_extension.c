/* SPDX-License-Identifier: Apache-2.0 */
/* The extension is written by pck_make, then read, cut short, flipped and rearranged. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/der_writer.h"
#include "crypto/pck_make.h"
#include "mutate.h"

enum {
    MADE_SIZE_MAX = 4096,
};

static struct pck_extension extension_of(bool is_platform)
{
    struct pck_extension x = {
        .ppid = {1},
        .comp_svn = {[0] = 3, [15] = 255},
        .pcesvn = 300,
        .cpusvn = {2},
        .pceid = {9, 8},
        .fmspc = {7, 6, 5},
        .sgx_type = is_platform ? PCK_SGX_SCALABLE : PCK_SGX_STANDARD,
        .has_platform_instance_id = is_platform,
        .has_configuration = is_platform,
        .has_cached_keys = is_platform,
    };

    x.platform_instance_id[0] = is_platform ? 5 : 0;
    return x;
}

/* The content of the extension's OCTET STRING, as struct x509.sgx has it. */
static struct span content_of(const struct buf *made)
{
    struct der d = der_of(buf_span(made)), pair = der_enter(&d, DER_SEQUENCE);
    struct span content;

    der_read(&pair, DER_OID);
    content = der_read(&pair, DER_OCTET_STRING);
    assert_true(der_ok(&pair));
    return content;
}

static int content_take(struct span content, void *context)
{
    struct pck_extension x;

    (void)context;
    return pck_extension_parse(content, &x, NULL);
}

static void both_kinds_read_back(void **state)
{
    (void)state;
    for (int is_platform = 0; is_platform < 2; is_platform++) {
        CLEANUP(buf_done) struct buf made = buf_init(MADE_SIZE_MAX);
        struct pck_extension x = extension_of(is_platform), back = {0};

        pck_make_extension(&x, &made);
        assert_int_equal(pck_extension_parse(content_of(&made), &back, NULL), 0);
        assert_memory_equal(&x, &back, sizeof(x));
        assert_int_equal(mutate_prefixes(content_of(&made), content_take, NULL), 0);
        mutate_bits(content_of(&made), 0, content_of(&made).len, content_take, NULL);
    }
}

/* Keep or repeat the elements of @content that the bits of @once and @twice name, by position. */
static void elements_copy(struct span content, unsigned once, unsigned twice, struct buf *out)
{
    struct der d = der_of(content), list = der_enter(&d, DER_SEQUENCE);
    struct der_writer w = der_writer_of(out);

    der_writer_begin(&w, DER_SEQUENCE);
    for (unsigned i = 0; !der_at_end(&list); i++) {
        struct span element = der_read_whole(&list, DER_SEQUENCE);

        if (once & 1U << i)
            der_writer_put_raw(&w, element);
        if (twice & 1U << i)
            der_writer_put_raw(&w, element);
    }
    der_writer_end(&w);
}

static void every_element_is_needed_once(void **state)
{
    const unsigned all = 0x7f, required = 5;
    struct pck_extension x = extension_of(true);
    CLEANUP(buf_done) struct buf made = buf_init(MADE_SIZE_MAX), changed = buf_init(MADE_SIZE_MAX);

    (void)state;
    pck_make_extension(&x, &made);
    for (unsigned i = 0; i < 7; i++) {
        buf_clear(&changed);
        elements_copy(content_of(&made), all & ~(1U << i), 0, &changed);
        assert_int_equal(content_take(buf_span(&changed), NULL), i < required ? -EBADMSG : 0);
        buf_clear(&changed);
        elements_copy(content_of(&made), all, 1U << i, &changed);
        assert_int_equal(content_take(buf_span(&changed), NULL), -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds_read_back),
        cmocka_unit_test(every_element_is_needed_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
