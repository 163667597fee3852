/* SPDX-License-Identifier: Apache-2.0 */
/* verify/coffer_internal.h: between libcoffer's public types and ours; for the coffer*.c files
 * only. */
#ifndef COFFER_VERIFY_COFFER_INTERNAL_H
#define COFFER_VERIFY_COFFER_INTERNAL_H

#include <stdio.h>

#include "coffer.h"

#include "base/err.h"
#include "base/span.h"
#include "evidence/evidence.h"
#include "verify/verdict.h"

/** struct coffer_evidence - owns a copy of the input, which a raw quote points into */
struct coffer_evidence {
    struct evidence found;
    struct buf input;
};

static inline struct span span_in(struct coffer_bytes b)
{
    return span_of(b.data, b.data ? b.size : 0);
}

static inline struct coffer_bytes bytes_out(const void *data, size_t size)
{
    return (struct coffer_bytes){.data = data, .size = size};
}

static inline int error_out(struct coffer_error *to, const struct err *from, int code)
{
    if (to) {
        to->code = code;
        snprintf(to->text, sizeof(to->text), "%s", from->text);
    }
    return code;
}

/* NULL reads as a verdict of which nothing is established, so a caller that ignored an error is
 * refused. */
static inline const struct verdict *verdict_in(const struct coffer_verdict *v)
{
    static const struct verdict nothing;

    return v ? (const struct verdict *)(const void *)v : &nothing;
}

#endif
