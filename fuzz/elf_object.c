/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ELF object as the dynamic linker might have mapped it, and its file: no read outside either,
 * and a function that is found has the address in it.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emulator/image/object.h"
#include "emulator/cpu/x86_length.h"

enum {
    MEMORY_SIZE = 64 * 1024, /* bytes */
    STEP = 61,               /* between the addresses that are asked for */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Once a process: memory between pages that cannot be read, and a file. */
static uint8_t *memory_get(int *ret_fd)
{
    static uint8_t *memory;
    static int fd;

    if (!memory) {
        memory = mmap(NULL, MEMORY_SIZE + 2 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert(memory != MAP_FAILED);
        memory += 4096;
        assert(mprotect(memory, MEMORY_SIZE, PROT_READ | PROT_WRITE) == 0);
        fd = memfd_create("object", 0);
        assert(fd >= 0);
    }
    *ret_fd = fd;
    return memory;
}

static bool is_mapped(const struct object *o, const uint8_t *memory)
{
    for (const Elf64_Phdr *p = object_header(o, PT_LOAD, NULL); p; p = object_header(o, PT_LOAD, p))
        if (p->p_vaddr > MEMORY_SIZE || p->p_memsz > MEMORY_SIZE - p->p_vaddr ||
            p->p_filesz > p->p_memsz)
            return false;
    return o->bias == (uint64_t)memory;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct code_range function;
    struct object object;
    char path[64];
    int fd;
    uint8_t *memory = memory_get(&fd);

    memset(memory, 0, MEMORY_SIZE);
    size = size < MEMORY_SIZE ? size : MEMORY_SIZE;
    memcpy(memory, data, size);
    assert(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (!object_at((uint64_t)memory, path, &object) || !is_mapped(&object, memory))
        return 0; /* the linker would not have mapped it */
    for (uint64_t at = 0; at < size; at += STEP) {
        uint64_t address = (uint64_t)memory + at;

        if (object_function(&object, address, &function))
            assert(function.start <= address && address < function.end);
        assert(x86_length(memory + at, size - at) <= size - at);
    }
    return 0;
}
