/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/program.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

static bool path_of(const char *name, char ret[static PATH_SIZE])
{
    const char *dirs = getenv("PATH");

    if (strchr(name, '/'))
        return snprintf(ret, PATH_SIZE, "%s", name) < PATH_SIZE;
    for (; dirs && *dirs; dirs += strspn(dirs, ":")) {
        int len = (int)strcspn(dirs, ":");

        if (snprintf(ret, PATH_SIZE, "%.*s/%s", len, dirs, name) < PATH_SIZE &&
            access(ret, X_OK) == 0)
            return true;
        dirs += len;
    }
    return false;
}

static bool part_read(int fd, void *to, size_t size, uint64_t offset)
{
    return pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

bool program_is_static(const char *name)
{
    CLEANUP(fd_closep) int fd = -1;
    char path[PATH_SIZE];
    Elf64_Ehdr elf;
    Elf64_Phdr header;

    if (!path_of(name, path) || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return false;
    if (!part_read(fd, &elf, sizeof(elf), 0) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
        elf.e_ident[EI_CLASS] != ELFCLASS64)
        return false;
    for (unsigned i = 0; i < elf.e_phnum; i++)
        if (!part_read(fd, &header, sizeof(header), elf.e_phoff + i * sizeof(header)) ||
            header.p_type == PT_INTERP)
            return false;
    return true;
}
