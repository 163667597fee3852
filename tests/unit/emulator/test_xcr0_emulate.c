/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated instructions against those of the processor. When XCR0 has more bits than XFRM, the
 * processor with the mask EDX:EAX & XFRM gives the result for EDX:EAX where XCR0 is XFRM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cpuid.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "crypto_bare/bytes.h"
#include "emulator/cpu/xcr0_emulate.h"
#include "emulator/signal/kernel_abi.h"
#include "sgx/arch.h"
#include "sgx/ssa.h"

enum {
    STATE_SIZE = 12 * 1024, /* bytes of an area for every component of XCR0 */
    ROUNDS = 40,
};

static uint8_t image[STATE_SIZE] __attribute__((aligned(64)));
static uint8_t real_image[STATE_SIZE] __attribute__((aligned(64)));
static uint8_t area[4096] __attribute__((aligned(64)));
static uint8_t real_area[4096] __attribute__((aligned(64)));

static int setup(void **state)
{
    (void)state;
    srand(11); /* NOLINT(cert-msc32-c,cert-msc51-cpp): the same sequence every time */
    xsave_setup();
    return 0;
}

static uint64_t random_mask(void)
{
    static const uint64_t masks[] = {UINT64_MAX, 0, 1, 2, 3, 4, 6, 7, 0xe0, 0xe7, 0x260, 0x2e7};

    return masks[(unsigned)rand() % ARRAY_COUNT(masks)];
}

static uint64_t random_xfrm(void)
{
    static const uint64_t xfrms[] = {SGX_XFRM_LEGACY, SGX_XFRM_AVX, SGX_XFRM_AVX512,
                                     SGX_XFRM_AVX | SGX_XFRM_PKRU};

    return xfrms[(unsigned)rand() % ARRAY_COUNT(xfrms)] & xsave_layout.features;
}

static void random_bytes(uint8_t *to, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)rand();
}

/* Load all state from @from, let the processor execute @operation, and save all state to @to. The
 * state from before is restored, because compiled code relies on parts of it. */
static void real_execute(enum xcr0_operation operation, bool is_wide, uint64_t mask,
                         const uint8_t *from, uint8_t *at, uint8_t *to)
{
    static uint8_t mine[STATE_SIZE] __attribute__((aligned(64)));
    uint64_t which = (uint64_t)operation << 1 | is_wide;

#define CASE(number, text) "cmp $" #number ", %[which]\n jne 1f\n " text " (%[at])\n 1:\n"
#define ALL                "mov $-1, %%eax\n mov $-1, %%edx\n"
    __asm__ volatile(ALL "xsave64 (%[mine])\n xrstor64 (%[from])\n"
                         "mov %[low], %%eax\n mov %[high], %%edx\n" CASE(4, "xsave")
                             CASE(5, "xsave64") CASE(6, "xsaveopt") CASE(7, "xsaveopt64")
                                 CASE(8, "xsavec") CASE(9, "xsavec64") CASE(10, "xrstor")
                                     CASE(11, "xrstor64") ALL
                     "xsave64 (%[to])\n xrstor64 (%[mine])\n"
                     :
                     : [which] "r"(which), [mine] "r"(mine), [from] "r"(from), [at] "r"(at),
                       [to] "r"(to), [low] "r"((uint32_t)mask), [high] "r"((uint32_t)(mask >> 32))
                     : "rax", "rdx", "memory", "cc");
#undef ALL
#undef CASE
}

/* Components with random contents, in either format, as a processor writes them: some bits of the
 * x87 state follow from others. PKRU is always 0, because another value would deny this program its
 * memory. */
static void area_make(uint8_t *to, uint64_t components, uint64_t compacted)
{
    static uint8_t legacy[STATE_SIZE] __attribute__((aligned(64)));

    memset(legacy, 0, sizeof(legacy));
    random_bytes(legacy, 24);
    legacy[3] = 0;
    store_u32le(legacy + XSAVE_MXCSR_OFFSET, XSAVE_MXCSR_INIT | ((uint32_t)rand() & 0x603f));
    for (unsigned i = 0; i < 8; i++)
        random_bytes(legacy + 32 + 16 * i, 10);
    random_bytes(legacy + 160, 256);
    store_u64le(legacy + XSAVE_HEADER_OFFSET, SGX_XFRM_LEGACY);
    real_execute(XCR0_NONE, true, 0, legacy, legacy, legacy);
    memset(to, 0, 4096);
    memcpy(to, legacy, XSAVE_SOFTWARE_OFFSET);
    for (unsigned i = 2; i < 9; i++)
        if (components >> i & 1)
            random_bytes(to + xsave_offset(&xsave_layout, compacted, i),
                         xsave_layout.component[i].size);
    store_u64le(to + XSAVE_HEADER_OFFSET, components);
    store_u64le(to + XSAVE_COMPACTED_OFFSET, compacted);
}

