/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/image/exports.h"

#include "emulator/strings.h"

/* the GNU hash table, of which Linux' own header does not know */
#ifndef DT_GNU_HASH
#define DT_GNU_HASH 0x6ffffef5
#endif

enum {
    DYNAMIC_MAX = 256,   /* entries that are read */
    CHAIN_MAX = 65536,   /* symbols of a bucket that are read: no table has nearly as many */
    GNU_HASH_HEADER = 4, /* words of DT_GNU_HASH before its filter */
};

/* A table in the object, or NULL when it lies elsewhere. */
static const void *table_at(const struct object *o, uint64_t address)
{
    struct code_range range = object_range(o);

    if (address < range.start)
        address += o->bias;
    return address >= range.start && address < range.end ? (const void *)address : NULL;
}

struct exports exports_read(const struct object *o, const Elf64_Dyn *dynamic)
{
    struct exports e = {0};
    uint64_t soname = 0;

    for (unsigned i = 0; dynamic && i < DYNAMIC_MAX && dynamic[i].d_tag != DT_NULL; i++) {
        uint64_t value = dynamic[i].d_un.d_ptr;

        if (dynamic[i].d_tag == DT_SONAME)
            soname = value;
        else if (dynamic[i].d_tag == DT_SYMTAB)
            e.symbols = table_at(o, value);
        else if (dynamic[i].d_tag == DT_STRTAB)
            e.strings = table_at(o, value);
        else if (dynamic[i].d_tag == DT_GNU_HASH)
            e.gnu_hash = table_at(o, value);
        else if (dynamic[i].d_tag == DT_HASH)
            e.hash = table_at(o, value);
    }
    if (e.strings && soname)
        e.soname = e.strings + soname;
    return e;
}

static bool is_defined_as(const struct exports *e, uint32_t index, const char *name)
{
    const Elf64_Sym *s = &e->symbols[index];

    return s->st_shndx != SHN_UNDEF && string_equals(e->strings + s->st_name, name);
}

static bool gnu_hash_finds(const struct exports *e, const char *name)
{
    const uint32_t *table = e->gnu_hash, *buckets = table + GNU_HASH_HEADER + 2 * table[2];
    const uint32_t *chain = buckets + table[0];
    uint32_t value = 5381, index, first = table[1];

    for (const char *c = name; *c; c++)
        value = value * 33 + (uint8_t)*c;
    index = table[0] ? buckets[value % table[0]] : 0;
    for (unsigned i = 0; index >= first && index && i < CHAIN_MAX; i++, index++) {
        uint32_t found = chain[index - first];

        if ((found | 1) == (value | 1) && is_defined_as(e, index, name))
            return true;
        if (found & 1)
            break;
    }
    return false;
}

static bool hash_finds(const struct exports *e, const char *name)
{
    uint32_t value = 0, index;

    for (const char *c = name; *c; c++) {
        value = (value << 4) + (uint8_t)*c;
        value = (value ^ (value >> 24 & 0xf0)) & 0x0fffffff;
    }
    index = e->hash[0] ? e->hash[2 + value % e->hash[0]] : 0;
    for (unsigned i = 0; index && index < e->hash[1] && i < CHAIN_MAX; i++) {
        if (is_defined_as(e, index, name))
            return true;
        index = e->hash[2 + e->hash[0] + index];
    }
    return false;
}

bool exports_define(const struct exports *e, const char *name)
{
    if (!e->symbols || !e->strings)
        return false;
    if (e->gnu_hash)
        return gnu_hash_finds(e, name);
    return e->hash && hash_finds(e, name);
}
