/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/collateral/samples.h: the files of tests/data/collateral, as they are and edited. */
#ifndef COFFER_TESTS_COLLATERAL_SAMPLES_H
#define COFFER_TESTS_COLLATERAL_SAMPLES_H

#include "base/buf.h"
#include "base/err.h"
#include "mutate.h"

/** sample_read() - the bytes of tests/data/collateral/@name */
struct buf sample_read(const char *name);

/** struct sample_edit - @from, which must occur, replaced by @to at its first place */
struct sample_edit {
    const char *from;
    const char *to;
    const char *message; /* a part of the error that the edit causes */
};

/** sample_edited() - @name with @edit */
struct buf sample_edited(const char *name, const struct sample_edit *edit);

/** sample_edits_fail() - each edit of @name makes @parse return -EBADMSG with its message */
void sample_edits_fail(const char *name, const struct sample_edit *edits, size_t count,
                       int (*parse)(struct span json, struct err *err));

/** sample_is_survived() - no proper prefix of @name parses, and no flipped bit crashes */
void sample_is_survived(const char *name, mutate_parse parse);

#endif
