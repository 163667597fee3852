/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest enclave that can be attested: it makes a report over the data of the caller. */
#include "coffer/sdk_enclave.h"
#include "report.h"

static int64_t make(void *data, size_t size)
{
    struct report_message *m = data;

    if (size != sizeof(*m))
        return COFFER_MALFORMED;
    return coffer_report(m->target, m->data, m->report);
}

const coffer_ecall_fn coffer_ecalls[] = {[REPORT_MAKE] = make};
const size_t coffer_ecall_count = sizeof(coffer_ecalls) / sizeof(coffer_ecalls[0]);
