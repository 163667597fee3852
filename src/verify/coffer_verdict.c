/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcoffer's functions that read a verdict, or write it as text. A verdict is immutable, so they
 * may be called from any thread, and pointers that they give live as long as the verdict.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "quote/quote_field.h"
#include "verify/coffer_internal.h"
#include "verify/ear.h"
#include "verify/verify.h"

enum {
    REPORT_SIZE_MAX = 4 * 1024 * 1024, /* bytes of a JSON report */
};

PUBLIC void coffer_verdict_free(struct coffer_verdict *verdict)
{
    verdict_free((struct verdict *)(void *)verdict);
}

PUBLIC bool coffer_verdict_is_accepted(const struct coffer_verdict *verdict)
{
    return verdict_is_accepted(verdict_in(verdict));
}

PUBLIC enum coffer_tcb_status coffer_verdict_status(const struct coffer_verdict *verdict)
{
    return (enum coffer_tcb_status)verdict_in(verdict)->status;
}

PUBLIC enum coffer_tcb_status coffer_verdict_launch_status(const struct coffer_verdict *verdict)
{
    return (enum coffer_tcb_status)verdict_in(verdict)->launch_status;
}

PUBLIC enum coffer_tcb_status coffer_verdict_current_status(const struct coffer_verdict *verdict)
{
    return (enum coffer_tcb_status)verdict_in(verdict)->current_status;
}

PUBLIC enum coffer_freshness coffer_verdict_freshness(const struct coffer_verdict *verdict)
{
    return (enum coffer_freshness)verdict_in(verdict)->freshness;
}

PUBLIC bool coffer_verdict_tcb_date(const struct coffer_verdict *verdict, int64_t *ret_seconds)
{
    const struct verdict *v = verdict_in(verdict);

    if (v->has_tcb_date)
        *ret_seconds = v->tcb_date;
    return v->has_tcb_date;
}

PUBLIC bool coffer_verdict_evaluation_number(const struct coffer_verdict *verdict, uint32_t *ret)
{
    const struct verdict *v = verdict_in(verdict);

    if (v->has_evaluation_number)
        *ret = v->evaluation_number;
    return v->has_evaluation_number;
}

static struct coffer_bytes word_out(const struct span *words, size_t count, size_t index)
{
    return index < count ? bytes_out(words[index].data, words[index].len) : bytes_out(NULL, 0);
}

PUBLIC struct coffer_bytes coffer_verdict_advisory(const struct coffer_verdict *verdict,
                                                   size_t index)
{
    const struct verdict *v = verdict_in(verdict);

    return word_out(v->advisories, v->advisory_count, index);
}

PUBLIC struct coffer_bytes coffer_verdict_current_advisory(const struct coffer_verdict *verdict,
                                                           size_t index)
{
    const struct verdict *v = verdict_in(verdict);

    if (!verdict_has_two_levels(v))
        return word_out(v->advisories, v->advisory_count, index);
    return word_out(v->current_advisories, v->current_advisory_count, index);
}

PUBLIC const char *coffer_verdict_note(const struct coffer_verdict *verdict, size_t index)
{
    const struct verdict *v = verdict_in(verdict);

    return index < v->note_count ? v->notes[index] : NULL;
}

PUBLIC bool coffer_verdict_is_td(const struct coffer_verdict *verdict)
{
    const struct verdict *v = verdict_in(verdict);

    return v->has_quote && quote_is_td(&v->quote);
}

static const struct quote_field *field_find(const struct verdict *v, const char *name)
{
    return v->has_quote ? quote_field_find(&v->quote, span_str(name)) : NULL;
}

PUBLIC struct coffer_bytes coffer_verdict_field(const struct coffer_verdict *verdict,
                                                const char *name)
{
    const struct verdict *v = verdict_in(verdict);
    const struct quote_field *field = field_find(v, name);
    struct span bytes = field ? quote_field_bytes(&v->quote, field) : span_of(NULL, 0);

    return bytes_out(bytes.data, bytes.len);
}

