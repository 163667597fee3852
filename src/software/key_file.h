/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software/key_file.h: files that hold keys. One is read only when nobody but its owner can have
 * changed it or read it, and it is written so that a crash at any instant leaves the old file, the
 * new one, or none. Its owner is this process's user or root.
 */
#ifndef COFFER_SOFTWARE_KEY_FILE_H
#define COFFER_SOFTWARE_KEY_FILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/** key_file_wipe() - cleanup for a buffer that held keys: overwritten, then released */
void key_file_wipe(struct buf *b);

/**
 * key_file_check_dir() - may keys be kept in @dir
 * Return: 0; -ENOENT; -EPERM with the remedy when another user owns it, or may write in it.
 */
NODISCARD int key_file_check_dir(const char *dir, struct err *err);

/**
 * key_file_read() - append the whole file to @into, whose max bounds it
 *
 * Symbolic links are followed, since Kubernetes makes the files of a Secret of them. The group may
 * read, which is how a Secret is given to a user (fsGroup); others may not.
 *
 * Return: 0; -ENOENT; -EPERM with the remedy when others may read or change it, or the directory;
 * -EMSGSIZE; negative errno.
 */
NODISCARD int key_file_read(const char *path, struct buf *into, struct err *err);

/**
 * key_file_create() - make the file, unless there is one already, which is then kept
 * Return: 0 in both cases; negative errno.
 */
NODISCARD int key_file_create(const char *path, struct span content, mode_t mode, struct err *err);

/** key_file_replace() - make the file, or put it in the place of the one that there is */
NODISCARD int key_file_replace(const char *path, struct span content, mode_t mode, struct err *err);

/** key_file_clean() - remove what a process that was killed left of writing the file at @path */
void key_file_clean(const char *path);

#endif
