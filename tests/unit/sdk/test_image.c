/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "mutate.h"
#include "sdk/image.h"
#include "sdk/measurement.h"
#include "sdk/thread.h"
#include "sgx/tcs.h"
#include "small_elf.h"

static const struct sdk_settings settings = {
    .heap_size = 0x4000,
    .stack_size = 0x4000,
    .threads = 2,
    .attributes = {.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = SGX_XFRM_LEGACY},
};

static int parse_elf(const uint8_t elf[static SMALL_ELF_SIZE], struct err *err)
{
    struct sdk_image image;

    return sdk_image_parse(span_of(elf, SMALL_ELF_SIZE), &settings, &image, err);
}

static void regions(void **state)
{
    static const struct {
        uint64_t from, to;
        int permissions, type;
    } expected[] = {
        {0, 0x1000, 1, SGX_PT_REG},        {0x1000, 0x2000, 5, SGX_PT_REG},
        {0x2000, 0x4000, 3, SGX_PT_REG},   {0x5000, 0x9000, 3, SGX_PT_REG}, /* heap after a guard */
        {0xa000, 0xe000, 3, SGX_PT_REG},                                    /* stack */
        {0xf000, 0x13000, 3, SGX_PT_REG},                                   /* exception stack */
        {0x14000, 0x16000, 3, SGX_PT_REG},                                  /* TLS, thread page */
        {0x16000, 0x17000, 0, SGX_PT_TCS}, {0x17000, 0x19000, 3, SGX_PT_REG}, /* two SSA frames */
        {0x1a000, 0x1e000, 3, SGX_PT_REG},
    };
    uint8_t elf[SMALL_ELF_SIZE];
    struct sdk_image image;
    struct sdk_region region;
    size_t count = 0;

    (void)state;
    small_elf_make(elf);
    assert_int_equal(sdk_image_parse(span_of(elf, sizeof(elf)), &settings, &image, NULL), 0);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(sdk_image_region(&image, i, &region));
        assert_int_equal(region.offset, expected[i].from);
        assert_int_equal(region.offset + region.size, expected[i].to);
        assert_int_equal(region.secinfo.permissions, expected[i].permissions);
        assert_int_equal(region.secinfo.type, expected[i].type);
    }
    while (sdk_image_region(&image, count, &region))
        count++;
    assert_int_equal(count, 3 + 1 + 2 * 5);
    assert_int_equal(image.size, 0x40000);
    assert_true(region.offset + region.size <= image.size);
    assert_int_equal(sdk_image_tcs(&image, 0), 0x16000);
    assert_int_equal(sdk_image_tcs(&image, 1), 0x26000);
}

static void content(void **state)
{
    uint8_t elf[SMALL_ELF_SIZE];
    struct sdk_image image;
    struct sdk_thread thread;
    struct sgx_tcs tcs;
    uint8_t *memory;

    (void)state;
    small_elf_make(elf);
    assert_int_equal(sdk_image_parse(span_of(elf, sizeof(elf)), &settings, &image, NULL), 0);
    memory = calloc(1, image.size);
    assert_non_null(memory);
    sdk_image_fill(&image, memory);
    assert_int_equal(memory[SMALL_ELF_ENTRY], 0xc3);
    assert_true(sgx_tcs_parse(memory + 0x16000, &tcs));
    assert_int_equal(tcs.oentry, SMALL_ELF_ENTRY);
    assert_int_equal(tcs.ossa, 0x17000);
    assert_int_equal(tcs.nssa, 2);
    assert_int_equal(tcs.ofs_base, 0x15000);
    memcpy(&thread, memory + 0x15000, sizeof(thread));
    assert_int_equal(thread.self_offset, 0x15000);
    assert_int_equal(thread.stack_top, 0xe000);
    assert_int_equal(thread.exception_top, 0x13000);
    assert_int_equal(thread.ssa, 0x17000);
    assert_int_equal(thread.ssa_size, 0x1000);
    assert_int_equal(thread.heap, 0x5000);
    assert_int_equal(thread.heap_size, 0x4000);
    assert_int_equal(thread.enclave_size, image.size);
    assert_int_equal(thread.tls_size, 32);
    assert_int_equal(thread.tls_file_size, 8);
    free(memory);
}