PUBLIC bool coffer_verdict_number(const struct coffer_verdict *verdict, const char *name,
                                  uint64_t *ret)
{
    const struct verdict *v = verdict_in(verdict);
    const struct quote_field *field = field_find(v, name);

    if (!field || !field->is_number)
        return false;
    *ret = quote_field_number(&v->quote, field);
    return true;
}

PUBLIC const char *coffer_verdict_field_name(const struct coffer_verdict *verdict, size_t index)
{
    const struct verdict *v = verdict_in(verdict);
    const struct quote_field *field = v->has_quote ? quote_field_at(&v->quote, index) : NULL;

    return field ? field->name : NULL;
}

PUBLIC struct coffer_bytes coffer_verdict_report_data(const struct coffer_verdict *verdict)
{
    return coffer_verdict_field(verdict, "report_data");
}

PUBLIC struct coffer_bytes coffer_verdict_measurement(const struct coffer_verdict *verdict)
{
    return coffer_verdict_field(verdict, coffer_verdict_is_td(verdict) ? "mrtd" : "mrenclave");
}

PUBLIC struct coffer_bytes coffer_verdict_mrsigner(const struct coffer_verdict *verdict)
{
    return coffer_verdict_field(verdict, "mrsigner");
}

PUBLIC bool coffer_verdict_check(const struct coffer_verdict *verdict, size_t index,
                                 struct coffer_check *ret)
{
    const struct verdict *v = verdict_in(verdict);

    for (int i = 0; i < CHECK_COUNT; i++) {
        const struct check *c = &v->checks.check[i];

        if (c->outcome == CHECK_NOT_APPLICABLE || index-- > 0)
            continue;
        *ret = (struct coffer_check){.name = check_name((enum check_id)i),
                                     .rule = check_rule((enum check_id)i),
                                     .detail = c->detail,
                                     .is_passed = c->outcome == CHECK_PASSED,
                                     .is_evaluated = c->outcome != CHECK_NOT_EVALUATED};
        return true;
    }
    return false;
}

PUBLIC bool coffer_verdict_short_svn(const struct coffer_verdict *verdict, size_t index,
                                     struct coffer_short_svn *ret)
{
    const struct verdict *v = verdict_in(verdict);

    if (index >= v->short_count)
        return false;
    *ret = (struct coffer_short_svn){.component = v->shorts[index].component,
                                     .have = v->shorts[index].have,
                                     .need = v->shorts[index].need};
    return true;
}

/* A buffer's content as text that the caller frees; -ENOMEM and whatever else it latched. */
static int text_out(struct buf *text, char **ret, struct coffer_error *error)
{
    char *taken = (char *)buf_take(text, NULL);
    int r;

    if (taken) {
        *ret = taken;
        return 0;
    }
    r = buf_status(text) < 0 ? buf_status(text) : -ENOMEM;
    buf_done(text);
    return error_out(error, &(struct err){.text = "render the report"}, r);
}

PUBLIC int coffer_verdict_json(const struct coffer_verdict *verdict, char **ret,
                               struct coffer_error *error)
{
    struct buf out = buf_init(REPORT_SIZE_MAX);

    verdict_json_render(verdict_in(verdict), false, &out);
    return text_out(&out, ret, error);
}

PUBLIC int coffer_verdict_token(const struct coffer_verdict *verdict,
                                struct coffer_bytes private_key, char **ret,
                                struct coffer_error *error)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    struct buf out = buf_init(EAR_TOKEN_SIZE_MAX);
    struct err err = {0};
    int r = ear_key_parse(span_in(private_key), &key, &err);

    if (r == 0)
        r = ear_token_put(verdict_in(verdict), key, &out, &err);
    if (r < 0) {
        buf_done(&out);
        return error_out(error, &err, r);
    }
    return text_out(&out, ret, error);
}

PUBLIC void coffer_text_free(char *text)
{
    free(text);
}
