/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/enclave/enclave.h: the enclaves of this process. An enclave's memory is a memfd, mapped
 * once as a whole for the emulator (the "backing") and where the application maps it for use. What
 * the hardware and the kernel would know of it lies in shared memory, so that the child of a fork
 * sees the same enclave; what the application mapped where is private to each process.
 *
 * Rights of a page are what the application's mapping and the page's own permissions both allow
 * (PTE and EPCM); enclave_protect() makes the kernel enforce that.
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
    ENCLAVE_MAX = 256, /* in one process at a time */
};

enum enclave_state {
    ENCLAVE_OPENED, /* the device is open, no ECREATE yet */
    ENCLAVE_CREATED,
    ENCLAVE_INITIALIZED,
};

/** struct enclave_shared - one in MAP_SHARED memory, followed by nothing */
struct enclave_shared {
    _Atomic uint32_t state; /* enum enclave_state */
    _Atomic uint32_t busy;  /* an ioctl is at work */
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
    uint64_t charged;              /* pages that the ledger granted to this process */
    int fd_count;                  /* descriptors of the application */
    int memory_fd;                 /* our own descriptor of the memfd */
    struct mappings_before before; /* mappings made before ECREATE */
};

/** enclave_open() - a fresh one on a new memfd, or NULL when there is no room. Lock held. */
struct enclave *enclave_open(void);

/** enclave_create() - after ECREATE accepted @secs: size the memory. Return: 0; -ENOMEM. */
int enclave_create(struct enclave *e, const struct sgx_secs *secs);

/** enclave_release() - give up when no descriptor and no mapping is left */
void enclave_release(struct enclave *e);

/** enclave_at() - the created enclave whose range holds @address, or NULL; where ranges overlap,
 * the one that is mapped there. Safe in a signal. */
struct enclave *enclave_at(uint64_t address);

/** enclave_next() - walk over all that are in use; start with NULL */
struct enclave *enclave_next(const struct enclave *e);

/** enclave_slot() - a small number that names the enclave in this process */
size_t enclave_slot(const struct enclave *e);

/** enclave_is_file() - is @fd a descriptor of this enclave's memory */
bool enclave_is_file(const struct enclave *e, int fd);

/** enclave_keep_file() - have a descriptor of our own still, or again, given the program's @fd */
void enclave_keep_file(struct enclave *e, int fd);

/** enclave_byte() - where @address of the enclave lies in the backing */
static inline uint8_t *enclave_byte(const struct enclave *e, uint64_t address)
{
    return e->backing + (address - e->base);
}

static inline uint64_t enclave_page_index(const struct enclave *e, uint64_t address)
{
    return (address - e->base) >> SGX_PAGE_SHIFT;
}

/** enclave_protect() - make the kernel enforce the rights of pages [@address, @address + @size) as
 *  they are now. Takes the mapping lock. */
void enclave_protect(struct enclave *e, uint64_t address, uint64_t size);

/** enclave_lock(), enclave_unlock() - the mapping lock; asynchronous signals are off meanwhile, so
 *  that no handler waits for the thread it interrupted. @ret_mask goes back to unlock. */
void enclave_lock(uint64_t *ret_mask);
void enclave_unlock(const uint64_t *mask);

/** enclave_after_fork() - the lock is free: whoever held it is the parent's */
void enclave_after_fork(void);

/** enclave_protect_locked() - enclave_protect() for who holds the lock */
void enclave_protect_locked(struct enclave *e, uint64_t address, uint64_t size);

#endif
