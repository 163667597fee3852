/* SPDX-License-Identifier: Apache-2.0 */
/* The enclave of bench_sgx: calls that work, or encrypt, for a given number of rounds. */
#include <string.h>

#include "coffer/sdk_enclave.h"
#include "crypto_bare/accel.h"
#include "crypto_bare/gcm.h"
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

static int64_t encrypt(void *data, size_t size)
{
    static uint8_t text[SGX_WORK_TEXT], key[AES128_KEY_SIZE], iv[GCM_IV_SIZE], tag[GCM_TAG_SIZE];
    const struct gcm_input in = {.key = key, .iv = iv, .text = text, .text_size = sizeof(text)};
    struct sgx_work_encrypt todo;

    if (size != sizeof(todo))
        return -1;
    memcpy(&todo, data, sizeof(todo));
    accel_set(todo.features);
    for (uint32_t i = 0; i < todo.rounds; i++)
        gcm_encrypt(&in, text, tag);
    return tag[0];
}

const coffer_ecall_fn coffer_ecalls[] = {work, encrypt};
const size_t coffer_ecall_count = 2;
