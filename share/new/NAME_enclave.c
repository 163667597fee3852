/* The trusted half: runs in the enclave. Everything that the host gives may be wrong. */
#include "@NAME@.h"

#include "coffer/sdk_enclave.h"

static int64_t count(void *data, size_t size)
{
    struct @NAME@_count *c = data;
    uint32_t words = 0;
    bool inside = false;

    if (size != sizeof(*c))
        return COFFER_MALFORMED;
    for (size_t i = 0; i < sizeof(c->text) && c->text[i]; i++) {
        bool is_letter = c->text[i] != ' ';

        words += is_letter && !inside;
        inside = is_letter;
    }
    c->words = words;
    return COFFER_OK;
}

const coffer_ecall_fn coffer_ecalls[] = {[@NAME@_COUNT] = count};
const size_t coffer_ecall_count = sizeof(coffer_ecalls) / sizeof(coffer_ecalls[0]);
