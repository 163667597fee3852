/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vDSO image with one more symbol than the kernel's.
 *
 * The image is an ELF file in memory: header, two program headers, symbols, strings, two hash
 * tables and the section headers, all in one structure. The section headers come last, as linkers
 * put them: Open Enclave takes their end for the end of the image and ignores a section that
 * reaches beyond. The kernel's functions stay where they are, because they address their data
 * relative to themselves; the new image's symbols point to them. That works because a symbol's
 * value is an offset from the image's base, modulo 2^64, which every reader adds to the base: it
 * can point anywhere in the address space.
 *
 * The symbols are read from the kernel's image by its section headers, which Linux leaves in it.
 * Without a kernel's image (a boot with vdso=0), the new image has one symbol.
 */
#include "emulator/process/vdso_image.h"

#include <linux/elf.h>

#include "emulator/strings.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"

/* the GNU hash table, of which Linux' own header does not know */
#ifndef SHT_GNU_HASH
#define SHT_GNU_HASH 0x6ffffff6
#endif
#ifndef DT_GNU_HASH
#define DT_GNU_HASH 0x6ffffef5
#endif

enum {
    SYMBOLS_MAX = 64, /* the kernel's vDSO has about 20 */
    STRINGS_MAX = 4096,
    SECTION_COUNT = 8,
    DYNAMIC_COUNT = 8,
    SYMBOL_INFO = 0x12,   /* STB_GLOBAL, STT_FUNC */
    FUNCTION_SIZE = 1024, /* bytes: as large as it is at least; some readers refuse symbols of 0 */
};

static const char section_names[] =
    "\0.dynsym\0.dynstr\0.hash\0.dynamic\0.text\0.shstrtab\0.gnu.hash";
static const char own_name[] = "__vdso_sgx_enter_enclave";
static const char soname[] = "linux-vdso.so.1";

enum section {
    SECTION_NULL,
    SECTION_DYNSYM,
    SECTION_DYNSTR,
    SECTION_HASH,
    SECTION_GNU_HASH,
    SECTION_DYNAMIC,
    SECTION_TEXT,
    SECTION_NAMES,
};

/* DT_HASH with one bucket: a reader walks the chain through all symbols, of which there are few. */
struct hash {
    uint32_t bucket_count, chain_count;
    uint32_t bucket;
    uint32_t chain[SYMBOLS_MAX];
};

/* DT_GNU_HASH with one bucket, and a filter that lets every name pass. A chain's entry is the hash
 * of the symbol's name, with bit 0 set in the last. */
struct gnu_hash {
    uint32_t bucket_count, first, filter_words, filter_shift;
    uint64_t filter;
    uint32_t bucket;
    uint32_t chain[SYMBOLS_MAX];
};

struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
    Elf64_Dyn dynamic[DYNAMIC_COUNT];
    Elf64_Sym symbols[SYMBOLS_MAX];
    struct hash hash;
    struct gnu_hash gnu_hash;
    uint32_t symbol_count, strings_size;
    char strings[STRINGS_MAX];
    char names[sizeof(section_names)];
    Elf64_Shdr sections[SECTION_COUNT];
};

static_assert(offsetof(struct image, sections) + sizeof(Elf64_Shdr) * SECTION_COUNT ==
                  sizeof(struct image),
              "nothing comes after the section headers");

static uint32_t string_add(struct image *m, const char *text)
{
    size_t size = strlen(text) + 1;
    uint32_t at = m->strings_size;

    if (size > STRINGS_MAX - at)
        return 0;
    memcpy(m->strings + at, text, size);
    m->strings_size += (uint32_t)size;
    return at;
}

static void symbol_add(struct image *m, const char *name, uint64_t address, uint64_t size)
{
    uint32_t string = string_add(m, name);

    if (!string || m->symbol_count == SYMBOLS_MAX)
        return;
    m->symbols[m->symbol_count] = (Elf64_Sym){
        .st_name = string,
        .st_info = SYMBOL_INFO,
        .st_shndx = SECTION_TEXT,
        .st_value = address - (uint64_t)m,
        .st_size = size,
    };
    m->symbol_count++;
}

static const Elf64_Shdr *section_of_type(const Elf64_Ehdr *elf, uint32_t type)
{
    const Elf64_Shdr *sections = (const Elf64_Shdr *)((const uint8_t *)elf + elf->e_shoff);

    for (unsigned i = 0; elf->e_shoff && i < elf->e_shnum; i++)
        if (sections[i].sh_type == type)
            return &sections[i];
    return NULL;
}

static void symbols_take(struct image *m, const Elf64_Ehdr *elf)
{
    const Elf64_Shdr *table = section_of_type(elf, SHT_DYNSYM);
    const uint8_t *base = (const uint8_t *)elf;
    const Elf64_Shdr *strings;

    if (!table)
        return;
    strings = (const Elf64_Shdr *)(base + elf->e_shoff) + table->sh_link;
    for (uint64_t i = 1; i < table->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol = ((const Elf64_Sym *)(base + table->sh_offset))[i];
        const char *name = (const char *)base + strings->sh_offset + symbol.st_name;

        if (symbol.st_shndx && !string_equals(name, own_name))
            symbol_add(m, name, (uint64_t)base + symbol.st_value, symbol.st_size);
    }
}

