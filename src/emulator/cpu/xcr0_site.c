/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the instructions that depend on XCR0 in the code of an enclave.
 *
 * No processor lets user code trap these instructions, so they have to be found in the executable
 * pages of an enclave and made breakpoints. An enclave has no symbols at that time, and its pages
 * contain data too, which must stay unchanged. So the bytes of such an instruction count as one
 * only when two conditions hold. Data, or the middle of another instruction, meets both once in
 * many millions of bytes.
 *
 * First, decoding that begins at a wrong place is in step with the code again after a few
 * instructions. Decoding begins at each of the places 33 to 96 bytes before the site, and two in
 * three of those that decode at all have to arrive at it.
 *
 * Second, these instructions take operands in registers that are loaded for the purpose: ECX for
 * XGETBV, EAX and EDX for the others. Compilers and authors load them right before the instruction.
 */
#include "emulator/cpu/xcr0_site.h"

#include <emmintrin.h>

#include "crypto_bare/bytes.h"
#include "emulator/cpu/x86_length.h"

enum {
    STARTS_NEAR = 32, /* bytes before a site where decoding last begins */
    STARTS_FAR = 96,
    STARTS_MIN = 8,    /* starts that must arrive, if there are so many */
    LOADS_WITHIN = 16, /* instructions before the site in which the loads are */
    SEARCH_SIZE = 16,  /* bytes compared at once */
    OPCODE_SIZE = 3,   /* bytes of the shortest instruction: 0F, opcode, ModRM */

    ESCAPE = 0x0f,
    PREFIX_FS = 0x64,
    PREFIX_GS = 0x65,
    PREFIX_ADDRESS = 0x67,
    REX_W = 8,
    REX_X = 2,
    REX_B = 1,
    MODRM_XGETBV = 0xd0,
    REGISTER_SP = 4,
    REGISTER_BP = 5,
};

enum {
    EAX = 1 << 0,
    ECX = 1 << 1,
    EDX = 1 << 2,
};

/* -- one instruction -- */

static enum xcr0_operation operation_of(uint8_t opcode, uint8_t modrm)
{
    unsigned reg = modrm >> 3 & 7;

    if (opcode == 0x01)
        return modrm == MODRM_XGETBV ? XCR0_XGETBV : XCR0_NONE;
    if (modrm >> 6 == 3)
        return XCR0_NONE;
    if (opcode == 0xc7)
        return reg == 4 ? XCR0_XSAVEC : XCR0_NONE;
    if (opcode != 0xae)
        return XCR0_NONE;
    if (reg == 4)
        return XCR0_XSAVE;
    if (reg == 5)
        return XCR0_XRSTOR;
    return reg == 6 ? XCR0_XSAVEOPT : XCR0_NONE;
}

/* Prefixes for segment and address size, and REX. 66, F2 and F3 select other instructions. Return:
 * REX, or 0. */
static uint8_t prefixes_read(const uint8_t *code, size_t size, struct xcr0_instruction *in)
{
    size_t at = 0;

    for (; at < size; at++) {
        if (code[at] == PREFIX_FS || code[at] == PREFIX_GS)
            in->segment = code[at] == PREFIX_FS ? XCR0_SEGMENT_FS : XCR0_SEGMENT_GS;
        else if (code[at] == PREFIX_ADDRESS)
            in->is_address32 = true;
        else if ((code[at] & 0xe7) != 0x26) /* the other segments */
            break;
    }
    in->prefix_size = (uint8_t)at;
    if (at == size || code[at] >> 4 != 4)
        return 0;
    in->prefix_size++;
    return code[at];
}

/* ModRM, SIB and displacement. @code: ModRM, with six bytes after it that may be read */
static void operand_read(const uint8_t *code, uint8_t rex, struct xcr0_instruction *in)
{
    uint8_t mod = code[0] >> 6, rm = code[0] & 7;
    size_t at = 1;

    in->index = XCR0_NO_REGISTER;
    in->base = (uint8_t)(rm | (rex & REX_B) << 3);
    if (rm == REGISTER_SP) {
        uint8_t sib = code[at++], index = (uint8_t)((sib >> 3 & 7) | (rex & REX_X) << 2);

        rm = sib & 7;
        in->base = (uint8_t)(rm | (rex & REX_B) << 3);
        in->scale = sib >> 6;
        if (index != REGISTER_SP)
            in->index = index;
    }
    if (mod == 0 && rm == REGISTER_BP) {
        in->is_relative = at == 1; /* no SIB */
        in->base = XCR0_NO_REGISTER;
        mod = 2;
    }
    if (mod == 1)
        in->displacement = (int8_t)code[at]; /* NOLINT(bugprone-signed-char-misuse): disp8 */
    else if (mod == 2)
        in->displacement = (int32_t)load_u32le(code + at);
    in->size = (uint8_t)(at + (mod == 1 ? 1 : 0) + (mod == 2 ? 4 : 0));
}

