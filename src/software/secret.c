/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret must exist once and stay: sealed data, keys and identities of the node hang on it. So
 * the file appears by link(), which fails when the name exists. Of two processes that both made a
 * secret the first wins, and the second reads the winner's. rename() would let the second replace a
 * secret under which data was sealed already.
 *
 * A damaged file is refused and never replaced. Its checksum finds a damaged disk, not a forger:
 * whoever can write the file owns the platform anyway.
 */
#include "software/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/reader.h"
#include "software/key_file.h"

enum {
    MAGIC_SIZE = 16,
    SUMMED_SIZE = 96, /* what the sum at the file's end covers */
    RESERVED_SIZE = 16,
    DIRECTORY_MODE = 0700,
    FILE_MODE = 0400,
    CPUSVN_COMPONENT = 1, /* every component of a new platform's CPUSVN */
};

static const char MAGIC[MAGIC_SIZE + 1] = "coffer-secret-1\n";

/* FNV-1a, 64 bits: each step is a bijection, so that no single changed byte goes unseen. */
static uint64_t sum_of(struct span bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

int software_secret_parse(struct span file, struct software_secret *ret, struct err *err)
{
    struct reader r = reader_of(file);
    struct software_secret secret = {0};
    struct span magic = reader_bytes(&r, MAGIC_SIZE);
    struct span reserved;
    bool is_good;

    reader_copy(&r, secret.fuse, sizeof(secret.fuse));
    reader_copy(&r, secret.cpusvn, sizeof(secret.cpusvn));
    reader_copy(&r, secret.owner_epoch, sizeof(secret.owner_epoch));
    reserved = reader_bytes(&r, RESERVED_SIZE);
    is_good = reader_u64le(&r) == sum_of(span_sub(file, 0, SUMMED_SIZE)) && reader_ok(&r) &&
              file.len == SOFTWARE_SECRET_FILE_SIZE && span_equal_str(magic, MAGIC) &&
              span_is_zero(reserved);
    if (is_good)
        *ret = secret;
    software_secret_wipe(&secret);
    return is_good ? 0 : err_set(err, -EBADMSG, "not a node secret, or damaged");
}

static void secret_render(const struct software_secret *secret, struct buf *to)
{
    buf_put_str(to, MAGIC);
    buf_put(to, span_of(secret->fuse, sizeof(secret->fuse)));
    buf_put(to, span_of(secret->cpusvn, sizeof(secret->cpusvn)));
    buf_put(to, span_of(secret->owner_epoch, sizeof(secret->owner_epoch)));
    buf_put_zero(to, RESERVED_SIZE);
    buf_put_u64le(to, sum_of(buf_span(to)));
}

int software_secret_load(const char *dir, struct software_secret *ret, struct err *err)
{
    CLEANUP(key_file_wipe) struct buf file = buf_init(SOFTWARE_SECRET_FILE_SIZE);
    char path[PATH_SIZE];
    int r = path_join(dir, SOFTWARE_SECRET_FILE_NAME, path, err);

    if (r < 0)
        return r;
    key_file_clean(path);
    r = key_file_read(path, &file, err);
    if (r < 0) {
        err_wrap(err, "node secret");
        return r == -EMSGSIZE ? -EBADMSG : r;
    }
    r = software_secret_parse(buf_span(&file), ret, err);
    if (r < 0)
        err_wrap(err, "%s", path);
    return r;
}

static int secret_draw(struct software_secret *ret, struct err *err)
{
    memset(ret->cpusvn, CPUSVN_COMPONENT, sizeof(ret->cpusvn));
    if (getrandom(ret->fuse, sizeof(ret->fuse), 0) != sizeof(ret->fuse) ||
        getrandom(ret->owner_epoch, sizeof(ret->owner_epoch), 0) != sizeof(ret->owner_epoch))
        return err_errno(err, "random bytes for the node secret");
    return 0;
}

static int secret_make(struct buf *file, struct err *err)
{
    struct software_secret secret;
    int r = secret_draw(&secret, err);

    if (r == 0)
        secret_render(&secret, file);
    software_secret_wipe(&secret);
    if (r < 0)
        return r;
    r = buf_status(file);
    return r < 0 ? err_set(err, r, "node secret") : 0;
}

static int secret_create(const char *dir, struct err *err)
{
    CLEANUP(key_file_wipe) struct buf file = buf_init(SOFTWARE_SECRET_FILE_SIZE);
    char path[PATH_SIZE];
    int r = path_join(dir, SOFTWARE_SECRET_FILE_NAME, path, err);

    if (r < 0)
        return r;
    r = fd_make_dirs(dir, DIRECTORY_MODE, err);
    if (r < 0)
        return r;
    r = secret_make(&file, err);
    if (r < 0)
        return r;
    return key_file_create(path, buf_span(&file), FILE_MODE, err);
}

int software_secret_load_or_create(const char *dir, struct software_secret *ret, struct err *err)
{
    int r = software_secret_load(dir, ret, err);

    if (r != -ENOENT)
        return r;
    r = secret_create(dir, err);
    if (r < 0) {
        err_wrap(err, "make the node secret");
        return r;
    }
    return software_secret_load(dir, ret, err);
}

void software_secret_wipe(struct software_secret *secret)
{
    explicit_bzero(secret, sizeof(*secret));
}
