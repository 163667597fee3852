/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "emulator/cpu/x86_length.h"

struct row {
    const char *text; /* the instruction for an assembler */
    uint8_t length;
    uint8_t code[X86_LENGTH_MAX];
};

/* one instruction for each form of encoding */
static const struct row rows[] = {
    {"ret", 1, {0xc3}},
    {"cpuid", 2, {0x0f, 0xa2}},
    {"rex.w cpuid", 3, {0x48, 0x0f, 0xa2}},
    {"enclu", 3, {0x0f, 0x01, 0xd7}},
    {"endbr64", 4, {0xf3, 0x0f, 0x1e, 0xfa}},
    {"mov $imm32, %eax", 5, {0xb8, 0x0f, 0xa2, 0, 0}},
    {"mov $imm16, %ax", 4, {0x66, 0xb8, 0x0f, 0xa2}},
    {"movabs $imm64, %rax", 10, {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}},
    {"movabs moffs64, %al", 9, {0xa0, 1, 2, 3, 4, 5, 6, 7, 8}},
    {"addr32 mov moffs32, %al", 6, {0x67, 0xa0, 1, 2, 3, 4}},
    {"mov %eax, (%rcx)", 2, {0x89, 0x01}},
    {"mov %eax, disp8(%rcx)", 3, {0x89, 0x41, 0x10}},
    {"mov %eax, disp32(%rcx)", 6, {0x89, 0x81, 1, 2, 3, 4}},
    {"mov %eax, disp32(%rip)", 6, {0x89, 0x05, 1, 2, 3, 4}},
    {"mov %eax, (%rsp)", 3, {0x89, 0x04, 0x24}},
    {"mov %eax, disp8(%rsp)", 4, {0x89, 0x44, 0x24, 8}},
    {"mov %eax, disp32", 7, {0x89, 0x04, 0x25, 1, 2, 3, 4}},
    {"mov %eax, disp32(,%rcx,4)", 7, {0x89, 0x04, 0x8d, 1, 2, 3, 4}},
    {"test $imm8, %al (F6 /0)", 3, {0xf6, 0xc0, 1}},
    {"not %al (F6 /2)", 2, {0xf6, 0xd0}},
    {"testq $imm32, (%rax)", 7, {0x48, 0xf7, 0x00, 1, 2, 3, 4}},
    {"testw $imm16, (%rax)", 5, {0x66, 0xf7, 0x00, 1, 2}},
    {"neg %eax", 2, {0xf7, 0xd8}},
    {"enter", 4, {0xc8, 1, 2, 3}},
    {"jz rel32", 6, {0x0f, 0x84, 1, 2, 3, 4}},
    {"data16 data16 rex.w call (TLS)", 8, {0x66, 0x66, 0x48, 0xe8, 1, 2, 3, 4}},
    {"pshufd $imm8", 5, {0x66, 0x0f, 0x70, 0xc0, 1}},
    {"pshufb (0F 38)", 5, {0x66, 0x0f, 0x38, 0x00, 0xc1}},
    {"palignr $imm8 (0F 3A)", 6, {0x66, 0x0f, 0x3a, 0x0f, 0xc1, 4}},
    {"vzeroupper (VEX, no operand)", 3, {0xc5, 0xf8, 0x77}},
    {"vpshufd $imm8 (VEX)", 5, {0xc5, 0xf9, 0x70, 0xc0, 1}},
    {"vpshufb (VEX, 0F 38)", 5, {0xc4, 0xe2, 0x79, 0x00, 0xc1}},
    {"vpalignr $imm8 (VEX, 0F 3A)", 6, {0xc4, 0xe3, 0x79, 0x0f, 0xc1, 4}},
    {"vmovdqu64 disp8(%rsp) (EVEX)", 8, {0x62, 0xf1, 0xfe, 0x48, 0x6f, 0x44, 0x24, 1}},
    {"vpternlogd $imm8 (EVEX, 0F 3A)", 7, {0x62, 0xf3, 0x7d, 0x48, 0x25, 0xc0, 0xff}},
    {"vaddph (EVEX, map 5)", 6, {0x62, 0xf5, 0x7c, 0x48, 0x58, 0xc1}},
    {"pop (%rax) (8F /0)", 2, {0x8f, 0x00}},
    {"vpcomb $imm8 (XOP 8)", 6, {0x8f, 0xe8, 0x78, 0xcc, 0xc1, 1}},
    {"vfrczps (XOP 9)", 5, {0x8f, 0xe9, 0x78, 0x80, 0xc1}},
    {"bextr $imm32 (XOP A)", 9, {0x8f, 0xea, 0x78, 0x10, 0xc1, 1, 2, 3, 4}},
    {"pfadd (3DNow!)", 4, {0x0f, 0x0f, 0xc1, 0x9e}},
    {"extrq $a, $b", 6, {0x66, 0x0f, 0x78, 0xc0, 1, 2}},
    {"vmread", 3, {0x0f, 0x78, 0xc0}},
    {"lock cmpxchg16b", 5, {0xf0, 0x48, 0x0f, 0xc7, 0x0e}},
    {"xbegin rel32", 6, {0xc7, 0xf8, 1, 2, 3, 4}},
    {"nop with six prefixes, the longest",
     15,
     {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84}},
};

static void each_form_has_its_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint8_t code[32] = {0};

        memcpy(code, rows[i].code, rows[i].length);
        if (x86_length(code, sizeof(code)) != rows[i].length)
            fail_msg("%s: %zu", rows[i].text, x86_length(code, sizeof(code)));
    }
}

static void no_prefix_is_an_instruction(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        for (size_t size = 0; size < rows[i].length; size++)
            assert_int_equal(x86_length(rows[i].code, size), 0);
}

static void what_64_bit_mode_has_not_is_refused(void **state)
{
    static const uint8_t opcodes[] = {0x06, 0x07, 0x0e, 0x16, 0x1e, 0x27, 0x2f, 0x37, 0x3f,
                                      0x60, 0x61, 0x82, 0x9a, 0xce, 0xd4, 0xd5, 0xd6, 0xea};
    uint8_t code[X86_LENGTH_MAX] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(opcodes); i++) {
        code[0] = opcodes[i];
        assert_int_equal(x86_length(code, sizeof(code)), 0);
    }
}

static void prefixes_without_end_are_refused(void **state)
{
    uint8_t code[64];

    (void)state;
    memset(code, 0x66, sizeof(code));
    code[sizeof(code) - 1] = 0x90;
    assert_int_equal(x86_length(code, sizeof(code)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_has_its_length),
        cmocka_unit_test(no_prefix_is_an_instruction),
        cmocka_unit_test(what_64_bit_mode_has_not_is_refused),
        cmocka_unit_test(prefixes_without_end_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
