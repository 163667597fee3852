/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/image/object.h: an ELF object that the dynamic linker has mapped, and the bounds of its
 * functions. They come from .eh_frame, by the table of .eh_frame_hdr, or from function symbols with
 * a size in the object's file. Code that neither covers is in no known function.
 */
#ifndef COFFER_EMULATOR_IMAGE_OBJECT_H
#define COFFER_EMULATOR_IMAGE_OBJECT_H

#include <linux/elf.h>
#include <stdbool.h>
#include <stdint.h>

/** struct object - borrowed from the dynamic linker's memory */
struct object {
    uint64_t bias;             /* address in memory minus address in the file */
    const Elf64_Phdr *headers; /* program headers */
    unsigned header_count;
    const char *path; /* of its file */
};

/** struct code_range - addresses in memory; @end is the one after the last byte */
struct code_range {
    uint64_t start, end;
};

/** object_at() - the shared library with its ELF header at @bias. Return: false when there is
 *  none. */
bool object_at(uint64_t bias, const char *path, struct object *ret);

/** object_range() - from the first mapped byte to the end of the last segment */
struct code_range object_range(const struct object *o);

/** object_header() - the next program header of @type after @after (NULL: the first one), or
 *  NULL */
const Elf64_Phdr *object_header(const struct object *o, uint32_t type, const Elf64_Phdr *after);

/** object_function() - the function that contains @address. Return: false when none is known. */
bool object_function(const struct object *o, uint64_t address, struct code_range *ret);

#endif
