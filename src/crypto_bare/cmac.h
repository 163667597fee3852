/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_bare/cmac.h: AES-128-CMAC (RFC 4493). */
#ifndef COFFER_CRYPTO_BARE_CMAC_H
#define COFFER_CRYPTO_BARE_CMAC_H

#include <stddef.h>
#include <stdint.h>

#include "crypto_bare/aes.h"

enum {
    CMAC_SIZE = 16, /* bytes */
};

/** cmac() - the tag of @size bytes at @data under @key */
void cmac(const uint8_t key[static AES128_KEY_SIZE], const void *data, size_t size,
          uint8_t ret_tag[static CMAC_SIZE]);

#endif