bool xcr0_site_decode(const uint8_t *code, size_t size, struct xcr0_instruction *ret)
{
    struct xcr0_instruction in = {.base = XCR0_NO_REGISTER, .index = XCR0_NO_REGISTER};
    uint8_t rex = prefixes_read(code, size < X86_LENGTH_MAX ? size : X86_LENGTH_MAX, &in);
    uint8_t rest[8] = {0};

    if (size - in.prefix_size < OPCODE_SIZE || code[in.prefix_size] != ESCAPE)
        return false;
    in.operation = operation_of(code[in.prefix_size + 1], code[in.prefix_size + 2]);
    if (in.operation == XCR0_NONE)
        return false;
    for (size_t i = 0; i < sizeof(rest) && in.prefix_size + 2 + i < size; i++)
        rest[i] = code[in.prefix_size + 2 + i];
    in.size = 1;
    if (in.operation != XCR0_XGETBV)
        operand_read(rest, rex, &in);
    in.size = (uint8_t)(in.size + in.prefix_size + 2);
    in.is_wide = rex & REX_W;
    if (in.size > size || in.size > X86_LENGTH_MAX)
        return false;
    *ret = in;
    return true;
}

/* -- is it an instruction -- */

static unsigned register_bit(unsigned number)
{
    return number <= 2 ? 1U << number : 0;
}

/* Which operand an opcode with ModRM writes. */
static unsigned modrm_writes(uint8_t opcode, uint8_t modrm)
{
    bool is_arithmetic = opcode < 0x40 && (opcode & 4) == 0;
    bool to_rm = opcode == 0x89 || opcode == 0xc7 || opcode == 0x81 || opcode == 0x83 ||
                 opcode == 0xc1 || opcode == 0xd1 || opcode == 0xf7 || opcode == 0xff ||
                 (is_arithmetic && (opcode & 3) == 1);
    bool to_reg =
        opcode == 0x8b || opcode == 0x8d || opcode == 0x63 || (is_arithmetic && (opcode & 3) == 3);

    if (to_rm && modrm >> 6 == 3)
        return register_bit(modrm & 7);
    return to_reg ? register_bit(modrm >> 3 & 7) : 0;
}

static unsigned escape_writes(uint8_t opcode, uint8_t modrm)
{
    if (opcode == 0xa2 || opcode == 0x31 || (opcode == 0x01 && modrm == MODRM_XGETBV))
        return EAX | EDX | (opcode == 0xa2 ? ECX : 0);
    if (opcode >> 4 == 4 || opcode == 0xaf || (opcode & 0xf6) == 0xb6)
        return register_bit(modrm >> 3 & 7);
    return 0;
}

/* Which of EAX, ECX and EDX an instruction of @size bytes loads. Only forms that compilers use are
 * known. An instruction with one of R8 to R15 may be mistaken for one with a lower register. */
static unsigned writes_of(const uint8_t *code, size_t size)
{
    size_t at = 0;
    uint8_t opcode;

    while (at + 1 < size && (code[at] == 0x66 || code[at] >> 4 == 4))
        at++;
    opcode = code[at];
    if (opcode >> 3 == 0xb8 >> 3 || opcode >> 3 == 0x58 >> 3) /* MOV with a constant, POP */
        return register_bit(opcode & 7);
    if (opcode == 0x99) /* CDQ, CQO */
        return EDX;
    if (opcode == 0xe8) /* CALL: a result */
        return EAX | EDX;
    if (opcode < 0x40 && (opcode & 7) == 5)
        return EAX;
    if (at + 1 >= size)
        return 0;
    if (opcode != ESCAPE)
        return modrm_writes(opcode, code[at + 1]);
    return escape_writes(code[at + 1], at + 2 < size ? code[at + 2] : 0);
}

/* Opcodes of one byte that are not found near such an instruction, as bits: port and string I/O,
 * far transfers and segments, INT, HLT, CLI, STI, ENTER, LOOP, XLAT, ADC and SBB, exchanges with
 * EAX, absolute moves, and segment prefixes without effect. */
static const uint16_t unlikely[16] = {
    [0x1] = 0x3f3f, [0x2] = 0x4040, [0x3] = 0x4040, [0x6] = 0xf000, [0x8] = 0x5000, [0x9] = 0xc4fe,
    [0xa] = 0xf0cf, [0xc] = 0xad00, [0xd] = 0x00c0, [0xe] = 0xf4ff, [0xf] = 0x0c13,
};

