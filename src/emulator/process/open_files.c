/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's descriptors of the SGX devices.
 *
 * Opening /dev/sgx_enclave makes an enclave without pages and gives the program a duplicate of its
 * memfd. The table has an entry for each number below FILES_MAX, so that mmap() and ioctl() find
 * the enclave at once. Duplicates and closes that come through the replaced functions keep the
 * table and the enclave's count of descriptors true. A program can also close or duplicate with a
 * raw system call. That is noticed when the number is used: the file's identity is compared each
 * time, and a number that refers to another file now is not an enclave's.
 *
 * A descriptor of the emulator itself (an enclave's own duplicate, the connection to the EPC
 * ledger) must survive a program that closes "all" descriptors, so close() of it fails with EBADF.
 */
#include "emulator/process/open_files.h"

#include <linux/memfd.h>
#include <stdatomic.h>

#include "emulator/process/auxv.h"
#include "emulator/enclave/epc_client.h"
#include "emulator/process/process.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"

enum {
    FILES_MAX = 65536, /* descriptors above this are not recognised */
};

enum file_kind {
    FILE_OTHER,
    FILE_ENCLAVE,
    FILE_PROVISION,
};

static const struct {
    const char *path;
    enum file_kind kind;
} devices[] = {
    {"/dev/sgx_enclave", FILE_ENCLAVE},
    {"/dev/sgx/enclave", FILE_ENCLAVE},
    {"/dev/sgx_provision", FILE_PROVISION},
    {"/dev/sgx/provision", FILE_PROVISION},
};

/* 0: no device; 1: the provision device; n: the enclave in slot n - 2 */
static _Atomic uint16_t table[FILES_MAX];
static _Atomic bool in_use; /* false until the first open, so that close() is cheap */

static struct enclave *enclave_of(uint16_t entry)
{
    for (struct enclave *e = enclave_next(NULL); e && entry >= 2; e = enclave_next(e))
        if (enclave_slot(e) == entry - 2U)
            return e;
    return NULL;
}

/* The path is the program's and may fault anywhere, so it is read byte by byte. */
static bool path_equals(const char *path, const char *expected)
{
    char c;

    for (size_t i = 0;; i++) {
        if (copy_user(&c, path + i, 1) < 0 || c != expected[i])
            return false;
        if (c == '\0')
            return true;
    }
}

static enum file_kind kind_of(const char *path)
{
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        if (path_equals(path, devices[i].path))
            return devices[i].kind;
    return FILE_OTHER;
}

bool open_files_is_device(const char *path)
{
    return kind_of(path) != FILE_OTHER;
}

static long fd_register(long fd, uint16_t entry)
{
    if (fd < FILES_MAX) {
        atomic_store(&table[fd], entry);
        atomic_store(&in_use, true);
        return fd;
    }
    (void)sys_close((int)fd);
    return -EMFILE;
}

/* The descriptor gets the lowest free number, as POSIX demands of open(). */
static long enclave_fd_open(int flags)
{
    struct enclave *e;
    uint64_t mask;
    long fd = -ENOMEM;

    enclave_lock(&mask);
    e = enclave_open();
    if (e)
        fd = sys_call3(__NR_fcntl, e->memory_fd, flags & O_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
    if (e && fd >= 0)
        fd = fd_register(fd, (uint16_t)(enclave_slot(e) + 2));
    if (e && fd >= 0)
        e->fd_count = 1;
    if (e && fd < 0)
        enclave_release(e);
    enclave_unlock(&mask);
    return fd;
}

static long provision_fd_open(int flags)
{
    unsigned memfd_flags = flags & O_CLOEXEC ? MFD_CLOEXEC : 0;
    long fd = sys_call3(__NR_memfd_create, (long)"sgx_provision", memfd_flags, 0);

    return fd < 0 ? fd : fd_register(fd, 1);
}

bool open_files_open(const char *path, int flags, long *ret_fd)
{
    enum file_kind kind;
    char start[2];

    if (copy_user(start, path, sizeof(start)) < 0 || start[0] != '/')
        return false;
    if (start[1] == 'p' && path_equals(path, "/proc/self/auxv")) {
        *ret_fd = auxv_open();
        return *ret_fd >= 0;
    }
    kind = start[1] == 'd' ? kind_of(path) : FILE_OTHER;
    if (kind == FILE_OTHER || process_is_borrowed())
        return false;
    *ret_fd = kind == FILE_ENCLAVE ? enclave_fd_open(flags) : provision_fd_open(flags);
    return true;
}

static uint16_t entry_of(int fd)
{
    return fd >= 0 && fd < FILES_MAX ? atomic_load(&table[fd]) : 0;
}

struct enclave *open_files_enclave(int fd)
{
    struct enclave *e = enclave_of(entry_of(fd));

    if (!e || !enclave_is_file(e, fd))
        return NULL;
    enclave_keep_file(e, fd);
    return e;
}

bool open_files_is_provision(int fd)
{
    return entry_of(fd) == 1 && sys_call3(__NR_fcntl, fd, F_GETFD, 0) >= 0;
}

static bool is_of_emulator(int fd)
{
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e))
        if (fd == e->memory_fd)
            return enclave_is_file(e, fd);
    return epc_client_is_own(fd);
}

/* The child of a vfork has its own descriptors but the memory of its parent. It may close every
 * descriptor, and no table is changed for it. */
bool open_files_is_own(int fd)
{
    return is_of_emulator(fd) && !process_is_borrowed();
}

bool open_files_closed(int fd)
{
    uint16_t entry = atomic_load(&in_use) ? entry_of(fd) : 0;
    struct enclave *e;
    uint64_t mask;

    if (!entry || process_is_borrowed())
        return false;
    enclave_lock(&mask);
    atomic_store(&table[fd], 0);
    e = enclave_of(entry);
    if (e && e->fd_count > 0) {
        e->fd_count--;
        enclave_release(e);
    }
    enclave_unlock(&mask);
    return true;
}

void open_files_duplicated(int from, int to)
{
    uint16_t entry = atomic_load(&in_use) ? entry_of(from) : 0;
    struct enclave *e;
    uint64_t mask;

    if (from != to)
        (void)open_files_closed(to);
    if (!entry || from == to || to < 0 || to >= FILES_MAX || process_is_borrowed())
        return;
    enclave_lock(&mask);
    atomic_store(&table[to], entry);
    e = enclave_of(entry);
    if (e)
        e->fd_count++;
    enclave_unlock(&mask);
}
