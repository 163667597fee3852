/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The length of an x86-64 instruction.
 *
 * Only the length matters, so an opcode is described by what follows it. Two opcode maps are texts
 * with one row for 16 opcodes:
 *
 *   .  nothing             m  ModRM                 0  no instruction in 64-bit mode, or a prefix
 *   b  1 byte              M  ModRM and 1 byte      i  2 or 4 bytes, by operand size
 *   w  2 bytes             I  ModRM and 2 or 4      v  2, 4 or 8 bytes, by operand size
 *   d  4 bytes             o  an address of 8       g  ModRM, and an operand with TEST only
 *   e  3 bytes
 *
 * The maps 0F 38 and 0F 3A, and those that VEX, EVEX and XOP select, are uniform but for a few
 * rows, which are code.
 *
 * An instruction that is not known here, or that reaches beyond the bytes that may be read, has no
 * length; the caller then leaves the whole function alone (cpuid.c). A wrong length would be worse
 * than none.
 */
#include "emulator/cpu/x86_length.h"

#include <stdbool.h>

/* clang-format off */
static const char one_byte[] =
    "mmmmbi00" "mmmmbi00" /* 00: 0F is the escape */
    "mmmmbi00" "mmmmbi00"
    "mmmmbi00" "mmmmbi00"
    "mmmmbi00" "mmmmbi00"
    "00000000" "00000000" /* 40: REX */
    "........" "........"
    "000m0000" "iIbM...." /* 60: 62 is EVEX */
    "bbbbbbbb" "bbbbbbbb"
    "MI0Mmmmm" "mmmmmmmm" /* 80: 8F may be XOP */
    "........" "..0....."
    "oooo...." "bi......"
    "bbbbbbbb" "vvvvvvvv"
    "MMw.00MI" "e.w..b0." /* C0: C4 and C5 are VEX */
    "mmmm000." "mmmmmmmm"
    "bbbbbbbb" "dd0b...."
    "0.00..gg" "......mm";

static const char two_bytes[] =
    "mmmm0..." "..0.0m.M" /* 00: 0F is 3DNow!, with its opcode in a byte after the operands */
    "mmmmmmmm" "mmmmmmmm"
    "mmmm0000" "mmmmmmmm"
    "......0." "00000000" /* 30: 38 and 3A are escapes */
    "mmmmmmmm" "mmmmmmmm"
    "mmmmmmmm" "mmmmmmmm"
    "mmmmmmmm" "mmmmmmmm"
    "MMMMmmm." "mm00mmmm"
    "dddddddd" "dddddddd"
    "mmmmmmmm" "mmmmmmmm"
    "...mMmmm" "...mMmmm"
    "mmmmmmmm" "mmMmmmmm"
    "mmMmMMMm" "........"
    "mmmmmmmm" "mmmmmmmm"
    "mmmmmmmm" "mmmmmmmm"
    "mmmmmmmm" "mmmmmmmm";
/* clang-format on */

enum {
    PREFIX_OPERAND = 0x66,
    PREFIX_ADDRESS = 0x67,
    PREFIX_REPNE = 0xf2,
    ESCAPE = 0x0f,
    OPCODE_VEX3 = 0xc4,
    OPCODE_VEX2 = 0xc5,
    OPCODE_EVEX = 0x62,
    OPCODE_XOP = 0x8f,
    OPCODE_EXTRQ = 0x78, /* 0F 78 of SSE4a: two bytes more with 66 or F2 */
    MAP_0F = 1,
    MAP_0F38 = 2,
    MAP_0F3A = 3,
    MAP_HALF_5 = 5, /* EVEX, FP16 */
    MAP_HALF_6 = 6,
    MAP_XOP_8 = 8, /* with an immediate of one byte */
    MAP_XOP_9 = 9,
    MAP_XOP_A = 10, /* with one of four */
};

/** struct cursor - a read after the last byte gives zero and sets @is_over */
struct cursor {
    const uint8_t *code;
    size_t size, at;
    bool is_over;
    bool has_operand, has_address, has_repne, has_rex_w;
};

static uint8_t byte_take(struct cursor *c)
{
    if (c->at < c->size)
        return c->code[c->at++];
    c->is_over = true;
    return 0;
}

static void bytes_skip(struct cursor *c, size_t count)
{
    if (count > c->size - c->at)
        c->is_over = true;
    else
        c->at += count;
}

static bool is_prefix(uint8_t byte)
{
    return (byte & 0xe7) == 0x26 || (byte >= 0x64 && byte <= PREFIX_ADDRESS) || byte == 0xf0 ||
           byte == PREFIX_REPNE || byte == 0xf3;
}

/* Legacy prefixes and REX; REX has an effect only right before the opcode. Return: the opcode. */
static uint8_t prefixes_take(struct cursor *c)
{
    uint8_t byte = byte_take(c);

    while (!c->is_over && (is_prefix(byte) || byte >> 4 == 4)) {
        c->has_operand |= byte == PREFIX_OPERAND;
        c->has_address |= byte == PREFIX_ADDRESS;
        c->has_repne |= byte == PREFIX_REPNE;
        c->has_rex_w = byte >> 3 == 9;
        byte = byte_take(c);
    }
    return byte;
}