static bool is_likely(const uint8_t *code, size_t size)
{
    size_t at = 0;

    while (at + 1 < size && (code[at] == 0x66 || code[at] >> 4 == 4))
        at++;
    return !(unlikely[code[at] >> 4] >> (code[at] & 15) & 1);
}

/** struct walk - decoding from one place to the site */
struct walk {
    bool decodes, arrives;
    bool is_likely;  /* the last LOADS_WITHIN instructions are usual in code */
    unsigned writes; /* registers that they load */
};

static struct walk walk_run(const uint8_t *code, size_t size, size_t from, size_t site)
{
    unsigned writes[LOADS_WITHIN] = {0}, odd = 0;
    struct walk w = {.decodes = true};
    size_t at = from;

    for (size_t count = 0; at < site; count++) {
        size_t length = x86_length(code + at, size - at);

        if (length == 0)
            return (struct walk){0};
        writes[count % LOADS_WITHIN] = writes_of(code + at, length);
        odd = odd << 1 | !is_likely(code + at, length);
        at += length;
    }
    w.arrives = at == site;
    w.is_likely = !(odd & ((1U << LOADS_WITHIN) - 1));
    for (size_t i = 0; i < LOADS_WITHIN; i++)
        w.writes |= writes[i];
    return w;
}

/* @site: the first byte of the instruction, prefixes included */
static bool is_instruction(const uint8_t *code, size_t size, size_t site, unsigned needed)
{
    size_t first = site > STARTS_FAR ? site - STARTS_FAR : 0;
    size_t end = site > first + STARTS_NEAR ? site - STARTS_NEAR : first + 1;
    unsigned arrived = 0, decoded = 0, wanted = end - first < STARTS_MIN ? 1 : STARTS_MIN;
    bool is_loaded = false;

    for (size_t from = first; from < end; from++) {
        struct walk w = walk_run(code, size, from, site);

        decoded += w.decodes;
        arrived += w.arrives;
        is_loaded |= w.arrives && w.is_likely && (w.writes & needed) == needed;
    }
    return is_loaded && arrived >= wanted && 3 * arrived >= 2 * decoded;
}

static bool is_candidate(const uint8_t *code)
{
    return code[0] == ESCAPE && (code[1] == 0x01 || code[1] == 0xae || code[1] == 0xc7) &&
           operation_of(code[1], code[2]) != XCR0_NONE;
}

/* The prefixes before 0F that belong to the instruction: compilers write at most FS or GS, and
 * REX. */
static size_t prefixes_before(const uint8_t *code, size_t at)
{
    size_t count = 0;

    if (at > 0 && code[at - 1] >> 4 == 4)
        count++;
    if (at > count && (code[at - count - 1] == PREFIX_FS || code[at - count - 1] == PREFIX_GS))
        count++;
    return count;
}

static bool site_read(const uint8_t *code, size_t size, size_t at, struct xcr0_instruction *ret)
{
    for (size_t before = prefixes_before(code, at);; before--) {
        struct xcr0_instruction in;

        if (xcr0_site_decode(code + at - before, size - at + before, &in) &&
            is_instruction(code, size, at - before,
                           in.operation == XCR0_XGETBV ? (unsigned)ECX : EAX | EDX)) {
            *ret = in;
            return true;
        }
        if (before == 0)
            return false;
    }
}

/* The next 0F that one of the opcodes follows. 17 bytes from @code on may be read. */
static unsigned matches_at(const uint8_t *code)
{
    __m128i first = _mm_loadu_si128((const __m128i *)(const void *)code);
    __m128i second = _mm_loadu_si128((const __m128i *)(const void *)(code + 1));
    __m128i opcode = _mm_or_si128(_mm_cmpeq_epi8(second, _mm_set1_epi8(0x01)),
                                  _mm_or_si128(_mm_cmpeq_epi8(second, _mm_set1_epi8((char)0xae)),
                                               _mm_cmpeq_epi8(second, _mm_set1_epi8((char)0xc7))));

    return (unsigned)_mm_movemask_epi8(
        _mm_and_si128(_mm_cmpeq_epi8(first, _mm_set1_epi8(ESCAPE)), opcode));
}

size_t xcr0_site_find(const uint8_t *code, size_t size, size_t at, struct xcr0_instruction *ret)
{
    for (; at + OPCODE_SIZE <= size; at++) {
        if (at + SEARCH_SIZE < size) {
            unsigned matches = matches_at(code + at);

            if (!matches) {
                at += SEARCH_SIZE - 1;
                continue;
            }
            at += (unsigned)__builtin_ctz(matches);
        }
        if (at + OPCODE_SIZE <= size && is_candidate(code + at) && site_read(code, size, at, ret))
            return at;
    }
    return size;
}