/* The image of a signal frame with random state; some components are in their initial state. */
static void image_make(void)
{
    uint64_t used = ((uint64_t)rand() & xsave_layout.features & ~SGX_XFRM_PKRU) | SGX_XFRM_LEGACY;

    memset(image, 0, sizeof(image));
    area_make(image, used, 0);
    memcpy(real_image, image, sizeof(image));
    store_u32le(image + XSAVE_SOFTWARE_OFFSET, XSAVE_SOFTWARE_MAGIC);
}

static bool is_there(enum xcr0_operation operation)
{
    unsigned a = 0, b, c, d;

    (void)__get_cpuid_count(0xd, 1, &a, &b, &c, &d);
    return (operation != XCR0_XSAVEOPT || a & 1) && (operation != XCR0_XSAVEC || a & 2);
}

static struct xcr0_request request_make(enum xcr0_operation operation)
{
    return (struct xcr0_request){.operation = operation,
                                 .is_wide = rand() & 1,
                                 .xfrm = random_xfrm(),
                                 .mask = random_mask()};
}

/* XSAVEOPT may omit components that are unchanged since XRSTOR from the same area; here it has
 * not. */
static void expect_saves_alike(enum xcr0_operation operation)
{
    struct xcr0_request r = request_make(operation);
    struct xcr0_pieces pieces;
    uint8_t expected[sizeof(area)];

    image_make();
    random_bytes(real_area, sizeof(real_area));
    memset(real_area + XSAVE_HEADER_OFFSET + 8, 0, XSAVE_HEADER_SIZE - 8);
    memcpy(expected, real_area, sizeof(expected));
    memcpy(area, real_area, sizeof(area));
    real_execute(operation, r.is_wide, r.mask & r.xfrm, real_image, real_area, real_image);
    xcr0_emulate_save(&xsave_layout, &r, image, area, &pieces);
    for (unsigned i = 0; i < pieces.count; i++)
        memcpy(expected + pieces.piece[i].offset, area + pieces.piece[i].offset,
               pieces.piece[i].size);
    if (operation != XCR0_XSAVEOPT) {
        assert_memory_equal(expected, real_area, sizeof(expected));
        return;
    }
    assert_memory_equal(expected + XSAVE_HEADER_OFFSET, real_area + XSAVE_HEADER_OFFSET, 16);
}

static void saves_are_the_processors(void **state)
{
    static const enum xcr0_operation operations[] = {XCR0_XSAVE, XCR0_XSAVEOPT, XCR0_XSAVEC};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(operations); i++)
        for (int round = 0; is_there(operations[i]) && round < ROUNDS; round++)
            expect_saves_alike(operations[i]);
}

/* Two images are equal when each component is in use with the same bytes, or initial in both. */
static void expect_state_alike(void)
{
    uint64_t used = load_u64le(image + XSAVE_HEADER_OFFSET);
    uint64_t real_used = load_u64le(real_image + XSAVE_HEADER_OFFSET);

    assert_memory_equal(image, real_image, 28); /* without the mask of MXCSR */
    assert_memory_equal(image + 32, real_image + 32, 384);
    for (unsigned i = 2; i < 9; i++) {
        uint32_t size = xsave_layout.component[i].size;
        const uint8_t *mine = image + xsave_layout.component[i].offset;
        const uint8_t *real = real_image + xsave_layout.component[i].offset;

        for (uint32_t at = 0; at < size; at++)
            assert_int_equal(used >> i & 1 ? mine[at] : 0, real_used >> i & 1 ? real[at] : 0);
    }
}

