/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vault: it seals the caller's secret so that only the same code, by the same signer, on the same
 * machine can read it again. The sealed bytes can be kept anywhere.
 */
#include <string.h>

#include "coffer/sdk_enclave.h"
#include "vault.h"

static int64_t put(void *data, size_t size)
{
    struct vault_message *m = data;
    uint8_t sealed[VAULT_SECRET_SIZE_MAX + COFFER_SEAL_OVERHEAD];
    enum coffer_status status;

    if (size != sizeof(*m) || m->size > VAULT_SECRET_SIZE_MAX)
        return COFFER_MALFORMED;
    status =
        coffer_seal(COFFER_SEAL_ENCLAVE | COFFER_SEAL_SIGNER, NULL, 0, m->bytes, m->size, sealed);
    if (status != COFFER_OK)
        return status;
    memset(m->bytes, 0, sizeof(m->bytes));
    m->size += COFFER_SEAL_OVERHEAD;
    memcpy(m->bytes, sealed, m->size);
    return COFFER_OK;
}

static int64_t get(void *data, size_t size)
{
    struct vault_message *m = data;
    uint8_t secret[VAULT_SECRET_SIZE_MAX];
    size_t label_size, secret_size;
    enum coffer_status status;

    if (size != sizeof(*m) || m->size > sizeof(m->bytes))
        return COFFER_MALFORMED;
    status = coffer_sealed_sizes(m->bytes, m->size, &label_size, &secret_size);
    if (status != COFFER_OK)
        return status;
    if (secret_size > sizeof(secret))
        return COFFER_MALFORMED;
    status = coffer_unseal(m->bytes, m->size, NULL, secret);
    if (status != COFFER_OK)
        return status;
    memcpy(m->bytes, secret, secret_size);
    m->size = (uint32_t)secret_size;
    coffer_wipe(secret, sizeof(secret));
    return COFFER_OK;
}

const coffer_ecall_fn coffer_ecalls[] = {[VAULT_PUT] = put, [VAULT_GET] = get};
const size_t coffer_ecall_count = sizeof(coffer_ecalls) / sizeof(coffer_ecalls[0]);

#ifdef VAULT_CHANGED
/* the same vault in every respect but one string: other code, so it opens nothing of the first */
const char vault_edition[] __attribute__((used, retain)) = "second edition";
#endif