/* each row has one error */
static void wrong_type(uint8_t *elf)
{
    elf[16] = ET_EXEC;
}
static void wrong_machine(uint8_t *elf)
{
    elf[18] = EM_386;
}
static void wrong_class(uint8_t *elf)
{
    elf[4] = 1;
}
static void entry_in_data(uint8_t *elf)
{
    store_u64le(elf + 24, 0x2000);
}
static void entry_nowhere(uint8_t *elf)
{
    store_u64le(elf + 24, 0x100000);
}
static void interpreter(uint8_t *elf)
{
    store_u32le(elf + SMALL_ELF_HEADERS + 56 * 4, PT_INTERP);
}
static void writable_code(uint8_t *elf)
{
    elf[SMALL_ELF_HEADERS + 56 + 4] = PF_R | PF_W | PF_X;
}
static void shared_page(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 56 + 16, 0x4f0);
}
static void out_of_order(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 2 * 56 + 16, 0x800);
}
static void leaves_file(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 56 + 32, 0x10000);
}
static void offset_overflow(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 56 + 8, UINT64_MAX);
}
static void huge_memory(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 2 * 56 + 40, UINT64_MAX);
}
static void huge_address(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 2 * 56 + 16, UINT64_MAX - 0xfff);
}
static void no_header_segment(uint8_t *elf)
{
    store_u32le(elf + SMALL_ELF_HEADERS, PT_NULL);
}
static void many_headers(uint8_t *elf)
{
    store_u16le(elf + 56, 1000);
}
static void headers_outside(uint8_t *elf)
{
    store_u64le(elf + 32, UINT64_MAX - 8);
}
static void needs_library(uint8_t *elf)
{
    small_elf_dynamic(elf, 2, DT_NEEDED, 1);
}
static void text_relocations(uint8_t *elf)
{
    small_elf_dynamic(elf, 2, DT_TEXTREL, 0);
}
static void plt_relocations(uint8_t *elf)
{
    small_elf_dynamic(elf, 2, DT_PLTRELSZ, 24);
}
static void symbol_relocation(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_RELA + 8, R_X86_64_64);
}
static void code_relocation(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_RELA, 0x1000);
}
static void relocation_nowhere(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_RELA, UINT64_MAX - 3);
}
static void odd_table(uint8_t *elf)
{
    small_elf_dynamic(elf, 1, DT_RELASZ, 25);
}
static void table_outside(uint8_t *elf)
{
    small_elf_dynamic(elf, 0, DT_RELA, 0x3000);
}
static void tls_alignment(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 4 * 56 + 48, 24);
}
static void tls_outside(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 4 * 56 + 16, 0x100000);
}
static void tls_huge(uint8_t *elf)
{
    store_u64le(elf + SMALL_ELF_HEADERS + 4 * 56 + 40, 1 << 21);
}