static Elf64_Shdr section_make(uint32_t name, uint32_t type, uint64_t offset, uint64_t size)
{
    return (Elf64_Shdr){.sh_name = name,
                        .sh_type = type,
                        .sh_flags = SHF_ALLOC,
                        .sh_addr = offset,
                        .sh_offset = offset,
                        .sh_size = size,
                        .sh_addralign = 8};
}

static void sections_write(struct image *m)
{
    Elf64_Shdr *s = m->sections;

    s[SECTION_DYNSYM] = section_make(1, SHT_DYNSYM, offsetof(struct image, symbols),
                                     m->symbol_count * sizeof(Elf64_Sym));
    s[SECTION_DYNSYM].sh_link = SECTION_DYNSTR;
    s[SECTION_DYNSYM].sh_info = 1;
    s[SECTION_DYNSYM].sh_entsize = sizeof(Elf64_Sym);
    s[SECTION_DYNSTR] =
        section_make(9, SHT_STRTAB, offsetof(struct image, strings), m->strings_size);
    s[SECTION_HASH] = section_make(17, SHT_HASH, offsetof(struct image, hash), sizeof(m->hash));
    s[SECTION_HASH].sh_link = SECTION_DYNSYM;
    s[SECTION_GNU_HASH] =
        section_make(48, SHT_GNU_HASH, offsetof(struct image, gnu_hash), sizeof(m->gnu_hash));
    s[SECTION_GNU_HASH].sh_link = SECTION_DYNSYM;
    s[SECTION_DYNAMIC] =
        section_make(23, SHT_DYNAMIC, offsetof(struct image, dynamic), sizeof(m->dynamic));
    s[SECTION_DYNAMIC].sh_link = SECTION_DYNSTR;
    s[SECTION_TEXT] = section_make(32, SHT_NOBITS, sizeof(*m), 0);
    s[SECTION_TEXT].sh_flags |= SHF_EXECINSTR;
    s[SECTION_NAMES] =
        section_make(38, SHT_STRTAB, offsetof(struct image, names), sizeof(m->names));
    memcpy(m->names, section_names, sizeof(m->names));
}

static void dynamic_write(struct image *m)
{
    const Elf64_Dyn entries[DYNAMIC_COUNT] = {
        {.d_tag = DT_SONAME, .d_un.d_val = string_add(m, soname)},
        {.d_tag = DT_HASH, .d_un.d_ptr = offsetof(struct image, hash)},
        {.d_tag = DT_GNU_HASH, .d_un.d_ptr = offsetof(struct image, gnu_hash)},
        {.d_tag = DT_STRTAB, .d_un.d_ptr = offsetof(struct image, strings)},
        {.d_tag = DT_SYMTAB, .d_un.d_ptr = offsetof(struct image, symbols)},
        {.d_tag = DT_STRSZ, .d_un.d_val = m->strings_size},
        {.d_tag = DT_SYMENT, .d_un.d_val = sizeof(Elf64_Sym)},
        {.d_tag = DT_NULL},
    };

    memcpy(m->dynamic, entries, sizeof(entries));
}

static void header_write(struct image *m)
{
    m->header = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = offsetof(struct image, segments),
        .e_shoff = offsetof(struct image, sections),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 2,
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = SECTION_COUNT,
        .e_shstrndx = SECTION_NAMES,
    };
    m->segments[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                                  .p_flags = PF_R | PF_X,
                                  .p_filesz = sizeof(*m),
                                  .p_memsz = sizeof(*m),
                                  .p_align = 4096};
    m->segments[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                                  .p_flags = PF_R,
                                  .p_offset = offsetof(struct image, dynamic),
                                  .p_vaddr = offsetof(struct image, dynamic),
                                  .p_paddr = offsetof(struct image, dynamic),
                                  .p_filesz = sizeof(m->dynamic),
                                  .p_memsz = sizeof(m->dynamic),
                                  .p_align = 8};
}

static uint32_t gnu_hash_of(const char *name)
{
    uint32_t value = 5381;

    for (; *name; name++)
        value = value * 33 + (uint8_t)*name;
    return value;
}

static void hashes_write(struct image *m)
{
    uint32_t last = m->symbol_count - 1;

    m->hash.bucket_count = 1;
    m->hash.chain_count = m->symbol_count;
    m->hash.bucket = last ? 1 : 0;
    m->gnu_hash = (struct gnu_hash){
        .bucket_count = 1, .first = 1, .filter_words = 1, .filter = UINT64_MAX, .bucket = 1};
    for (uint32_t i = 1; i <= last; i++) {
        uint32_t value = gnu_hash_of(m->strings + m->symbols[i].st_name);

        m->hash.chain[i] = i < last ? i + 1 : 0;
        m->gnu_hash.chain[i - 1] = i < last ? value & ~1U : value | 1;
    }
}

uint64_t vdso_image_build(uint64_t real)
{
    struct image *m = sys_map_memory(sizeof(*m), MAP_PRIVATE);

    if (!m)
        return 0;
    m->symbol_count = 1;
    m->strings_size = 1;
    symbol_add(m, own_name, (uint64_t)__vdso_sgx_enter_enclave, FUNCTION_SIZE);
    if (real)
        symbols_take(m, (const Elf64_Ehdr *)real);
    hashes_write(m);
    dynamic_write(m);
    sections_write(m);
    header_write(m);
    (void)sys_mprotect((uint64_t)m, sizeof(*m), PROT_READ);
    return (uint64_t)m;
}
