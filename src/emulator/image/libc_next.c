/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlsym(RTLD_NEXT) without dlsym(): the objects after this library in the dynamic linker's list are
 * searched in order, each by its hash table. glibc has DT_GNU_HASH only; musl may have either.
 *
 * dlsym() itself is not an option: this library is initialised before the C library is, and must
 * load in a program that has no dlsym() at all.
 */
#include "emulator/image/libc_next.h"

#include "emulator/strings.h"
#include "emulator/image/loader.h"

enum {
    TAG_GNU_HASH = 0x6ffffef5,
    VERSION_HIDDEN = 0x8000, /* an old version of a symbol, for old programs */
    OBJECTS_MAX = 16384,     /* entries of the list that are read */
};

/** struct symbols - tables of an object's dynamic section; NULL: it has none */
struct symbols {
    uint64_t bias;
    const Elf64_Sym *table;
    const char *names;
    const uint16_t *versions;
    const uint32_t *hash, *gnu_hash;
};

struct libc_next libc_next;

extern const Elf64_Dyn _DYNAMIC[] __attribute__((weak, visibility("hidden")));

/* glibc relocates the addresses in the dynamic section of most objects, musl in none. */
static const void *address_of(uint64_t bias, uint64_t value)
{
    return (const void *)(value < bias ? bias + value : value);
}

static struct symbols symbols_of(const struct loaded *l)
{
    struct symbols s = {.bias = l->bias};

    for (const Elf64_Dyn *d = l->dynamic; d && d->d_tag != DT_NULL; d++) {
        const void *at = address_of(l->bias, d->d_un.d_ptr);

        if (d->d_tag == DT_SYMTAB)
            s.table = at;
        else if (d->d_tag == DT_STRTAB)
            s.names = at;
        else if (d->d_tag == DT_VERSYM)
            s.versions = at;
        else if (d->d_tag == DT_HASH)
            s.hash = at;
        else if (d->d_tag == TAG_GNU_HASH)
            s.gnu_hash = at;
    }
    return s;
}

static void *function_at(const struct symbols *s, uint32_t index, const char *name)
{
    const Elf64_Sym *symbol = &s->table[index];

    if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
        return NULL;
    if (s->versions && s->versions[index] & VERSION_HIDDEN)
        return NULL;
    return string_equals(s->names + symbol->st_name, name) ? (void *)(s->bias + symbol->st_value)
                                                           : NULL;
}

/* The table: count of buckets, count of symbols without hash, count of 64-bit filter words, shift;
 * then the filter, the buckets, and one hash for each symbol. The lowest bit of a hash ends a
 * chain. */
static void *gnu_find(const struct symbols *s, const char *name)
{
    const uint32_t *table = s->gnu_hash, *buckets = table + 4 + 2 * (uint64_t)table[2];
    const uint32_t *hashes = buckets + table[0];
    uint32_t hash = 5381, index;
    void *found = NULL;

    for (const char *c = name; *c; c++)
        hash = hash * 33 + (uint8_t)*c;
    index = table[0] ? buckets[hash % table[0]] : 0;
    if (index == 0 || index < table[1])
        return NULL;
    do {
        if ((hashes[index - table[1]] | 1) == (hash | 1))
            found = function_at(s, index, name);
    } while (!found && !(hashes[index++ - table[1]] & 1));
    return found;
}

/* The table: count of buckets, count of symbols; then the buckets, and for each symbol the next one
 * in its chain. */
static void *hash_find(const struct symbols *s, const char *name)
{
    const uint32_t *table = s->hash, *chains = table + 2 + table[0];
    uint32_t hash = 0;
    void *found = NULL;

    for (const char *c = name; *c; c++) {
        hash = (hash << 4) + (uint8_t)*c;
        hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
    }
    for (uint32_t i = table[0] ? table[2 + hash % table[0]] : 0; i && !found; i = chains[i])
        found = function_at(s, i, name);
    return found;
}

static void *function_find(const struct loaded *l, const char *name)
{
    for (size_t i = 0; l && i < OBJECTS_MAX; i++, l = l->next) {
        const struct symbols s = symbols_of(l);
        void *found = NULL;

        if (s.table && s.names && s.gnu_hash)
            found = gnu_find(&s, name);
        else if (s.table && s.names && s.hash)
            found = hash_find(&s, name);
        if (found)
            return found;
    }
    return NULL;
}

void libc_next_setup(void)
{
    const struct loaded *l = loader_find() ? loader_first() : NULL;

    while (l && l->dynamic != _DYNAMIC)
        l = l->next;
    if (!l)
        return;
    l = l->next;
    libc_next.openat = (int (*)(int, const char *, int, ...))function_find(l, "openat");
    libc_next.close = (int (*)(int))function_find(l, "close");
    libc_next.fcntl = (int (*)(int, int, ...))function_find(l, "fcntl");
    libc_next.faccessat = (int (*)(int, const char *, int, int))function_find(l, "faccessat");
}
