/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso_host: looks __vdso_sgx_enter_enclave up in every way that runtimes use, and prints lines of
 * "way address". The last line tells whether a function of the kernel's vDSO in the same image
 * works.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#define NAME "__vdso_sgx_enter_enclave"

extern char **environ;
extern int __vdso_sgx_enter_enclave(void) __attribute__((weak)); /* Fortanix' runner */

static void way_print(const char *way, uint64_t address)
{
    printf("%s %lx\n", way, (unsigned long)address);
}

/* Intel's uRTS finds the tables by the names of their sections. */
static uint64_t by_section_names(uint64_t base, const char *wanted)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)base;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(base + elf->e_shoff);
    const char *names = (const char *)base + sections[elf->e_shstrndx].sh_offset;
    const Elf64_Shdr *symbols = NULL, *strings = NULL;

    for (unsigned i = 0; i < elf->e_shnum; i++) {
        if (strcmp(names + sections[i].sh_name, ".dynsym") == 0)
            symbols = &sections[i];
        if (strcmp(names + sections[i].sh_name, ".dynstr") == 0)
            strings = &sections[i];
    }
    for (uint64_t i = 0; symbols && strings && i < symbols->sh_size / sizeof(Elf64_Sym); i++) {
        const Elf64_Sym *s = (const Elf64_Sym *)(base + symbols->sh_offset) + i;

        if (strcmp((const char *)base + strings->sh_offset + s->st_name, wanted) == 0)
            return base + s->st_value;
    }
    return 0;
}

/* Enarx and Open Enclave find the table by the type of its section and the strings by its link.
 * Open Enclave ignores sections that end after @limit, the end of the section headers. */
static uint64_t by_section_types(uint64_t base, uint64_t limit)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)base;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(base + elf->e_shoff);

    for (unsigned i = 0; i < elf->e_shnum; i++) {
        const Elf64_Sym *symbols = (const Elf64_Sym *)(base + sections[i].sh_offset);
        const char *strings;

        if (sections[i].sh_type != SHT_DYNSYM ||
            sections[i].sh_offset + sections[i].sh_size > limit)
            continue;
        strings = (const char *)base + sections[sections[i].sh_link].sh_offset;
        for (uint64_t k = 0; k < sections[i].sh_size / sections[i].sh_entsize; k++)
            if (strcmp(strings + symbols[k].st_name, NAME) == 0)
                return base + symbols[k].st_value;
    }
    return 0;
}

static const Elf64_Dyn *dynamic_find(uint64_t base)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)base;
    const Elf64_Phdr *headers = (const Elf64_Phdr *)(base + elf->e_phoff);

    for (unsigned i = 0; i < elf->e_phnum; i++)
        if (headers[i].p_type == PT_DYNAMIC)
            return (const Elf64_Dyn *)(base + headers[i].p_offset);
    return NULL;
}

/* The example of the kernel, and Go, use the dynamic section and the SysV hash table. */
static uint64_t by_hash(uint64_t base, const char *wanted)
{
    const Elf64_Sym *symbols = NULL;
    const char *strings = NULL;
    const uint32_t *hash = NULL;
    uint32_t value = 0;

    for (const Elf64_Dyn *d = dynamic_find(base); d && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_SYMTAB)
            symbols = (const Elf64_Sym *)(base + d->d_un.d_ptr);
        if (d->d_tag == DT_STRTAB)
            strings = (const char *)base + d->d_un.d_ptr;
        if (d->d_tag == DT_HASH)
            hash = (const uint32_t *)(base + d->d_un.d_ptr);
    }
    if (!symbols || !strings || !hash)
        return 0;
    for (const char *c = wanted; *c; c++) {
        value = (value << 4) + (uint8_t)*c;
        value = (value ^ (value >> 24 & 0xf0)) & 0x0fffffff;
    }
    for (uint32_t i = hash[2 + value % hash[0]]; i; i = hash[2 + hash[0] + i])
        if (strcmp(strings + symbols[i].st_name, wanted) == 0)
            return base + symbols[i].st_value;
    return 0;
}

