/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dynamic linker calls an empty function, whose address is in struct r_debug, before and after
 * each change of its list. After a load that is when the new library is mapped and before its
 * constructors run. A breakpoint there costs each dlopen() a few microseconds and needs no function
 * of the C library.
 */
#include "emulator/image/loader.h"

#include <linux/auxvec.h>

#include "emulator/process/auxv.h"
#include "emulator/cpu/patch.h"
#include "emulator/signal/entry.h"

enum {
    STATE_CONSISTENT = 0, /* RT_CONSISTENT */
};

/** struct debug - struct r_debug of <link.h> */
struct debug {
    int32_t version;
    const struct loaded *first;
    uint64_t breakpoint;
    int32_t state;
};

static struct object program;
static const struct debug *list;

static void program_find(void)
{
    const Elf64_Phdr *own;

    program = (struct object){.headers = (const Elf64_Phdr *)auxv_get(AT_PHDR),
                              .header_count = (unsigned)auxv_get(AT_PHNUM),
                              .path = "/proc/self/exe"};
    own = object_header(&program, PT_PHDR, NULL);
    program.bias = own ? (uint64_t)program.headers - own->p_vaddr : 0;
}

static const struct debug *list_find(void)
{
    const Elf64_Phdr *header = object_header(&program, PT_DYNAMIC, NULL);

    if (!header)
        return NULL;
    for (const Elf64_Dyn *d = (const Elf64_Dyn *)(program.bias + header->p_vaddr);
         d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_DEBUG)
            return (const struct debug *)d->d_un.d_ptr;
    return NULL;
}

bool loader_find(void)
{
    program_find();
    list = list_find();
    return list && list->first;
}

bool loader_setup(void)
{
    if (!loader_find())
        return false;
    if (list->breakpoint)
        patch_place(PATCH_LOADER, list->breakpoint);
    return true;
}

const struct loaded *loader_first(void)
{
    return list->first;
}

bool loader_object(const struct loaded *l, struct object *ret)
{
    if (l != list->first)
        return object_at(l->bias, l->path, ret);
    *ret = program;
    return true;
}

bool loader_stop_take(const struct kernel_siginfo *info, struct kernel_context *uc,
                      bool *ret_consistent)
{
    if (!patch_has_trapped(PATCH_LOADER, info, uc))
        return false;
    uc->regs.rip = (uint64_t)loader_return;
    *ret_consistent = list->state == STATE_CONSISTENT;
    return true;
}
