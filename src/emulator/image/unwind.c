/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds of functions from the tables for unwinding.
 *
 * .eh_frame_hdr has a table that is sorted by the beginnings of functions. Each row has the address
 * of a function's FDE in .eh_frame, and the FDE tells the size of the function. How the FDE writes
 * addresses is in its CIE, in the augmentation 'R'.
 *
 * Of the many encodings that the format allows, only those that linkers write are read: a table of
 * pairs of four bytes relative to its section, and FDE pointers of a fixed size. In any other case
 * no function is found. The object is in memory, but its bytes are not trusted: every read is
 * checked against the segment that it is in, and a read after the end gives 0.
 */
#include "emulator/image/unwind.h"

#include "crypto_bare/bytes.h"

enum {
    TABLE_ROW_SIZE = 8, /* function, FDE */

    FORMAT_MASK = 0x0f,
    FORMAT_ABSOLUTE = 0x00, /* 8 bytes */
    FORMAT_U4 = 0x03,
    FORMAT_U8 = 0x04,
    FORMAT_S4 = 0x0b,
    FORMAT_S8 = 0x0c,
    ENCODING_NONE = 0xff,
    CIE_AUGMENTATION_MAX = 8, /* characters */
};

/* Version 1; the pointer DW_EH_PE_pcrel | sdata4, the count udata4, the table datarel | sdata4 */
#define TABLE_HEADER UINT32_C(0x3b031b01)

/** struct view - readable bytes at @at; a read after their end gives 0 */
struct view {
    const uint8_t *at, *end;
};

/* The view ends where the part of the segment that comes from the file ends. */
static struct view view_at(const struct object *o, uint64_t address)
{
    struct view v = {0};

    for (const Elf64_Phdr *p = object_header(o, PT_LOAD, NULL); p;
         p = object_header(o, PT_LOAD, p)) {
        uint64_t start = o->bias + p->p_vaddr;

        if (p->p_flags & PF_R && address - start < p->p_filesz)
            v = (struct view){.at = (const uint8_t *)address,
                              .end = (const uint8_t *)(start + p->p_filesz)};
    }
    return v;
}

static uint64_t bytes_take(struct view *v, size_t size)
{
    uint64_t value = 0;

    if (size > (size_t)(v->end - v->at)) {
        v->at = v->end;
        return 0;
    }
    for (size_t i = size; i > 0; i--)
        value = value << 8 | v->at[i - 1];
    v->at += size;
    return value;
}

static uint64_t leb128_take(struct view *v)
{
    uint64_t value = 0, byte;
    unsigned shift = 0;

    do {
        byte = bytes_take(v, 1);
        value |= shift < 64 ? (byte & 0x7f) << shift : 0;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

/* The size of a pointer in bytes; 0 for an encoding without a fixed size. */
static size_t pointer_size(uint8_t encoding)
{
    switch (encoding & FORMAT_MASK) {
    case FORMAT_U4:
    case FORMAT_S4:
        return 4;
    case FORMAT_ABSOLUTE:
    case FORMAT_U8:
    case FORMAT_S8:
        return 8;
    default:
        return 0;
    }
}

/* The encoding of pointers in the FDEs of the CIE at @v: its augmentation 'R', or absolute. */
static uint8_t cie_encoding(struct view v)
{
    char augmentation[CIE_AUGMENTATION_MAX + 1] = {0};
    uint8_t version;
    size_t length = 0;

    (void)bytes_take(&v, 8); /* length, zero */
    version = (uint8_t)bytes_take(&v, 1);
    while (length < CIE_AUGMENTATION_MAX && (augmentation[length] = (char)bytes_take(&v, 1)) != 0)
        length++;
    if (augmentation[0] != 'z' || length == CIE_AUGMENTATION_MAX)
        return length == 0 ? FORMAT_ABSOLUTE : ENCODING_NONE;
    (void)leb128_take(&v);                                      /* code alignment */
    (void)leb128_take(&v);                                      /* data alignment */
    (void)(version == 1 ? bytes_take(&v, 1) : leb128_take(&v)); /* return address register */
    (void)leb128_take(&v);                                      /* size of what follows */
    for (const char *a = augmentation + 1; *a; a++) {
        if (*a == 'R')
            return (uint8_t)bytes_take(&v, 1);
        if (*a == 'L')
            (void)bytes_take(&v, 1);
        else if (*a == 'P')
            (void)bytes_take(&v, pointer_size((uint8_t)bytes_take(&v, 1)));
    }
    return FORMAT_ABSOLUTE;
}

/* The size of the function that the FDE at @address describes; 0 when it cannot be read. */
static uint64_t fde_function_size(const struct object *o, uint64_t address)
{
    struct view v = view_at(o, address);
    uint64_t length = bytes_take(&v, 4), cie = address + 4 - bytes_take(&v, 4);
    uint8_t encoding;

    if (length == 0 || length == UINT32_MAX) /* the end, or a 64-bit section */
        return 0;
    encoding = cie_encoding(view_at(o, cie));
    if (encoding == ENCODING_NONE)
        return 0;
    (void)bytes_take(&v, pointer_size(encoding)); /* the beginning, known from the table */
    return bytes_take(&v, pointer_size(encoding));
}

static uint64_t row_word(const uint8_t *table, uint64_t section, uint64_t row, size_t offset)
{
    return section + (uint64_t)(int64_t)(int32_t)load_u32le(table + row * TABLE_ROW_SIZE + offset);
}

/* The last row with a function that begins at or before @address. */
static bool row_find(const uint8_t *table, uint64_t count, uint64_t section, uint64_t address,
                     uint64_t *ret_row)
{
    uint64_t low = 0, high = count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (row_word(table, section, middle, 0) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_row = low - 1;
    return low > 0;
}

bool unwind_function(const struct object *o, uint64_t address, struct code_range *ret)
{
    const Elf64_Phdr *header = object_header(o, PT_GNU_EH_FRAME, NULL);
    uint64_t section = header ? o->bias + header->p_vaddr : 0, count, row;
    struct view v = view_at(o, section);

    if (bytes_take(&v, 4) != TABLE_HEADER)
        return false;
    (void)bytes_take(&v, 4);
    count = bytes_take(&v, 4);
    if (count > (uint64_t)(v.end - v.at) / TABLE_ROW_SIZE ||
        !row_find(v.at, count, section, address, &row))
        return false;
    ret->start = row_word(v.at, section, row, 0);
    ret->end = ret->start + fde_function_size(o, row_word(v.at, section, row, 4));
    return address < ret->end;
}
