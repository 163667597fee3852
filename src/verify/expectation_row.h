/* SPDX-License-Identifier: Apache-2.0 */
/* verify/expectation_row.h: the names that can be expected, what their values are and what they
 * decide. */
#ifndef COFFER_VERIFY_EXPECTATION_ROW_H
#define COFFER_VERIFY_EXPECTATION_ROW_H

#include "verify/check.h"

enum {
    EXPECTATION_ROW_MAX = 64, /* rows of the table */
};

enum expectation_kind {
    EXPECTATION_NONE = 0,
    EXPECTATION_BYTES,     /* the field is one of the values */
    EXPECTATION_MASKED,    /* the field under the mask is one of the values under it */
    EXPECTATION_PREFIX,    /* the field begins with one of the values */
    EXPECTATION_PADDED,    /* the field is one of the values, filled up with zeros */
    EXPECTATION_HASH,      /* the same; the value names a file, whose hash counts */
    EXPECTATION_NUMBER,    /* the number is one of the values */
    EXPECTATION_MINIMUM,   /* the number is not below the value */
    EXPECTATION_DATE,      /* the date is not before the value */
    EXPECTATION_REFUSED,   /* no advisory is among the values */
    EXPECTATION_TOLERATED, /* every advisory is among the values */
    EXPECTATION_FLAG,      /* the platform's flag has this value */
    EXPECTATION_POLICY,    /* a member of the policy itself; the list gets nothing */
};

/** struct expectation_row - one name */
struct expectation_row {
    const char *name;
    const char *value; /* for --help */
    const char *help;
    enum expectation_kind kind;
    enum check_id check; /* the check that it decides */
    const char *field;   /* of quote_field.h; NULL: not a field of the report */
    size_t size;         /* bytes of the value or, of PREFIX and PADDED, at most; a hash's size */
    bool is_identity;    /* it says which code was measured, or who signed that code */
};

/** expectation_row_at() - the @index-th row; NULL past the end */
const struct expectation_row *expectation_row_at(size_t index);

#endif
