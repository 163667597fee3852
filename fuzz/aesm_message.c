/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the message of a client's frame, parsed and answered. */
#include <stdlib.h>

#include "aesm/answer.h"
#include "aesm/peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t init(void *self, struct aesm_quote_identity *ret, struct err *err)
{
    (void)self;
    (void)ret;
    (void)err;
    return AESM_SUCCESS;
}

static uint32_t quote_size(void *self, uint32_t *ret_size, struct err *err)
{
    (void)self;
    (void)err;
    *ret_size = 1;
    return AESM_SUCCESS;
}

static uint32_t quote(void *self, const struct aesm_quote_order *order, struct err *err)
{
    (void)self;
    (void)err;
    memset(order->quote, order->report[AESM_REPORT_SIZE - 1], order->quote_size);
    if (order->qe_report_info)
        memset(order->qe_report_info, 1, AESM_QE_REPORT_INFO_SIZE);
    return order->report[0] ? AESM_SUCCESS : AESM_INVALID_REPORT;
}

static const struct aesm_backend backend = {.init = init, .size = quote_size, .quote = quote};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_done) struct buf out = buf_init(AESM_RESPONSE_SIZE_MAX);
    struct aesm_response response;
    struct aesm_canonical canonical;
    struct aesm_request request;
    char name[AESM_PEER_NAME_SIZE];
    uint32_t code;

    aesm_peer_name_parse(span_of(data, size), name);
    (void)!aesm_response_parse(span_of(data, size), &response, NULL);
    if (size > AESM_REQUEST_SIZE_MAX || aesm_request_parse(span_of(data, size), &request, NULL) < 0)
        return 0;
    if (!aesm_answer_at_once(&request, &out, &code)) {
        aesm_request_canonical(&request, &canonical);
        aesm_answer(&backend, &canonical, &out, NULL);
    }
    if (buf_status(&out) == 0 &&
        aesm_response_parse(span_from(buf_span(&out), AESM_FRAME_HEADER_SIZE), &response, NULL) < 0)
        abort();
    return 0;
}
