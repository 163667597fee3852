/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/image/object.h: an ELF object that the dynamic linker has mapped, and where its
 * functions begin and end. Bounds come from .eh_frame, through the table of .eh_frame_hdr, or from
 * the sized function symbols of its file; nothing else is taken for a function.
 */
#ifndef COFFER_EMULATOR_IMAGE_OBJECT_H
#define COFFER_EMULATOR_IMAGE_OBJECT_H

#include <linux/elf.h>
#include <stdbool.h>
#include <stdint.h>

/** struct object - borrowed from the dynamic linker's memory */
struct object {
    uint64_t bias;             /* of its addresses to those of the file */
    const Elf64_Phdr *headers; /* program headers */
    unsigned header_count;
    const char *path; /* of its file */
};

/** struct code_range - addresses in memory; @end is behind the last byte */
struct code_range {
    uint64_t start, end;
};

/** object_at() - the shared library whose ELF header is at @bias. Return: false when none is. */
bool object_at(uint64_t bias, const char *path, struct object *ret);

/** object_range() - from its first to behind its last mapped byte */
struct code_range object_range(const struct object *o);

/** object_header() - the next program header of @type behind @after (NULL: the first), or NULL */
const Elf64_Phdr *object_header(const struct object *o, uint32_t type, const Elf64_Phdr *after);

/** object_function() - the function with @address in it. Return: false when none is known. */
bool object_function(const struct object *o, uint64_t address, struct code_range *ret);

#endif
