/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vDSO is an ELF image that the kernel maps. It has no file, so symbols are found through its
 * dynamic section. DT_HASH tells their number; where a kernel does not have that table, the number
 * follows from DT_GNU_HASH.
 */
#include "sdk/host/vdso.h"

#include <elf.h>
#include <sys/auxv.h>

/** struct tables - the tables of the image, at their mapped addresses */
struct tables {
    const Elf64_Sym *symbols;
    const char *strings;
    const uint32_t *hash;
    const uint32_t *gnu_hash;
};

/** gnu_hash_count() - the index after the last symbol that the hash table contains */
static uint32_t gnu_hash_count(const uint32_t *table)
{
    uint32_t bucket_count = table[0], first = table[1], bloom_words = table[2];
    const uint32_t *buckets = table + 4 + 2 * bloom_words;
    const uint32_t *chains = buckets + bucket_count;
    uint32_t last = 0;

    for (uint32_t i = 0; i < bucket_count; i++)
        last = buckets[i] > last ? buckets[i] : last;
    if (last < first)
        return first;
    while (!(chains[last - first] & 1))
        last++;
    return last + 1;
}

static uint32_t symbol_count(const struct tables *t)
{
    if (t->hash)
        return t->hash[1];
    return t->gnu_hash ? gnu_hash_count(t->gnu_hash) : 0;
}

static struct tables tables_of(const Elf64_Dyn *dynamic, const uint8_t *bias)
{
    struct tables t = {0};

    for (const Elf64_Dyn *d = dynamic; d && d->d_tag != DT_NULL; d++) {
        const void *at = bias + d->d_un.d_ptr;

        if (d->d_tag == DT_SYMTAB)
            t.symbols = at;
        if (d->d_tag == DT_STRTAB)
            t.strings = at;
        if (d->d_tag == DT_HASH)
            t.hash = at;
        if (d->d_tag == DT_GNU_HASH)
            t.gnu_hash = at;
    }
    return t;
}

const void *vdso_find(const uint8_t *base, const char *name)
{
    const Elf64_Ehdr *header = (const void *)base;
    const Elf64_Phdr *segments = (const void *)(base + header->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    const uint8_t *bias = base;
    struct tables t;

    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0)
            bias = base - segments[i].p_vaddr;
    }
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_DYNAMIC)
            dynamic = (const void *)(bias + segments[i].p_vaddr);
    }
    t = tables_of(dynamic, bias);
    if (!t.symbols || !t.strings)
        return NULL;
    for (uint32_t i = 0; i < symbol_count(&t); i++) {
        if (t.symbols[i].st_shndx != SHN_UNDEF && t.symbols[i].st_value != 0 &&
            strcmp(t.strings + t.symbols[i].st_name, name) == 0)
            return bias + t.symbols[i].st_value;
    }
    return NULL;
}

sgx_enter_enclave_fn vdso_find_enter(void)
{
    const uint8_t *base = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    const void *symbol = base ? vdso_find(base, "__vdso_sgx_enter_enclave") : NULL;
    sgx_enter_enclave_fn enter;

    static_assert(sizeof(enter) == sizeof(symbol), "code and data pointers");
    memcpy(&enter, &symbol, sizeof(enter));
    return enter;
}