static void expect_restores_alike(bool is_compacted)
{
    struct xcr0_request r = request_make(XCR0_XRSTOR);
    uint64_t held = r.xfrm & ((uint64_t)rand() | SGX_XFRM_LEGACY) & ~SGX_XFRM_PKRU;
    uint64_t components = held & (uint64_t)rand();
    uint8_t sparse[sizeof(area)];
    struct xcr0_pieces pieces;

    image_make();
    area_make(area, components, is_compacted ? held | XSAVE_COMPACTED : 0);
    memcpy(real_area, area, sizeof(area));
    real_execute(XCR0_XRSTOR, r.is_wide, r.mask & r.xfrm & ~SGX_XFRM_PKRU, real_image, real_area,
                 real_image);
    r.mask &= ~SGX_XFRM_PKRU;
    memset(sparse, 0xee, sizeof(sparse)); /* bytes that were not asked for are not read */
    memcpy(sparse + XSAVE_HEADER_OFFSET, area + XSAVE_HEADER_OFFSET, XSAVE_HEADER_SIZE);
    assert_true(xcr0_emulate_needs(&xsave_layout, &r, sparse, &pieces));
    for (unsigned i = 0; i < pieces.count; i++)
        memcpy(sparse + pieces.piece[i].offset, area + pieces.piece[i].offset,
               pieces.piece[i].size);
    assert_true(xcr0_emulate_restore(&xsave_layout, &r, sparse, image));
    expect_state_alike();
}

static void restores_are_the_processors(void **state)
{
    (void)state;
    for (int round = 0; round < 4 * ROUNDS; round++)
        expect_restores_alike(is_there(XCR0_XSAVEC) && round % 2);
}

static bool needs(uint64_t components, uint64_t compacted, size_t reserved)
{
    const struct xcr0_request r = {
        .operation = XCR0_XRSTOR, .xfrm = SGX_XFRM_AVX, .mask = UINT64_MAX};
    struct xcr0_pieces pieces;

    area_make(area, components, compacted);
    if (reserved)
        area[XSAVE_HEADER_OFFSET + reserved] = 1;
    return xcr0_emulate_needs(&xsave_layout, &r, area, &pieces);
}

static void headers_are_checked(void **state)
{
    const uint64_t c = XSAVE_COMPACTED;

    (void)state;
    assert_true(needs(7, 0, 0));
    assert_false(needs(0x20, 0, 0)); /* outside XFRM */
    assert_false(needs(0x20000, 0, 0));
    assert_false(needs(3, 7, 0)); /* XCOMP_BV without its mark */
    assert_true(needs(7, c | 7, 0));
    assert_true(needs(0, c, 0));
    assert_false(needs(7, c | 3, 0)); /* a component that is not in XCOMP_BV */
    assert_false(needs(3, c | 0xe7, 0));
    assert_false(needs(3, c | 1ULL << 62, 0));
    for (size_t at = 16; at < XSAVE_HEADER_SIZE; at++) {
        assert_int_equal(needs(3, 0, at), at >= 24);
        assert_false(needs(3, c | 3, at));
    }
}

static void mxcsr_is_checked(void **state)
{
    struct xcr0_request r = {.operation = XCR0_XRSTOR, .xfrm = SGX_XFRM_AVX, .mask = 4};

    (void)state;
    image_make();
    memcpy(real_image, image, sizeof(image));
    area_make(area, 7, 0);
    store_u32le(area + XSAVE_MXCSR_OFFSET, 0x10000);
    assert_false(xcr0_emulate_restore(&xsave_layout, &r, area, image));
    assert_memory_equal(image, real_image, sizeof(image));
    r.mask = 1; /* not in the mask */
    assert_true(xcr0_emulate_restore(&xsave_layout, &r, area, image));
}

/* Whatever the mask is, no component outside XFRM is moved. */
static void pieces_are_within_xfrm(void **state)
{
    (void)state;
    for (int round = 0; round < 8 * ROUNDS; round++) {
        struct xcr0_request r = request_make(round % 2 ? XCR0_XSAVEC : XCR0_XSAVE);
        struct xcr0_pieces pieces;

        image_make();
        area_make(area, 0, 0);
        xcr0_emulate_save(&xsave_layout, &r, image, area, &pieces);
        assert_true(pieces.count <= XCR0_PIECES_MAX);
        for (unsigned i = 0; i < pieces.count; i++)
            assert_true(pieces.piece[i].offset + pieces.piece[i].size <=
                        sgx_ssa_xsave_size(r.xfrm));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saves_are_the_processors), cmocka_unit_test(restores_are_the_processors),
        cmocka_unit_test(headers_are_checked),      cmocka_unit_test(mxcsr_is_checked),
        cmocka_unit_test(pieces_are_within_xfrm),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
