/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/process/secret_file.h"

#include "emulator/sys.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"
#include "platform/platform.h"
#include "software/secret.h"

enum {
    PATH_SIZE = 4096, /* bytes */
    MAGIC_SIZE = 16,
    SUMMED_SIZE = 96,
};

static const char magic[] = "coffer-secret-1\n";

static bool path_join(const char *dir, char path[static PATH_SIZE])
{
    static const char name[] = "/" SOFTWARE_SECRET_FILE_NAME;
    size_t len = strlen(dir);

    if (len > PATH_SIZE - sizeof(name))
        return false;
    memcpy(path, dir, len);
    memcpy(path + len, name, sizeof(name));
    return true;
}

/* software/secret.c defines the layout of the file and its checksum, FNV-1a. */
static bool is_whole(const uint8_t *file)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < SUMMED_SIZE; i++)
        hash = (hash ^ file[i]) * UINT64_C(0x100000001b3);
    return hash == load_u64le(file + SUMMED_SIZE) && memcmp(file, magic, MAGIC_SIZE) == 0;
}

bool secret_file_read(const char *dir, struct sgx_platform *ret)
{
    uint8_t file[SOFTWARE_SECRET_FILE_SIZE];
    char path[PATH_SIZE];
    long fd, got;
    bool good;

    if (!path_join(dir ? dir : PLATFORM_CONTAINER_SECRET, path))
        return false;
    fd = sys_openat(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    got = sys_read((int)fd, file, sizeof(file));
    (void)sys_close((int)fd);
    good = got == (long)sizeof(file) && is_whole(file);
    if (good) {
        memcpy(ret->fuse, file + MAGIC_SIZE, SGX_FUSE_SIZE);
        memcpy(ret->cpusvn, file + MAGIC_SIZE + SGX_FUSE_SIZE, SGX_CPUSVN_SIZE);
        memcpy(ret->owner_epoch, file + MAGIC_SIZE + SGX_FUSE_SIZE + SGX_CPUSVN_SIZE,
               SGX_OWNER_EPOCH_SIZE);
    }
    mem_wipe(file, sizeof(file));
    return good;
}