static void refusals(void **state)
{
    static const struct {
        void (*spoil)(uint8_t *elf);
        int code;
        const char *reason;
    } rows[] = {
        {wrong_type, -EBADMSG, "position-independent"},
        {wrong_machine, -EBADMSG, "position-independent"},
        {wrong_class, -EBADMSG, "not a 64-bit"},
        {entry_in_data, -EBADMSG, "entry point"},
        {entry_nowhere, -EBADMSG, "entry point"},
        {interpreter, -EBADMSG, "dynamic linker"},
        {writable_code, -EBADMSG, "writable and executable"},
        {shared_page, -EBADMSG, "share a page"},
        {out_of_order, -EBADMSG, "share a page"},
        {leaves_file, -EBADMSG, "leaves the file"},
        {offset_overflow, -EBADMSG, "leaves the file"},
        {huge_memory, -EFBIG, "beyond"},
        {huge_address, -EFBIG, "beyond"},
        {no_header_segment, -EBADMSG, "first segment"},
        {many_headers, -EBADMSG, "program headers"},
        {headers_outside, -EBADMSG, "program headers"},
        {needs_library, -EBADMSG, "shared library"},
        {text_relocations, -EBADMSG, "does not apply"},
        {plt_relocations, -EBADMSG, "does not apply"},
        {symbol_relocation, -EBADMSG, "undefined"},
        {code_relocation, -EBADMSG, "not in writable memory"},
        {relocation_nowhere, -EBADMSG, "not in writable memory"},
        {odd_table, -EBADMSG, "relocation table"},
        {table_outside, -EBADMSG, "relocation table"},
        {tls_alignment, -EBADMSG, "thread-local"},
        {tls_outside, -EBADMSG, "thread-local"},
        {tls_huge, -EBADMSG, "thread-local"},
    };
    uint8_t elf[SMALL_ELF_SIZE];

    (void)state;
    small_elf_make(elf);
    assert_int_equal(parse_elf(elf, NULL), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};

        small_elf_make(elf);
        rows[i].spoil(elf);
        assert_int_equal(parse_elf(elf, &err), rows[i].code);
        if (!strstr(err.text, rows[i].reason))
            fail_msg("row %zu: %s", i, err.text);
    }
}

static int parse_span(struct span wire, void *context)
{
    struct sdk_image image;
    struct sdk_region region;
    int r = sdk_image_parse(wire, &settings, &image, NULL);

    (void)context;
    for (size_t i = 0; r == 0 && sdk_image_region(&image, i, &region); i++)
        assert_true(region.size > 0 && region.offset + region.size <= image.size);
    return r;
}

static void mutants(void **state)
{
    uint8_t elf[SMALL_ELF_SIZE];

    (void)state;
    small_elf_make(elf);
    assert_int_equal(mutate_prefixes(span_of(elf, sizeof(elf)), parse_span, NULL), 0);
    mutate_bits(span_of(elf, sizeof(elf)), 0, SMALL_ELF_HEADERS + 5 * 56, parse_span, NULL);
    mutate_bits(span_of(elf, sizeof(elf)), SMALL_ELF_DYNAMIC, sizeof(elf), parse_span, NULL);
}

static void too_large(void **state)
{
    struct sdk_settings large = settings;
    struct sdk_image image;
    uint8_t elf[SMALL_ELF_SIZE];

    (void)state;
    small_elf_make(elf);
    large.heap_size = SDK_HEAP_SIZE_MAX;
    assert_int_equal(sdk_image_parse(span_of(elf, sizeof(elf)), &large, &image, NULL), 0);
    assert_true(image.size == UINT64_C(1) << 36);
    large.threads = SDK_THREADS_MAX;
    large.stack_size = SDK_STACK_SIZE_MAX;
    assert_int_equal(sdk_image_parse(span_of(elf, sizeof(elf)), &large, &image, NULL), -EFBIG);
}

static void every_setting_is_measured(void **state)
{
    uint8_t elf[SMALL_ELF_SIZE], hashes[6][SGX_HASH_SIZE];
    struct sdk_settings variants[6];
    struct sdk_image image;

    (void)state;
    small_elf_make(elf);
    for (size_t i = 0; i < 6; i++)
        variants[i] = settings;
    variants[1].heap_size += SGX_PAGE_SIZE;
    variants[2].stack_size += SGX_PAGE_SIZE;
    variants[3].threads = 3;
    variants[4].miscselect = SGX_MISC_EXINFO;
    for (size_t i = 0; i < 6; i++) {
        if (i == 5)
            elf[SMALL_ELF_ENTRY] ^= 1;
        assert_int_equal(sdk_image_parse(span_of(elf, sizeof(elf)), &variants[i], &image, NULL), 0);
        assert_int_equal(sdk_measure(&image, hashes[i], NULL), 0);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(hashes[i], hashes[k], SGX_HASH_SIZE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions),   cmocka_unit_test(content),
        cmocka_unit_test(refusals),  cmocka_unit_test(mutants),
        cmocka_unit_test(too_large), cmocka_unit_test(every_setting_is_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
