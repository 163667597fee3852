/* SPDX-License-Identifier: Apache-2.0 */
/* cmd/verify_batch.h: coffer verify --batch. */
#ifndef COFFER_CMD_VERIFY_BATCH_H
#define COFFER_CMD_VERIFY_BATCH_H

#include "base/options.h"
#include "cmd/verify_session.h"

/**
 * verify_batch_run() - judge the files whose paths are the lines of @list ("-": standard input)
 * Each line gives one line of JSON on standard output, written before the next line is read.
 * Return: the exit status: EXIT_YES when all were accepted; EXIT_NO when one was refused;
 * EXIT_UNDECIDED when one could not be judged, or there was none.
 */
int verify_batch_run(const struct options *options, const struct verify_session *s,
                     const char *list);

#endif
