/* SPDX-License-Identifier: Apache-2.0 */
/* A request for a quote that nothing is wrong with. */
#ifndef COFFER_TESTS_QUOTE_REQUEST_H
#define COFFER_TESTS_QUOTE_REQUEST_H

#include "aesm/answer.h"

/** quote_request_of() - asks for a quote of @report, which is borrowed */
static inline struct aesm_request quote_request_of(const uint8_t report[static AESM_REPORT_SIZE])
{
    return (struct aesm_request){
        .kind = AESM_GET_QUOTE_EX,
        .complete = true,
        .report = {true, span_of(report, AESM_REPORT_SIZE)},
        .key_id = {true, aesm_key_id()},
        .buf_size = 5000,
    };
}

#endif