/* ModRM, SIB and displacement. Return: the reg field. */
static unsigned operands_take(struct cursor *c)
{
    unsigned modrm = byte_take(c), mod = modrm >> 6, rm = modrm & 7;

    if (mod == 3)
        return modrm >> 3 & 7;
    if (rm == 4)
        rm = byte_take(c) & 7; /* the base in SIB, for which 5 means the same */
    if (mod == 1)
        bytes_skip(c, 1);
    else if (mod == 2 || rm == 5)
        bytes_skip(c, 4);
    return modrm >> 3 & 7;
}

static size_t operand_size(const struct cursor *c)
{
    return c->has_operand && !c->has_rex_w ? 2 : 4;
}

/* The bytes after the opcode. Return: false when it is no instruction. */
static bool rest_take(struct cursor *c, char kind, uint8_t opcode)
{
    unsigned reg = 0;

    if (kind == 'm' || kind == 'M' || kind == 'I' || kind == 'g')
        reg = operands_take(c);
    switch (kind) {
    case '.':
    case 'm':
        return true;
    case 'b':
    case 'M':
        bytes_skip(c, 1);
        return true;
    case 'w':
        bytes_skip(c, 2);
        return true;
    case 'e':
        bytes_skip(c, 3);
        return true;
    case 'd':
        bytes_skip(c, 4);
        return true;
    case 'i':
    case 'I':
        bytes_skip(c, operand_size(c));
        return true;
    case 'v':
        bytes_skip(c, c->has_rex_w ? 8 : operand_size(c));
        return true;
    case 'o':
        bytes_skip(c, c->has_address ? 4 : 8);
        return true;
    case 'g': /* F6 and F7: TEST is /0 and /1 */
        if (reg <= 1)
            bytes_skip(c, opcode & 1 ? operand_size(c) : 1);
        return true;
    default:
        return false;
    }
}

static bool escaped_take(struct cursor *c)
{
    uint8_t opcode = byte_take(c);

    if (opcode == 0x38 || opcode == 0x3a) {
        byte_take(c);
        return rest_take(c, opcode == 0x38 ? 'm' : 'M', 0);
    }
    if (opcode == OPCODE_EXTRQ && (c->has_operand || c->has_repne)) {
        operands_take(c);
        bytes_skip(c, 2);
        return true;
    }
    return rest_take(c, two_bytes[opcode], opcode);
}

/* Opcode and operands in the map that VEX, EVEX or XOP selects. */
static bool mapped_take(struct cursor *c, unsigned map)
{
    uint8_t opcode = byte_take(c);

    switch (map) {
    case MAP_0F:
        if (two_bytes[opcode] == 'M' || opcode == 0x77) /* VZEROUPPER alone has no operand */
            return rest_take(c, two_bytes[opcode], opcode);
        return rest_take(c, 'm', opcode);
    case MAP_0F38:
    case MAP_HALF_5:
    case MAP_HALF_6:
    case MAP_XOP_9:
        return rest_take(c, 'm', opcode);
    case MAP_0F3A:
    case MAP_XOP_8:
        return rest_take(c, 'M', opcode);
    case MAP_XOP_A:
        operands_take(c);
        bytes_skip(c, 4);
        return true;
    default:
        return false;
    }
}

/* @payload: the bytes of the prefix after @opcode; the first one selects the map, except after
 * C5 */
static bool vector_take(struct cursor *c, uint8_t opcode, unsigned map_mask, size_t payload)
{
    unsigned map = opcode == OPCODE_VEX2 ? MAP_0F : byte_take(c) & map_mask;

    bytes_skip(c, opcode == OPCODE_VEX2 ? payload : payload - 1);
    return mapped_take(c, map);
}

static bool instruction_take(struct cursor *c)
{
    uint8_t opcode = prefixes_take(c);

    switch (opcode) {
    case ESCAPE:
        return escaped_take(c);
    case OPCODE_VEX2:
        return vector_take(c, opcode, 0, 1);
    case OPCODE_VEX3:
        return vector_take(c, opcode, 0x1f, 2);
    case OPCODE_EVEX:
        return vector_take(c, opcode, 0x07, 3);
    case OPCODE_XOP:
        if (c->at < c->size && (c->code[c->at] & 0x1f) >= MAP_XOP_8)
            return vector_take(c, opcode, 0x1f, 2);
        return rest_take(c, 'm', opcode);
    default:
        return rest_take(c, one_byte[opcode], opcode);
    }
}

size_t x86_length(const uint8_t *code, size_t size)
{
    struct cursor c = {.code = code, .size = size < X86_LENGTH_MAX ? size : X86_LENGTH_MAX};

    return instruction_take(&c) && !c.is_over ? c.at : 0;
}
