/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "emulator/cpu/xcr0_site.h"

/* code of compilers and assemblers; the instructions at the labels must be found */
__asm__(".section .text.xcr0_samples, \"ax\"\n"
        ".globl sample_begin, sample_end, sample_sites, sample_sites_end\n"
        "sample_begin:\n"
        "push %rbp\n mov %rsp, %rbp\n sub $64, %rsp\n mov %rdi, %rbx\n"
        "xor %ecx, %ecx\n"
        "1: xgetbv\n"
        "mov %eax, 8(%rbx)\n mov %edx, 12(%rbx)\n"
        "mov $-1, %eax\n mov $-1, %edx\n"
        "2: xsave64 (%rbx)\n"
        "lfence\n mfence\n sfence\n stmxcsr 24(%rbx)\n ldmxcsr 24(%rbx)\n clflush (%rbx)\n"
        "mov $0xee, %eax\n xor %edx, %edx\n mov %rdx, 0x250(%rsp)\n mov %rdx, 0x258(%rsp)\n"
        "mov %rdx, 0x260(%rsp)\n"
        "3: xsavec 0x40(%rsp)\n"
        "mov %rdi, %rsi\n call 9f\n 9: mov %rax, %r11\n mov $0xee, %eax\n xor %edx, %edx\n"
        "4: xrstor 0x40(%rsp)\n"
        "or $-1, %eax\n or $-1, %edx\n"
        "5: xsaveopt64 0x123456(%r12,%r13,8)\n"
        "mov %esi, %eax\n mov %edi, %edx\n"
        "6: xrstor64 %fs:0x100\n"
        "lea 1(%rcx), %eax\n movzbl %cl, %edx\n"
        "7: xsave 100(%rip)\n"
        "leave\n ret\n"
        /* not found: the bytes are an immediate, a displacement or other instructions */
        "xor %ecx, %ecx\n mov $0xd0010f, %eax\n xor %edx, %edx\n mov $0x21ae0f48, %ebx\n"
        "mov $0x20c70f, %esi\n mov 0x21ae0f(%rax), %rax\n"
        "fxsave (%rax)\n fxrstor (%rax)\n cmpxchg8b (%rax)\n clflush (%rax)\n xabort $1\n"
        "mov $-1, %eax\n mov $-1, %edx\n clwb (%rax)\n rdfsbase %rax\n ptwrite %rax\n"
        "sample_end:\n"
        ".section .rodata\n .balign 8\n"
        "sample_sites: .quad 1b, 2b, 3b, 4b, 5b, 6b, 7b\n sample_sites_end:\n .text\n");

extern const uint8_t sample_begin[], sample_end[];
extern const uint8_t *const sample_sites[], *const sample_sites_end[];

static void samples_are_found(void **state)
{
    size_t size = (size_t)(sample_end - sample_begin), at = 0;
    size_t count = (size_t)(sample_sites_end - sample_sites);
    struct xcr0_instruction in;

    (void)state;
    for (size_t i = 0; i < count; i++, at++) {
        at = xcr0_site_find(sample_begin, size, at, &in);
        if (sample_begin + at - in.prefix_size != sample_sites[i])
            fail_msg("site %zu", i);
    }
    assert_int_equal(xcr0_site_find(sample_begin, size, at, &in), size);
}

/* nothing after the end is read: unmapped memory follows each prefix of the code */
static void every_prefix(void **state)
{
    size_t size = (size_t)(sample_end - sample_begin);

    (void)state;
    for (size_t length = 0; length <= size; length++) {
        uint8_t *copy = malloc(length ? length : 1);
        struct xcr0_instruction in;

        assert_non_null(copy);
        memcpy(copy, sample_begin, length);
        for (size_t at = 0; at < length; at++) {
            at = xcr0_site_find(copy, length, at, &in);
            assert_true(at <= length);
        }
        (void)xcr0_site_decode(copy, length, &in);
        free(copy);
    }
}

struct row {
    uint8_t code[12];
    struct xcr0_instruction in;
};

