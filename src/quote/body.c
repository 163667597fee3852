/* SPDX-License-Identifier: Apache-2.0 */
#include "quote/body.h"

#include <assert.h>

#include "base/reader.h"
#include "sgx/report.h"

size_t quote_body_size(enum quote_body_type type)
{
    switch (type) {
    case QUOTE_BODY_SGX:
        return SGX_REPORT_BODY_SIZE;
    case QUOTE_BODY_TD10:
        return QUOTE_TD10_SIZE;
    case QUOTE_BODY_TD15:
        return QUOTE_TD15_SIZE;
    case QUOTE_BODY_TD15_EX:
        return QUOTE_TD15_EX_SIZE;
    case QUOTE_BODY_NONE:
        break;
    }
    return 0;
}

const char *quote_body_name(enum quote_body_type type)
{
    switch (type) {
    case QUOTE_BODY_SGX:
        return "SGX enclave report";
    case QUOTE_BODY_TD10:
        return "TD report 1.0";
    case QUOTE_BODY_TD15:
        return "TD report 1.5";
    case QUOTE_BODY_TD15_EX:
        return "TD report 1.5 extended";
    case QUOTE_BODY_NONE:
        break;
    }
    return "unknown body";
}

#define READ(r, field)  reader_copy(r, field, sizeof(field))
#define PUT(out, field) buf_put(out, span_of(field, sizeof(field)))

static void td15_parse(struct reader *r, struct quote_td *ret)
{
    READ(r, ret->tee_tcb_svn2);
    READ(r, ret->mrservicetd);
}

static void td15_ex_parse(struct reader *r, struct quote_td *ret)
{
    ret->vmid = reader_u8(r);
    READ(r, ret->td_id);
    READ(r, ret->devinfo);
    READ(r, ret->init_servtd_hash);
    READ(r, ret->init_servtd_attr);
    READ(r, ret->init_cpusvn);
    READ(r, ret->init_tee_tcb_svn);
    READ(r, ret->init_fmspc);
    READ(r, ret->cur_servtd_hash);
    READ(r, ret->cur_servtd_attr);
}

void quote_body_td_parse(struct span wire, enum quote_body_type type, struct quote_td *ret)
{
    struct reader r = reader_of(wire);

    assert(type != QUOTE_BODY_SGX && wire.len == quote_body_size(type));
    memset(ret, 0, sizeof(*ret));
    READ(&r, ret->tee_tcb_svn);
    READ(&r, ret->mrseam);
    READ(&r, ret->mrsignerseam);
    READ(&r, ret->seamattributes);
    READ(&r, ret->tdattributes);
    READ(&r, ret->xfam);
    READ(&r, ret->mrtd);
    READ(&r, ret->mrconfigid);
    READ(&r, ret->mrowner);
    READ(&r, ret->mrownerconfig);
    READ(&r, ret->rtmr);
    READ(&r, ret->report_data);
    if (type >= QUOTE_BODY_TD15)
        td15_parse(&r, ret);
    if (type >= QUOTE_BODY_TD15_EX)
        td15_ex_parse(&r, ret);
    assert(reader_ok(&r) && r.rest.len == 0);
}

static void td15_render(const struct quote_td *body, struct buf *out)
{
    PUT(out, body->tee_tcb_svn2);
    PUT(out, body->mrservicetd);
}

static void td15_ex_render(const struct quote_td *body, struct buf *out)
{
    buf_put_u8(out, body->vmid);
    PUT(out, body->td_id);
    PUT(out, body->devinfo);
    PUT(out, body->init_servtd_hash);
    PUT(out, body->init_servtd_attr);
    PUT(out, body->init_cpusvn);
    PUT(out, body->init_tee_tcb_svn);
    PUT(out, body->init_fmspc);
    PUT(out, body->cur_servtd_hash);
    PUT(out, body->cur_servtd_attr);
}

void quote_body_td_render(const struct quote_td *body, enum quote_body_type type, struct buf *out)
{
    PUT(out, body->tee_tcb_svn);
    PUT(out, body->mrseam);
    PUT(out, body->mrsignerseam);
    PUT(out, body->seamattributes);
    PUT(out, body->tdattributes);
    PUT(out, body->xfam);
    PUT(out, body->mrtd);
    PUT(out, body->mrconfigid);
    PUT(out, body->mrowner);
    PUT(out, body->mrownerconfig);
    PUT(out, body->rtmr);
    PUT(out, body->report_data);
    if (type >= QUOTE_BODY_TD15)
        td15_render(body, out);
    if (type >= QUOTE_BODY_TD15_EX)
        td15_ex_render(body, out);
}
