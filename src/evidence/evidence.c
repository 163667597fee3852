/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/evidence.h"

#include <errno.h>
#include <stdio.h>

#include "evidence/scan.h"
#include "quote/open_enclave.h"
#include "quote/quote.h"

/* A vTPM report came with the quote: the quote's report data must be the hash of its runtime data.
 */
static void vtpm_bind(struct evidence_scan *s)
{
    struct evidence *ev = s->evidence;
    enum quote_wrapping wrapping;
    struct quote q;

    if (!s->has_vtpm || quote_parse(quote_unwrap(ev->wire, &wrapping), &q, NULL) < 0 ||
        !quote_is_td(&q))
        return;
    ev->binding =
        evidence_binding_bytes("the runtime data of the Azure vTPM report", buf_span(&s->runtime),
                               span_of(q.td.report_data, sizeof(q.td.report_data)));
}

static int outcome(struct evidence_scan *s, struct span input, struct err *err)
{
    const char *looks = evidence_looks(input);

    if (s->status < 0)
        return err_set(err, s->status, "evidence of %zu bytes", input.len);
    if (s->second[0])
        return err_set(err, -ENOTUNIQ,
                       "holds two different quotes, one as %s and one as %s: give "
                       "only the one to verify",
                       s->evidence->form, s->second);
    if (!s->has_quote && s->problem[0])
        return err_set(err, -EBADMSG, "looks like %s, without a quote that can be read: %s", looks,
                       s->problem);
    if (!s->has_quote && s->has_vtpm)
        return err_set(err, -EBADMSG,
                       "looks like an Azure vTPM report: it holds a TD report but no quote; give "
                       "JSON with the report and the quote");
    if (!s->has_quote)
        return err_set(err, -EBADMSG, "looks like %s, without a quote in it", looks);
    vtpm_bind(s);
    return 0;
}

int evidence_find(struct span input, struct evidence *ret, struct err *err)
{
    struct evidence found = {.bytes = buf_init(QUOTE_SIZE_MAX + OPEN_ENCLAVE_EVIDENCE_HEADER_SIZE +
                                               EVIDENCE_CERTIFICATE_SIZE_MAX)};
    struct evidence_scan s = {.evidence = &found, .runtime = buf_init(EVIDENCE_SIZE_MAX)};
    int r;

    if (input.len > EVIDENCE_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "%zu bytes, limit %d for evidence", input.len,
                       EVIDENCE_SIZE_MAX);
    evidence_scan_bytes(&s, input);
    r = outcome(&s, input, err);
    buf_done(&s.runtime);
    if (r < 0) {
        buf_done(&found.bytes);
        return r;
    }
    *ret = found;
    return 0;
}

void evidence_done(struct evidence *evidence)
{
    buf_done(&evidence->bytes);
    *evidence = (struct evidence){0};
}
