/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "mutate.h"
#include "quote/td_bits.h"

static void bits_have_names(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(256);

    (void)state;
    td_bits_put(TD_BITS_ATTRIBUTES, TD_BITS_DEBUG | TD_BITS_PERF_PROF | UINT64_C(1) << 17, " ",
                &out);
    assert_true(span_equal_str(buf_span(&out), "DEBUG PERF_PROF bit17"));
    td_bits_put(TD_BITS_XFAM, 0, " ", &out);
    td_bits_put(TD_BITS_XFAM, UINT64_C(1) << 63 | 2, ",", &out);
    assert_true(span_equal_str(buf_span(&out), "DEBUG PERF_PROF bit17SSE,bit63"));
}

static void names_and_numbers_are_parsed(void **state)
{
    uint64_t bits = 0;

    (void)state;
    assert_int_equal(
        td_bits_parse(TD_BITS_ATTRIBUTES, span_str("SEPT_VE_DISABLE,bit0,PERFMON"), &bits, NULL),
        0);
    assert_true(bits == (TD_BITS_SEPT_VE_DISABLE | TD_BITS_DEBUG | UINT64_C(1) << 63));
    assert_int_equal(td_bits_parse(TD_BITS_XFAM, span_str("CET_U"), &bits, NULL), 0);
    assert_true(bits == UINT64_C(1) << 11);
}

static void other_words_are_refused(void **state)
{
    static const char *const words[] = {"",      ",",     "CET_U", "bit64",     "bit",
                                        "bit01", "bit1 ", "debug", "DEBUG,,KL", "PERF_PROF;KL"};
    uint64_t bits = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        assert_int_equal(td_bits_parse(TD_BITS_ATTRIBUTES, span_str(words[i]), &bits, NULL),
                         -EINVAL);
    assert_int_equal(bits, 7);
}

/* Every set of bits that is written is read again. */
static void every_bit_round_trips(void **state)
{
    (void)state;
    for (enum td_bits_kind kind = TD_BITS_ATTRIBUTES; kind <= TD_BITS_XFAM; kind++)
        for (unsigned i = 0; i < 64; i++) {
            CLEANUP(buf_done) struct buf out = buf_init(64);
            uint64_t bits;

            td_bits_put(kind, UINT64_C(1) << i, ",", &out);
            assert_int_equal(td_bits_parse(kind, buf_span(&out), &bits, NULL), 0);
            assert_true(bits == UINT64_C(1) << i);
        }
}

/* TDX module sources: the bits that XFAM may have are 0x6dbe7. */
static void the_specification_defines_these(void **state)
{
    (void)state;
    assert_true(td_bits_known(TD_BITS_XFAM) == 0x6dbe7);
    assert_true(td_bits_known(TD_BITS_ATTRIBUTES) == 0xc0000000f8010071);
}

static void bytes_are_little_endian(void **state)
{
    static const uint8_t bytes[8] = {1, 0, 0, 0x10, 0, 0, 0, 0x80};

    (void)state;
    assert_true(td_bits_of(bytes) == (UINT64_C(1) << 63 | UINT64_C(1) << 28 | 1));
}

static int mutant_parse(struct span words, void *unused)
{
    struct err err = {0};
    uint64_t bits;

    (void)unused;
    return td_bits_parse(TD_BITS_ATTRIBUTES, words, &bits, &err);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    struct span words = span_str("SEPT_VE_DISABLE,bit17,PERFMON,MIGRATABLE");

    (void)state;
    mutate_prefixes(words, mutant_parse, NULL);
    mutate_bits(words, 0, words.len, mutant_parse, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_have_names),
        cmocka_unit_test(names_and_numbers_are_parsed),
        cmocka_unit_test(other_words_are_refused),
        cmocka_unit_test(every_bit_round_trips),
        cmocka_unit_test(the_specification_defines_these),
        cmocka_unit_test(bytes_are_little_endian),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
