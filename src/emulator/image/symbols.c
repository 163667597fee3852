/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/image/symbols.h"

#include "emulator/sys.h"
#include "crypto_bare/mem.h"

enum {
    SEEK_TO_END = 2,
};

/** struct file - a mapped file */
struct file {
    const uint8_t *bytes;
    uint64_t size;
};

static struct file file_map(const char *path)
{
    long fd = sys_openat(path, O_RDONLY | O_CLOEXEC), size = 0, at = -ENOENT;

    if (fd >= 0) {
        size = sys_call3(__NR_lseek, fd, 0, SEEK_TO_END);
        if (size > 0)
            at = sys_mmap(0, (uint64_t)size, PROT_READ, MAP_PRIVATE, (int)fd, 0);
        (void)sys_close((int)fd);
    }
    if (sys_failed(at))
        return (struct file){0};
    return (struct file){.bytes = (const uint8_t *)at, .size = (uint64_t)size};
}

/* @count elements of @size bytes at @offset; NULL when they are not wholly in the file. */
static const void *file_part(const struct file *f, uint64_t offset, uint64_t count, uint64_t size)
{
    if (offset > f->size || count > (f->size - offset) / size || offset % 8 != 0)
        return NULL;
    return f->bytes + offset;
}

static bool table_find(const struct file *f, const Elf64_Shdr *table, uint64_t address,
                       struct code_range *ret)
{
    uint64_t count = table->sh_size / sizeof(Elf64_Sym);
    const Elf64_Sym *symbols = file_part(f, table->sh_offset, count, sizeof(Elf64_Sym));

    for (uint64_t i = 0; symbols && i < count; i++) {
        const Elf64_Sym *s = &symbols[i];

        if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_shndx == SHN_UNDEF ||
            address - s->st_value >= s->st_size)
            continue;
        *ret = (struct code_range){.start = s->st_value, .end = s->st_value + s->st_size};
        return true;
    }
    return false;
}

static bool file_find(const struct file *f, uint64_t address, struct code_range *ret)
{
    const Elf64_Ehdr *elf = file_part(f, 0, 1, sizeof(*elf));
    const Elf64_Shdr *sections;

    if (!elf || memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0)
        return false;
    sections = file_part(f, elf->e_shoff, elf->e_shnum, sizeof(*sections));
    for (unsigned i = 0; sections && i < elf->e_shnum; i++)
        if ((sections[i].sh_type == SHT_SYMTAB || sections[i].sh_type == SHT_DYNSYM) &&
            table_find(f, &sections[i], address, ret))
            return true;
    return false;
}

bool symbols_function(const struct object *o, uint64_t address, struct code_range *ret)
{
    struct file file = file_map(o->path);
    struct code_range range;
    bool found = file.bytes && file_find(&file, address - o->bias, &range);

    if (file.bytes)
        (void)sys_munmap((uint64_t)file.bytes, file.size);
    if (found)
        *ret = (struct code_range){.start = range.start + o->bias, .end = range.end + o->bias};
    return found;
}
