/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small enclave ELF, laid out by hand: header and code table at 0, code at 0x1000, data with a
 * dynamic section and one relocation at 0x2000, thread-local data in it.
 */
#ifndef COFFER_TESTS_SMALL_ELF_H
#define COFFER_TESTS_SMALL_ELF_H

#include <elf.h>
#include <string.h>

#include "crypto_bare/bytes.h"

enum {
    SMALL_ELF_SIZE = 0x2100, /* bytes */
    SMALL_ELF_HEADERS = 64,  /* offset of the program headers */
    SMALL_ELF_RELA = 0x400,
    SMALL_ELF_DYNAMIC = 0x2000,
    SMALL_ELF_DATA = 0x2080,
    SMALL_ELF_ENTRY = 0x1010,
};

static inline void small_elf_header(uint8_t *elf, unsigned index, uint32_t type, uint32_t flags,
                                    uint64_t address, uint64_t file_size, uint64_t memory_size)
{
    uint8_t *p = elf + SMALL_ELF_HEADERS + 56 * index;

    store_u32le(p, type);
    store_u32le(p + 4, flags);
    store_u64le(p + 8, address);
    store_u64le(p + 16, address);
    store_u64le(p + 24, address);
    store_u64le(p + 32, file_size);
    store_u64le(p + 40, memory_size);
    store_u64le(p + 48, type == PT_TLS ? 16 : 0x1000);
}

static inline void small_elf_dynamic(uint8_t *elf, unsigned index, uint64_t tag, uint64_t value)
{
    store_u64le(elf + SMALL_ELF_DYNAMIC + 16 * index, tag);
    store_u64le(elf + SMALL_ELF_DYNAMIC + 16 * index + 8, value);
}

static inline void small_elf_make(uint8_t elf[static SMALL_ELF_SIZE])
{
    static const uint8_t identity[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    memset(elf, 0, SMALL_ELF_SIZE);
    memcpy(elf, identity, sizeof(identity));
    store_u16le(elf + 16, ET_DYN);
    store_u16le(elf + 18, EM_X86_64);
    store_u64le(elf + 24, SMALL_ELF_ENTRY);
    store_u64le(elf + 32, SMALL_ELF_HEADERS);
    store_u16le(elf + 54, 56);
    store_u16le(elf + 56, 5);
    small_elf_header(elf, 0, PT_LOAD, PF_R, 0, 0x500, 0x500);
    small_elf_header(elf, 1, PT_LOAD, PF_R | PF_X, 0x1000, 0x20, 0x20);
    small_elf_header(elf, 2, PT_LOAD, PF_R | PF_W, 0x2000, 0x100, 0x1800);
    small_elf_header(elf, 3, PT_DYNAMIC, PF_R | PF_W, SMALL_ELF_DYNAMIC, 0x80, 0x80);
    small_elf_header(elf, 4, PT_TLS, PF_R, SMALL_ELF_DATA, 8, 24);
    small_elf_dynamic(elf, 0, DT_RELA, SMALL_ELF_RELA);
    small_elf_dynamic(elf, 1, DT_RELASZ, 24);
    store_u64le(elf + SMALL_ELF_RELA, SMALL_ELF_DATA);
    store_u64le(elf + SMALL_ELF_RELA + 8, R_X86_64_RELATIVE);
    store_u64le(elf + SMALL_ELF_RELA + 16, SMALL_ELF_ENTRY);
    elf[SMALL_ELF_ENTRY] = 0xc3;
}

#endif