static uint64_t headers_end(uint64_t base)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)base;

    return elf->e_shoff + (uint64_t)elf->e_shnum * elf->e_shentsize;
}

/* This is for kernels that do not have DT_HASH any more. */
static uint64_t by_gnu_hash(uint64_t base, const char *wanted)
{
    const Elf64_Sym *symbols = NULL;
    const char *strings = NULL;
    const uint32_t *table = NULL, *buckets, *chain;
    uint32_t value = 5381, i;

    for (const Elf64_Dyn *d = dynamic_find(base); d && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_SYMTAB)
            symbols = (const Elf64_Sym *)(base + d->d_un.d_ptr);
        if (d->d_tag == DT_STRTAB)
            strings = (const char *)base + d->d_un.d_ptr;
        if (d->d_tag == DT_GNU_HASH)
            table = (const uint32_t *)(base + d->d_un.d_ptr);
    }
    if (!symbols || !strings || !table)
        return 0;
    for (const char *c = wanted; *c; c++)
        value = value * 33 + (uint8_t)*c;
    buckets = table + 4 + 2 * table[2];
    chain = buckets + table[0] - table[1];
    for (i = buckets[value % table[0]]; i; i++) {
        if ((chain[i] | 1) == (value | 1) && strcmp(strings + symbols[i].st_name, wanted) == 0)
            return base + symbols[i].st_value;
        if (chain[i] & 1)
            break;
    }
    return 0;
}

/* Programs without getauxval() read the vector after the environment. */
static uint64_t base_behind_environment(void)
{
    char **end = environ;

    while (*end)
        end++;
    for (const Elf64_auxv_t *a = (const Elf64_auxv_t *)(end + 1); a->a_type != AT_NULL; a++)
        if (a->a_type == AT_SYSINFO_EHDR)
            return a->a_un.a_val;
    return 0;
}

static uint64_t base_of_file(int fd)
{
    Elf64_auxv_t entry;
    uint64_t base = 0;

    while (read(fd, &entry, sizeof(entry)) == (ssize_t)sizeof(entry))
        if (entry.a_type == AT_SYSINFO_EHDR)
            base = entry.a_un.a_val;
    close(fd);
    return base;
}

int main(void)
{
    uint64_t base = getauxval(AT_SYSINFO_EHDR);
    struct timespec seen, now;
    int (*clock_function)(clockid_t, struct timespec *);

    way_print("section-names", by_section_names(base, NAME));
    way_print("section-types", by_section_types(base, UINT64_MAX));
    way_print("sections-in-image", by_section_types(base, headers_end(base)));
    way_print("gnu-hash", by_gnu_hash(base, NAME));
    way_print("hash", by_hash(base, NAME));
    way_print("environment", by_hash(base_behind_environment(), NAME));
    way_print("file", by_hash(base_of_file(open("/proc/self/auxv", O_RDONLY)), NAME));
    way_print("weak", (uint64_t)(uintptr_t)__vdso_sgx_enter_enclave);
    way_print("dlsym", (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, NAME));
    clock_function = (int (*)(clockid_t, struct timespec *))by_hash(base, "__vdso_clock_gettime");
    if (!clock_function || clock_function(CLOCK_MONOTONIC, &seen) != 0 ||
        clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return EXIT_FAILURE;
    if (by_gnu_hash(base, "__vdso_clock_gettime") != (uint64_t)(uintptr_t)clock_function ||
        by_gnu_hash(base, "__vdso_no_such_function") || by_hash(base, "__vdso_no_such_function"))
        return EXIT_FAILURE;
    printf("clock %lx\n", (unsigned long)(now.tv_sec - seen.tv_sec <= 1));
    return EXIT_SUCCESS;
}
