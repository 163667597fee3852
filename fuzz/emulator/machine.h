/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/emulator/machine.h: the surroundings of the fuzzed program: the emulator in this process, a
 * server of the EPC ledger, and memory at known addresses.
 *
 * The emulator is linked without its initialisation (setup.c, auxv.c). It takes over no signal and
 * arms no thread, so ASan and libFuzzer keep their handlers. Only faults of copy_user() remain,
 * which are handled here as dispatch_signal() handles them.
 */
#ifndef COFFER_FUZZ_EMULATOR_MACHINE_H
#define COFFER_FUZZ_EMULATOR_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* These addresses are far below those that the kernel chooses, and outside ASan's shadow and heap.
 * So nothing else is ever mapped in a hole that an input leaves. */
#define MACHINE_ARENA      UINT64_C(0x200000000000) /* where enclaves are mapped */
#define MACHINE_ARENA_SIZE (UINT64_C(1) << 31)      /* bytes that an input may map */
#define MACHINE_MEMORY     UINT64_C(0x210000000000) /* for the pointers of the program */

enum {
    MACHINE_GUARD_SIZE = 4 * 4096, /* bytes before the arena that an input may map too */
    MACHINE_VIEW_SIZE = 1 << 20,   /* bytes, and the distance between the views of the memory */
    MACHINE_OBJECT_SIZE = 4096,    /* bytes of each object */
    MACHINE_OBJECTS = 8,           /* pages for structures, before the sources */
    MACHINE_SOURCES = 64,          /* pages for loading enclaves, up to the end of the view */
    MACHINE_PATTERN = 0,           /* index of a source with bytes that are not zero */
    MACHINE_ZEROS = 24,
    MACHINE_TCS = 48, /* index of the first valid TCS */
    MACHINE_NUMBERS = 56,
};

/* Calls through the emulator, with the results of a C library. */
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

/** machine_begin() - begin an input; @mode chooses ledger and limit. The first call also sets
 *  up. */
void machine_begin(uint8_t mode);

/** machine_end() - end an input: disconnect from the ledger */
void machine_end(void);

/** machine_object() - page @index of the objects */
uint8_t *machine_object(unsigned index);

/** machine_source() - page @index of the sources */
uint8_t *machine_source(unsigned index);

/** machine_pointer() - @valid, or an address that is wrong in the way that @kind selects */
uint64_t machine_pointer(uint8_t kind, const void *valid);

/** machine_ledger_fd() - the descriptor of the emulator's connection to the ledger, or -1 */
int machine_ledger_fd(void);

/** machine_ledger_lose() - make the server close the connection, as a restart does */
void machine_ledger_lose(void);

/** machine_charged() - the pages that the server counts for this process. Return: false when it is
 * not connected. */
bool machine_charged(uint64_t *ret_pages);

#endif
