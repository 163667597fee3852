/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "emulator/signal/kernel_abi.h"
#include "emulator/cpu/xsave.h"
#include "crypto_bare/bytes.h"
#include "sgx/arch.h"
#include "sgx/ssa.h"

enum {
    IMAGE_SIZE = 4096,
};

/* AMD's offsets; Intel's are 1088, 1152, 1664 and 2688 */
static const struct xsave_layout amd = {
    .features = SGX_XFRM_AVX512 | SGX_XFRM_PKRU,
    .component =
        {[2] = {576, 256}, [5] = {832, 64}, [6] = {896, 512}, [7] = {1408, 1024}, [9] = {2432, 8}},
};

/* An image of a signal frame: every byte is @fill, but for the kernel's mark and @components. */
static uint8_t *image_make(uint8_t *image, uint8_t fill, uint64_t components)
{
    memset(image, fill, IMAGE_SIZE);
    store_u32le(image + XSAVE_SOFTWARE_OFFSET, XSAVE_SOFTWARE_MAGIC);
    memset(image + XSAVE_HEADER_OFFSET, 0, XSAVE_HEADER_SIZE);
    store_u64le(image + XSAVE_HEADER_OFFSET, components);
    return image;
}

static uint64_t components_of(const uint8_t *image)
{
    return load_u64le(image + XSAVE_HEADER_OFFSET);
}

static void assert_component(const uint8_t *image, unsigned i, uint8_t byte)
{
    for (uint32_t at = 0; at < amd.component[i].size; at++)
        assert_int_equal(image[amd.component[i].offset + at], byte);
}

static void all_of_xfrm_survives(void **state)
{
    uint8_t image[IMAGE_SIZE], ssa[IMAGE_SIZE] = {0};

    (void)state;
    xsave_store(&amd, image_make(image, 0x5a, amd.features), SGX_XFRM_AVX512, ssa);
    assert_int_equal(components_of(ssa), SGX_XFRM_AVX512);
    assert_true(xsave_is_valid(ssa, SGX_XFRM_AVX512) == false); /* MXCSR is 0x5a5a5a5a here */
    store_u32le(ssa + XSAVE_MXCSR_OFFSET, XSAVE_MXCSR_INIT);
    assert_true(xsave_is_valid(ssa, SGX_XFRM_AVX512));
    xsave_load(&amd, ssa, SGX_XFRM_AVX512, image_make(image, 0xa5, amd.features));
    assert_int_equal(components_of(image), amd.features);
    assert_int_equal(image[XSAVE_SOFTWARE_OFFSET - 1], 0x5a);
    for (unsigned i = 2; i < 8; i++)
        assert_component(image, i, 0x5a);
    assert_component(image, 9, 0xa5);
}

static void what_xfrm_lacks_stays_outside(void **state)
{
    uint8_t image[IMAGE_SIZE], ssa[IMAGE_SIZE] = {0};

    (void)state;
    xsave_store(&amd, image_make(image, 0x5a, amd.features), SGX_XFRM_AVX, ssa);
    assert_int_equal(components_of(ssa), SGX_XFRM_AVX);
    for (unsigned at = 832; at < IMAGE_SIZE; at++)
        assert_int_equal(ssa[at], 0);
    xsave_reset(image, SGX_XFRM_AVX);
    assert_int_equal(components_of(image), amd.features & ~SGX_XFRM_AVX);
    assert_int_equal(load_u32le(image + XSAVE_MXCSR_OFFSET), XSAVE_MXCSR_INIT);
    assert_component(image, 7, 0x5a);
}

static void initial_state_is_not_stored(void **state)
{
    uint8_t image[IMAGE_SIZE], ssa[IMAGE_SIZE] = {0};

    (void)state;
    xsave_store(&amd, image_make(image, 0x5a, 0x43), SGX_XFRM_AVX512, ssa);
    assert_int_equal(components_of(ssa), 0x43);
    assert_component(ssa, 6, 0x5a);
    assert_component(ssa, 7, 0);
    xsave_load(&amd, ssa, SGX_XFRM_AVX512, image_make(image, 0xa5, SGX_XFRM_AVX512));
    assert_int_equal(components_of(image), 0x43);
}

static void legacy_images_and_none(void **state)
{
    uint8_t image[IMAGE_SIZE], ssa[IMAGE_SIZE] = {0};

    (void)state;
    memset(image, 0x5a, sizeof(image));
    xsave_store(&amd, image, SGX_XFRM_AVX512, ssa);
    assert_int_equal(components_of(ssa), SGX_XFRM_LEGACY);
    memset(image, 0xa5, sizeof(image));
    xsave_load(&amd, ssa, SGX_XFRM_AVX512, image);
    assert_int_equal(image[0], 0x5a);
    assert_int_equal(image[XSAVE_SOFTWARE_OFFSET], 0xa5);
    assert_int_equal(image[XSAVE_HEADER_OFFSET], 0xa5);
    xsave_store(&amd, NULL, SGX_XFRM_AVX512, ssa);
    assert_int_equal(components_of(ssa), 0);
    xsave_load(&amd, ssa, SGX_XFRM_AVX512, NULL);
    xsave_reset(NULL, SGX_XFRM_AVX512);
}

