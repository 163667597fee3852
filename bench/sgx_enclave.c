/* SPDX-License-Identifier: Apache-2.0 */
/* The enclave of bench_sgx: one call that works for a given number of rounds. */
#include <string.h>

#include "coffer/sdk_enclave.h"
#include "sgx_work.h"

static uint64_t table[SGX_WORK_TABLE];

static int64_t work(void *data, size_t size)
{
    uint64_t rounds;

    if (size != sizeof(rounds))
        return -1;
    memcpy(&rounds, data, sizeof(rounds));
    memset(table, 0, sizeof(table));
    return (int64_t)sgx_work(table, rounds);
}

const coffer_ecall_fn coffer_ecalls[] = {work};
const size_t coffer_ecall_count = 1;
