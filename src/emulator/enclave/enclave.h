/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/enclave.h: the enclaves of this process. The memory of an enclave is a memfd.
 * The emulator maps it once as a whole (the "backing"); the application maps it to use it. The
 * state that the processor and the kernel would have lies in shared memory, so that the child of a
 * fork has the same enclave. The record of the application's mappings is private to each process.
 *
 * A page has the rights that both the application's mapping (the PTE) and the page itself (the
 * EPCM) allow; enclave_protect() makes the kernel enforce that.
 */
#ifndef COFFER_EMULATOR_ENCLAVE_ENCLAVE_H
#define COFFER_EMULATOR_ENCLAVE_ENCLAVE_H

#include "emulator/enclave/mapping_before_ecreate.h"
#include "emulator/enclave/page_prot.h"
#include "emulator/process/fd_identity.h"
#include "emulator/signal/dispositions.h"
#include "sgx/load.h"
#include "sgx/ssa.h"

enum {
    ENCLAVE_MAX = 256, /* enclaves of one process at a time */
};

enum enclave_state {
    ENCLAVE_OPENED, /* the device is open, no ECREATE yet */
    ENCLAVE_CREATED,
    ENCLAVE_INITIALIZED,
};

/** struct enclave_shared - in MAP_SHARED memory of its own */
struct enclave_shared {
    _Atomic uint32_t state; /* enum enclave_state */
    _Atomic uint32_t busy;  /* an ioctl is running */
    uint64_t attributes_allowed;
    struct sgx_secs secs;
    struct sgx_measure measure;
    struct sgx_page_table pages;
};

/** struct enclave - zero: free */
struct enclave {
    struct enclave_shared *shared;
    uint64_t base, size; /* bytes; 0 before ECREATE */
    uint8_t *backing;    /* size bytes */
    struct page_prot mapped;
    struct fd_identity identity;   /* of the memfd */
    uint64_t charged;              /* pages that the EPC ledger granted to this process */
    int fd_count;                  /* descriptors of the application */
    int memory_fd;                 /* our own descriptor of the memfd */
    struct mappings_before before; /* mappings made before ECREATE */
};

/** enclave_open() - a new enclave on a new memfd, or NULL without room. The caller holds the
 *  lock. */
struct enclave *enclave_open(void);

/** enclave_create() - ECREATE has accepted @secs: allocate the memory. Return: 0; -ENOMEM. */
int enclave_create(struct enclave *e, const struct sgx_secs *secs);

/** enclave_release() - free the enclave if no descriptor and no mapping is left */
void enclave_release(struct enclave *e);

/** enclave_at() - the created enclave with @address in its range, or NULL; where ranges overlap,
 * the one that is mapped there. May be called in a signal handler. */
struct enclave *enclave_at(uint64_t address);

/** enclave_next() - the enclave in use after @e; NULL begins */
struct enclave *enclave_next(const struct enclave *e);

/** enclave_slot() - the number of the enclave in this process, below ENCLAVE_MAX */
size_t enclave_slot(const struct enclave *e);

/** enclave_is_file() - is @fd a descriptor of this enclave's memfd */
bool enclave_is_file(const struct enclave *e, int fd);

/** enclave_keep_file() - if the program has closed the emulator's descriptor of the memfd,
 * duplicate @fd, which is the program's */
void enclave_keep_file(struct enclave *e, int fd);

/** enclave_byte() - the place of @address in the backing */
static inline uint8_t *enclave_byte(const struct enclave *e, uint64_t address)
{
    return e->backing + (address - e->base);
}

static inline uint64_t enclave_page_index(const struct enclave *e, uint64_t address)
{
    return (address - e->base) >> SGX_PAGE_SHIFT;
}

/** enclave_protect() - make the kernel enforce the current rights of the pages in [@address,
 * @address +
 *  @size). Takes the mapping lock. */
void enclave_protect(struct enclave *e, uint64_t address, uint64_t size);

/** enclave_lock(), enclave_unlock() - the mapping lock. All signals are blocked while it is held,
 * so that no handler waits for the thread that it interrupted. @ret_mask: the mask for
 * enclave_unlock() */
void enclave_lock(uint64_t *ret_mask);
void enclave_unlock(const uint64_t *mask);

/** enclave_after_fork() - in the child of a fork: release the lock, which a thread of the parent
 * may have held */
void enclave_after_fork(void);

/** enclave_protect_locked() - enclave_protect() for a caller that holds the lock */
void enclave_protect_locked(struct enclave *e, uint64_t address, uint64_t size);

#endif
