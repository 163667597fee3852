/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/emulator/machine.h: where the fuzzed program lives: the emulator of this process, a ledger
 * that it is counted by, and memory whose every address is known.
 *
 * The emulator is linked without its beginning (setup.c, auxv.c): no signal is taken over and no
 * thread armed, so ASan and libFuzzer keep their handlers. What remains of signals is
 * copy_user(), whose faults this handles as dispatch_signal() does.
 */
#ifndef COFFER_FUZZ_EMULATOR_MACHINE_H
#define COFFER_FUZZ_EMULATOR_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Far below where the kernel puts mappings and outside ASan's shadow and heap: a hole that an input
 * leaves here is never taken by somebody else. */
#define MACHINE_ARENA      UINT64_C(0x200000000000) /* where enclaves are mapped */
#define MACHINE_ARENA_SIZE (UINT64_C(1) << 31)      /* bytes that an input may map */
#define MACHINE_MEMORY     UINT64_C(0x210000000000) /* what pointers point to */

enum {
    MACHINE_GUARD_SIZE = 4 * 4096, /* bytes before the arena that an input may map too */
    MACHINE_VIEW_SIZE = 1 << 20,   /* bytes, and the distance between the views of the memory */
    MACHINE_OBJECT_SIZE = 4096,    /* bytes of each object */
    MACHINE_OBJECTS = 8,           /* pages for structures, before the sources */
    MACHINE_SOURCES = 64,          /* pages that enclaves are loaded from, up to the view's end */
    MACHINE_PATTERN = 0,           /* of them: bytes that are not zero */
    MACHINE_ZEROS = 24,
    MACHINE_TCS = 48, /* valid ones */
    MACHINE_NUMBERS = 56,
};

/* calls that pass through the emulator; results as a C library gives them */
int emulated_open(const char *path, int flags, unsigned mode);
int emulated_ioctl(int fd, unsigned long command, void *argument);
int emulated_close(int fd);
int emulated_dup(int fd);
int emulated_dup2(int fd, int to);
int emulated_dup3(int fd, int to, int flags);
int emulated_fcntl(int fd, int command, long argument);
int emulated_close_range(unsigned first, unsigned last, int flags);
void *emulated_mmap(void *address, uint64_t size, int prot, int flags, int fd, long offset);
int emulated_mprotect(void *address, uint64_t size, int prot);
int emulated_munmap(void *address, uint64_t size);
void *emulated_mremap(void *address, uint64_t size, uint64_t new_size, int flags, void *to);

/** machine_begin() - once a process, then at each input: @mode chooses ledger and limit */
void machine_begin(uint8_t mode);

/** machine_end() - the program is over: leave its ledger */
void machine_end(void);

/** machine_object() - page @index of the memory, as the program sees it */
uint8_t *machine_object(unsigned index);

/** machine_source() - page @index of the sources */
uint8_t *machine_source(unsigned index);

/** machine_pointer() - @valid, or something near it that is wrong in the way that @kind says */
uint64_t machine_pointer(uint8_t kind, const void *valid);

/** machine_ledger_fd() - the emulator's connection, or -1 */
int machine_ledger_fd(void);

/** machine_ledger_lose() - the server forgets this process, as one that was started again */
void machine_ledger_lose(void);

/** machine_charged() - pages that the server counts for this process. Return: false when no server
 *  is connected. */
bool machine_charged(uint64_t *ret_pages);

#endif
