/* SPDX-License-Identifier: Apache-2.0 */
/* The messages between the vault and its host: one buffer of fixed size, in and out. */
#ifndef VAULT_H
#define VAULT_H

#include <stdint.h>

enum {
    VAULT_SECRET_SIZE_MAX = 4096, /* bytes */
    VAULT_BYTES_SIZE = 8192,      /* bytes, room for a sealed secret */

    /* entry points: both return an enum coffer_status */
    VAULT_PUT = 0, /* in: a secret; out: the secret sealed */
    VAULT_GET = 1, /* in: a sealed secret; out: the secret */
};

struct vault_message {
    uint32_t size; /* bytes used */
    uint8_t bytes[VAULT_BYTES_SIZE];
};

#endif
