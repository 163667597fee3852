/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/image/exports.h: what a shared library says of itself in its dynamic section: its name,
 * and the symbols that it defines. */
#ifndef COFFER_EMULATOR_IMAGE_EXPORTS_H
#define COFFER_EMULATOR_IMAGE_EXPORTS_H

#include "emulator/image/object.h"

/** struct exports - tables in the object's memory; NULL: it has none */
struct exports {
    const char *soname;
    const Elf64_Sym *symbols;
    const char *strings;
    const uint32_t *gnu_hash, *hash;
};

/** exports_read() - @dynamic: the section in memory, with addresses of the file or of memory: the C
 *  libraries differ in that */
struct exports exports_read(const struct object *o, const Elf64_Dyn *dynamic);

/** exports_define() - is @name a symbol that the object defines */
bool exports_define(const struct exports *e, const char *name);

#endif
