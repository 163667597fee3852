/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/image/object.h"

#include "emulator/image/symbols.h"
#include "emulator/image/unwind.h"
#include "crypto_bare/mem.h"

enum {
    PAGE_SIZE = 4096, /* bytes; ELF and program headers lie in the first page */
};

bool object_at(uint64_t bias, const char *path, struct object *ret)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)bias;

    if (!elf || memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_phoff >= PAGE_SIZE ||
        elf->e_phnum > (PAGE_SIZE - elf->e_phoff) / sizeof(Elf64_Phdr) || elf->e_phoff % 8 != 0 ||
        elf->e_phentsize != sizeof(Elf64_Phdr))
        return false;
    *ret = (struct object){.bias = bias,
                           .headers = (const Elf64_Phdr *)(bias + elf->e_phoff),
                           .header_count = elf->e_phnum,
                           .path = path};
    return true;
}

const Elf64_Phdr *object_header(const struct object *o, uint32_t type, const Elf64_Phdr *after)
{
    const Elf64_Phdr *end = o->headers + o->header_count;

    for (const Elf64_Phdr *p = after ? after + 1 : o->headers; p < end; p++)
        if (p->p_type == type)
            return p;
    return NULL;
}

struct code_range object_range(const struct object *o)
{
    struct code_range range = {.start = UINT64_MAX};

    for (const Elf64_Phdr *p = object_header(o, PT_LOAD, NULL); p;
         p = object_header(o, PT_LOAD, p)) {
        uint64_t start = o->bias + p->p_vaddr, end = start + p->p_memsz;

        range.start = start < range.start ? start : range.start;
        range.end = end > range.end ? end : range.end;
    }
    return range;
}

/* Is the function in one segment, so that it can be read from its beginning, and is @address in
 * it? */
static bool is_code(const struct object *o, struct code_range function, uint64_t address)
{
    for (const Elf64_Phdr *p = object_header(o, PT_LOAD, NULL); p;
         p = object_header(o, PT_LOAD, p)) {
        uint64_t start = o->bias + p->p_vaddr;

        if (function.start >= start && function.end <= start + p->p_filesz)
            return function.start <= address && address < function.end;
    }
    return false;
}

bool object_function(const struct object *o, uint64_t address, struct code_range *ret)
{
    return (unwind_function(o, address, ret) && is_code(o, *ret, address)) ||
           (symbols_function(o, address, ret) && is_code(o, *ret, address));
}