static const struct row rows[] = {
    {{0x0f, 0x01, 0xd0}, {XCR0_XGETBV, 0, 3, .base = 16, .index = 16}},
    {{0x0f, 0xae, 0x21}, {XCR0_XSAVE, 0, 3, .base = 1, .index = 16}},
    {{0x48, 0x0f, 0xae, 0x21}, {XCR0_XSAVE, 1, 4, .is_wide = true, .base = 1, .index = 16}},
    {{0x0f, 0xae, 0x6c, 0x24, 0x40},
     {XCR0_XRSTOR, 0, 5, .base = 4, .index = 16, .displacement = 0x40}},
    {{0x0f, 0xc7, 0x64, 0x24, 0xc0},
     {XCR0_XSAVEC, 0, 5, .base = 4, .index = 16, .displacement = -64}},
    {{0x4b, 0x0f, 0xae, 0xb4, 0xec, 0x56, 0x34, 0x12, 0x00},
     {XCR0_XSAVEOPT, 1, 9, true, .base = 12, .index = 13, .scale = 3, .displacement = 0x123456}},
    {{0x64, 0x48, 0x0f, 0xae, 0x2c, 0x25, 0x00, 0x01, 0x00, 0x00},
     {XCR0_XRSTOR, 2, 10, true, .segment = XCR0_SEGMENT_FS, .base = 16, .index = 16,
      .displacement = 0x100}},
    {{0x65, 0x67, 0x0f, 0xae, 0x20},
     {XCR0_XSAVE, 2, 5, .is_address32 = true, .segment = XCR0_SEGMENT_GS, .index = 16}},
    {{0x0f, 0xae, 0x25, 0x64, 0x00, 0x00, 0x00},
     {XCR0_XSAVE, 0, 7, .is_relative = true, .base = 16, .index = 16, .displacement = 100}},
    {{0x0f, 0xae, 0x64, 0x7d, 0x08},
     {XCR0_XSAVE, 0, 5, .base = 5, .index = 7, .scale = 1, .displacement = 8}},
};

static void operands(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct xcr0_instruction *want = &rows[i].in;
        struct xcr0_instruction in;

        assert_true(xcr0_site_decode(rows[i].code, sizeof(rows[i].code), &in));
        assert_int_equal(in.operation, want->operation);
        assert_int_equal(in.prefix_size, want->prefix_size);
        assert_int_equal(in.size, want->size);
        assert_int_equal(in.is_wide, want->is_wide);
        assert_int_equal(in.is_address32, want->is_address32);
        assert_int_equal(in.is_relative, want->is_relative);
        assert_int_equal(in.segment, want->segment);
        assert_int_equal(in.base, want->base);
        assert_int_equal(in.index, want->index);
        assert_int_equal(in.scale, want->scale);
        assert_int_equal(in.displacement, want->displacement);
        for (size_t size = 0; size < want->size; size++)
            assert_false(xcr0_site_decode(rows[i].code, size, &in));
    }
}

static void other_instructions(void **state)
{
    static const uint8_t codes[][5] = {
        {0x0f, 0x01, 0xd1},             /* XSETBV */
        {0x0f, 0xae, 0xe8},             /* LFENCE */
        {0x0f, 0xae, 0x19},             /* STMXCSR */
        {0xf3, 0x0f, 0xae, 0x21},       /* PTWRITE */
        {0x66, 0x0f, 0xae, 0x31},       /* CLWB */
        {0x0f, 0xc7, 0x29},             /* XSAVES */
        {0x0f, 0xc7, 0x09},             /* CMPXCHG8B */
        {0x0f, 0xc7, 0xf0},             /* RDRAND */
        {0x48, 0x64, 0x0f, 0xae, 0x21}, /* REX before another prefix has no effect */
    };
    struct xcr0_instruction in;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++)
        assert_false(xcr0_site_decode(codes[i], sizeof(codes[i]), &in));
}

/* data in executable pages is not changed: 4 MiB of random bytes with about sixteen candidates, and
 * text */
static void data_is_left_alone(void **state)
{
    enum {
        SIZE = 4 * 1024 * 1024,
    };
    uint8_t *data = malloc(SIZE);
    struct xcr0_instruction in;

    (void)state;
    assert_non_null(data);
    srand(5); /* NOLINT(cert-msc32-c,cert-msc51-cpp): the same sequence every time */
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(rand() >> 7);
    assert_int_equal(xcr0_site_find(data, SIZE, 0, &in), SIZE);
    memset(data, 'a', SIZE);
    memcpy(data + 1000, "\x0f\x01\xd0", 3); /* nothing in text loads ECX */
    assert_int_equal(xcr0_site_find(data, SIZE, 0, &in), SIZE);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_found),  cmocka_unit_test(every_prefix),
        cmocka_unit_test(operands),           cmocka_unit_test(other_instructions),
        cmocka_unit_test(data_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
