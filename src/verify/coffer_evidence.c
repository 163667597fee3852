/* SPDX-License-Identifier: Apache-2.0 */
/* libcoffer's functions for the forms that a quote comes in. */
#include "verify/coffer_internal.h"

#include <assert.h>
#include <errno.h>

#include "base/macros.h"

static_assert((int)COFFER_BOUND == EVIDENCE_BOUND && (int)COFFER_NOT_BOUND == EVIDENCE_NOT_BOUND,
              "the public outcomes of a binding are the internal ones");

PUBLIC int coffer_evidence_find(struct coffer_bytes input, struct coffer_evidence **ret,
                                struct coffer_error *error)
{
    struct coffer_evidence *e = calloc(1, sizeof(*e));
    struct err err = {0};
    int r;

    if (!e)
        return error_out(error, &(struct err){.text = "evidence"}, -ENOMEM);
    e->input = buf_init(EVIDENCE_SIZE_MAX);
    buf_put(&e->input, span_in(input));
    r = buf_status(&e->input);
    if (r < 0)
        err_set(&err, r, "%zu bytes, limit %d for evidence", input.size, EVIDENCE_SIZE_MAX);
    else
        r = evidence_find(buf_span(&e->input), &e->found, &err);
    if (r < 0) {
        coffer_evidence_free(e);
        return error_out(error, &err, r);
    }
    *ret = e;
    return 0;
}

PUBLIC void coffer_evidence_free(struct coffer_evidence *e)
{
    if (!e)
        return;
    evidence_done(&e->found);
    buf_done(&e->input);
    free(e);
}

PUBLIC const char *coffer_evidence_form(const struct coffer_evidence *e)
{
    return e ? e->found.form : "";
}

PUBLIC struct coffer_bytes coffer_evidence_quote(const struct coffer_evidence *e)
{
    return e ? bytes_out(e->found.wire.data, e->found.wire.len) : bytes_out(NULL, 0);
}

PUBLIC enum coffer_binding coffer_evidence_binding(const struct coffer_evidence *e)
{
    return e ? (enum coffer_binding)e->found.binding.state : COFFER_NOT_BOUND;
}

PUBLIC const char *coffer_evidence_binding_detail(const struct coffer_evidence *e)
{
    return e ? e->found.binding.text : "";
}

PUBLIC struct coffer_bytes coffer_evidence_certificate(const struct coffer_evidence *e)
{
    if (!e || !e->found.has_certificate)
        return bytes_out(NULL, 0);
    return bytes_out(e->found.certificate.der.data, e->found.certificate.der.len);
}
