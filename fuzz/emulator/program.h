/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/emulator/program.h: an input of sgx_ioctl is a hostile program: operations of eight bytes,
 * each of which is a system call with a valid structure, damaged as the bytes say. errno and the
 * output of the call are checked where it is made.
 */
#ifndef COFFER_FUZZ_EMULATOR_PROGRAM_H
#define COFFER_FUZZ_EMULATOR_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "emulator/enclave/enclave.h"

enum {
    HANDLES = 8,        /* descriptors that a program keeps */
    HANDLE_FLOOR = 900, /* dup2() goes to numbers from here on */
    HANDLE_SPAN = 16,
    AREAS_MAX = 8, /* mappings at addresses that the kernel chose */
};

/** struct operation - @code selects the operation, @handle its descriptor; the rest depends on
 * @code */
struct operation {
    uint8_t code, handle, a, b, c, d, e, f;
};

struct program {
    int fds[HANDLES];
    struct {
        void *address;
        uint64_t size;
    } areas[AREAS_MAX];
    size_t area_count;
};

typedef void (*run_fn)(struct program *p, const struct operation *o);

/* descriptors.c */
void run_open(struct program *p, const struct operation *o);
void run_close(struct program *p, const struct operation *o);
void run_duplicate(struct program *p, const struct operation *o);

/** program_release() - close a handle and forget its number, which may be used again for another
 * file */
void program_release(struct program *p, int fd);

/* loading.c */
void run_create(struct program *p, const struct operation *o);
void run_add(struct program *p, const struct operation *o);
void run_init(struct program *p, const struct operation *o);
void run_provision(struct program *p, const struct operation *o);
void run_unknown(struct program *p, const struct operation *o);

/** secinfo_build() - @flags: permissions in bits 0 to 2, type in 3 and 4, state above */
void secinfo_build(uint8_t flags, uint8_t *wire);

/* dynamic.c */
void run_modify(struct program *p, const struct operation *o);
void run_remove(struct program *p, const struct operation *o);
void run_restrict(struct program *p, const struct operation *o);
void run_touch(struct program *p, const struct operation *o);
void run_enclu(struct program *p, const struct operation *o);
void run_enter(struct program *p, const struct operation *o);
void run_poke(struct program *p, const struct operation *o);

/* mappings.c */
void run_map(struct program *p, const struct operation *o);
void run_protect(struct program *p, const struct operation *o);
void run_unmap(struct program *p, const struct operation *o);
void run_remap(struct program *p, const struct operation *o);
void run_replace(struct program *p, const struct operation *o);

/** program_fd(), program_enclave() - the descriptor and the enclave of an operation, or -1 and
 *  NULL */
int program_fd(const struct program *p, const struct operation *o);
struct enclave *program_enclave(const struct program *p, const struct operation *o);

/** program_number() - an offset or a length: @page pages, or a value near a limit, which @kind
 * selects */
uint64_t program_number(uint8_t kind, uint64_t page, const struct enclave *e);

/** low(), high() - the halves of a byte */
static inline uint8_t low(uint8_t byte)
{
    return byte & 15;
}

static inline uint8_t high(uint8_t byte)
{
    return byte >> 4;
}

#endif
