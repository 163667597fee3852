/* SPDX-License-Identifier: Apache-2.0 */
/* verify/expectation_value.h: one value of an expectation, from text and back. */
#ifndef COFFER_VERIFY_EXPECTATION_VALUE_H
#define COFFER_VERIFY_EXPECTATION_VALUE_H

#include "base/buf.h"
#include "base/err.h"
#include "verify/expectation_row.h"

enum {
    EXPECTATION_SIZE_MAX = 64,                    /* bytes of one value */
    EXPECTATION_TEXT_SIZE_MAX = 512,              /* bytes of a value that is put */
    EXPECTATION_DATA_SIZE_MAX = 16 * 1024 * 1024, /* bytes of a file whose hash is expected */
};

/** struct expectation - one value of one row */
struct expectation {
    uint8_t row;
    uint8_t size;                        /* of @bytes */
    uint8_t bytes[EXPECTATION_SIZE_MAX]; /* a field's value, or an advisory id */
    uint8_t mask[EXPECTATION_SIZE_MAX];  /* MASKED */
    int64_t number;                      /* NUMBER, MINIMUM; DATE in unix seconds; FLAG 0 or 1 */
};

/** struct expectation_files - how a value that names a file is read; a seam, and a privilege */
struct expectation_files {
    int (*read)(void *context, struct span path, struct buf *into, struct err *err);
    void *context;
};

/**
 * expectation_value_parse() - one value of the row @index, which is not of kind POLICY
 * Return: 0 and @x; -EINVAL; errors of @files, which may be NULL.
 */
NODISCARD int expectation_value_parse(size_t index, struct span text,
                                      const struct expectation_files *files, struct expectation *x,
                                      struct err *err);

/** expectation_value_put() - the value as it is written in a file; latches in @out */
void expectation_value_put(const struct expectation *x, struct buf *out);

#endif