static void bad_headers_are_refused(void **state)
{
    uint8_t ssa[IMAGE_SIZE] = {0};

    (void)state;
    store_u64le(ssa + XSAVE_HEADER_OFFSET, SGX_XFRM_PKRU);
    assert_false(xsave_is_valid(ssa, SGX_XFRM_AVX512));
    assert_true(xsave_is_valid(ssa, SGX_XFRM_AVX512 | SGX_XFRM_PKRU));
    for (unsigned at = XSAVE_HEADER_OFFSET + 8; at < SGX_XSAVE_LEGACY_SIZE; at++) {
        ssa[at] = 1;
        assert_false(xsave_is_valid(ssa, SGX_XFRM_AVX512 | SGX_XFRM_PKRU));
        ssa[at] = 0;
    }
}

/* an aligned component among others, like those of AMX */
static const struct xsave_layout aligned = {
    .features = SGX_XFRM_AVX,
    .enabled = SGX_XFRM_AVX512 | SGX_XFRM_PKRU | UINT64_C(0x60000),
    .component = {[2] = {576, 256},
                  [5] = {1088, 64},
                  [6] = {1152, 512},
                  [7] = {1664, 1024},
                  [9] = {2688, 8},
                  [17] = {2752, 64, true},
                  [18] = {2816, 300, true}},
};

static void compacted_offsets(void **state)
{
    (void)state;
    assert_int_equal(xsave_offset(&aligned, 0, 18), 2816);
    assert_int_equal(xsave_offset(&aligned, XSAVE_COMPACTED | 0x40004, 2), 576);
    assert_int_equal(xsave_offset(&aligned, XSAVE_COMPACTED | 0x40004, 18), 832);
    assert_int_equal(xsave_offset(&aligned, XSAVE_COMPACTED | 0x60200, 9), 576);
    assert_int_equal(xsave_offset(&aligned, XSAVE_COMPACTED | 0x60200, 17), 640);
    assert_int_equal(xsave_offset(&aligned, XSAVE_COMPACTED | 0x60200, 18), 704);
    assert_int_equal(xsave_offset(&aligned, XSAVE_COMPACTED | 0xe0, 7), 576 + 64 + 512);
}

/* components of the host outside XFRM are initial inside, and are restored whatever happens
 * there */
static void outside_goes_and_comes(void **state)
{
    static uint8_t image[XSAVE_OUTSIDE_SIZE], area[XSAVE_OUTSIDE_SIZE];
    const uint64_t used = 0x60200 | SGX_XFRM_AVX | 0xc0; /* not the opmasks */

    (void)state;
    memset(image, 0, sizeof(image));
    store_u32le(image + XSAVE_SOFTWARE_OFFSET, XSAVE_SOFTWARE_MAGIC);
    for (unsigned i = 2; i < XSAVE_COMPONENTS; i++)
        memset(image + aligned.component[i].offset, (int)i, aligned.component[i].size);
    store_u64le(image + XSAVE_HEADER_OFFSET, used);

    assert_int_equal(xsave_outside(&aligned, SGX_XFRM_AVX), 0x602e0);
    assert_int_equal(xsave_outside(&aligned, SGX_XFRM_LEGACY), 0x602e4);
    assert_int_equal(xsave_outside_take(&aligned, image, SGX_XFRM_AVX, area), 0x602c0);
    assert_int_equal(components_of(image), SGX_XFRM_AVX);
    for (unsigned i = 5; i < XSAVE_COMPONENTS; i++)
        memset(image + aligned.component[i].offset, 0xee, aligned.component[i].size);
    store_u64le(image + XSAVE_HEADER_OFFSET,
                0x2b); /* the enclave has brought the opmasks into use */
    xsave_outside_give(&aligned, SGX_XFRM_AVX, 0x602c0, area, image);
    assert_int_equal(components_of(image), 0x602cb);
    for (unsigned i = 6; i < XSAVE_COMPONENTS; i++)
        for (uint32_t at = 0; at < aligned.component[i].size; at++)
            assert_int_equal(image[aligned.component[i].offset + at], i);

    store_u64le(image + XSAVE_HEADER_OFFSET, SGX_XFRM_AVX);
    assert_int_equal(xsave_outside_take(&aligned, image, SGX_XFRM_AVX, area), 0);
    assert_int_equal(xsave_outside_take(&aligned, NULL, SGX_XFRM_AVX, area), 0);
    memset(image, 0, sizeof(image)); /* no extended state in the frame */
    assert_int_equal(xsave_outside_take(&aligned, image, SGX_XFRM_AVX, area), 0);
    xsave_outside_give(&aligned, SGX_XFRM_AVX, 0x602c0, area, image);
    assert_int_equal(components_of(image), 0);
}

/* On every machine, an SSA frame of ECREATE's size holds each component that is offered. */
static void this_processors_layout_fits(void **state)
{
    (void)state;
    xsave_setup();
    assert_int_equal(xsave_layout.features & SGX_XFRM_AVX, SGX_XFRM_AVX);
    assert_int_equal(xsave_layout.features & ~(SGX_XFRM_AVX512 | SGX_XFRM_PKRU), 0);
    for (unsigned i = 2; i < XSAVE_COMPONENTS; i++) {
        uint64_t bit = UINT64_C(1) << i;
        uint32_t end = xsave_layout.component[i].offset + xsave_layout.component[i].size;

        if (xsave_layout.features & bit)
            assert_in_range(end, SGX_XSAVE_LEGACY_SIZE + 1, sgx_ssa_xsave_size(3 | bit));
        if (!(xsave_layout.enabled & bit))
            assert_int_equal(xsave_layout.component[i].size, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_xfrm_survives),
        cmocka_unit_test(what_xfrm_lacks_stays_outside),
        cmocka_unit_test(compacted_offsets),
        cmocka_unit_test(outside_goes_and_comes),
        cmocka_unit_test(initial_state_is_not_stored),
        cmocka_unit_test(legacy_images_and_none),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(this_processors_layout_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
