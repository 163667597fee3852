/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mappings: mmap, mprotect, munmap, mremap. The child of a vfork changes the mappings of its
 * parent, because it runs in the parent's memory; so its calls are recorded like the parent's.
 */
#include "emulator/process/open_files.h"
#include "emulator/interpose/interpose.h"
#include "emulator/cpu/exit_jump.h"
#include "emulator/enclave/mapping.h"
#include "emulator/process/setup.h"
#include "emulator/ioctl/add_source.h"
#include "emulator/sys.h"

INTERPOSE void *mmap(void *address, size_t size, int prot, int flags, int fd, long offset)
{
    struct enclave *e = NULL;

    setup_once();
    add_source_forget();
    if (flags & MAP_FIXED)
        exit_jump_yield((uint64_t)address, size);
    if (!(flags & MAP_ANONYMOUS))
        e = open_files_enclave(fd);
    if (e)
        return (void *)libc_result(mapping_map(e, (uint64_t)address, size, prot, flags));
    if (flags & MAP_FIXED && mapping_is_near((uint64_t)address, size))
        return (void *)libc_result(
            mapping_replace((uint64_t)address, size, prot, flags, fd, (uint64_t)offset));
    return (void *)libc_result(
        sys_mmap((uint64_t)address, size, prot, flags, fd, (uint64_t)offset));
}
ALIAS(mmap64, mmap);

INTERPOSE int mprotect(void *address, size_t size, int prot)
{
    exit_jump_yield((uint64_t)address, size);
    if (mapping_is_near((uint64_t)address, size))
        return (int)libc_result(mapping_protect((uint64_t)address, size, prot));
    return (int)libc_result(sys_mprotect((uint64_t)address, size, prot));
}

INTERPOSE int munmap(void *address, size_t size)
{
    add_source_forget();
    exit_jump_yield((uint64_t)address, size);
    if (mapping_is_near((uint64_t)address, size))
        return (int)libc_result(mapping_unmap((uint64_t)address, size));
    return (int)libc_result(sys_munmap((uint64_t)address, size));
}

INTERPOSE void *mremap(void *address, size_t size, size_t new_size, int flags, void *to)
{
    bool fixed = flags & MREMAP_FIXED && mapping_is_near((uint64_t)to, new_size);

    add_source_forget();
    exit_jump_yield((uint64_t)address, size);
    if (flags & MREMAP_FIXED)
        exit_jump_yield((uint64_t)to, new_size);
    if (fixed || mapping_is_near((uint64_t)address,
                                 size ? size : 1)) /* an old size of 0 duplicates a mapping */
        return (void *)libc_result(
            mapping_remap((uint64_t)address, size, new_size, flags, (uint64_t)to));
    return (void *)libc_result(
        sys_call6(__NR_mremap, (long)address, (long)size, (long)new_size, flags, (long)to, 0));
}
