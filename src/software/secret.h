/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software/secret.h: the software platform's identity. One secret a node stands in for the fuses of
 * a processor; every enclave, quote and seal of the node derives from it. It is made once, lives in
 * a file that only root can read, and protects nothing against somebody who can read that file.
 */
#ifndef COFFER_SOFTWARE_SECRET_H
#define COFFER_SOFTWARE_SECRET_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    SOFTWARE_SECRET_FUSE_SIZE = 32,
    SOFTWARE_SECRET_CPUSVN_SIZE = 16,
    SOFTWARE_SECRET_OWNER_EPOCH_SIZE = 16,
    SOFTWARE_SECRET_FILE_SIZE = 104, /* bytes of the file, exactly */
};

#define SOFTWARE_SECRET_FILE_NAME                                                                  \
    "secret" /* in the directory given to software_secret_load_or_create() */

/** struct software_secret - plain data; wipe with software_secret_wipe() */
struct software_secret {
    uint8_t fuse[SOFTWARE_SECRET_FUSE_SIZE];
    uint8_t cpusvn[SOFTWARE_SECRET_CPUSVN_SIZE];
    uint8_t owner_epoch[SOFTWARE_SECRET_OWNER_EPOCH_SIZE];
};

/**
 * software_secret_load() - read DIR/secret
 * Return: 0; -ENOENT when there is none; -EBADMSG when the file is damaged (it is never replaced
 * silently: sealed data depends on it); another errno of open or read.
 */
NODISCARD int software_secret_load(const char *dir, struct software_secret *ret, struct err *err);

/**
 * software_secret_load_or_create() - read DIR/secret, or make it with fresh random bytes
 *
 * @dir is made with mode 0700 when missing. Two processes that do this at once end with the same
 * secret: the file is written and synced under another name and then linked, which only one of
 * them can. A crash at any instant leaves no file or a whole one.
 *
 * Return: as software_secret_load(), and errno of making the file.
 */
NODISCARD int software_secret_load_or_create(const char *dir, struct software_secret *ret,
                                             struct err *err);

/**
 * software_secret_parse() - the file's layout: 16 bytes "coffer-secret-1\n", fuse 32, CPUSVN 16,
 * owner epoch 16, 16 zero bytes, and the FNV-1a of the 96 bytes before it, 8 bytes little-endian.
 * The sum finds a damaged disk, not a forger: whoever can write the file owns the platform anyway.
 * Return: 0; -EBADMSG.
 */
NODISCARD int software_secret_parse(struct span file, struct software_secret *ret, struct err *err);

/** software_secret_wipe() - overwrite with zeros, not optimised away */
void software_secret_wipe(struct software_secret *secret);

#endif
