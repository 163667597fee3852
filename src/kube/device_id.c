/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/device_id.h"

#include <string.h>

enum {
    DIGIT_BITS = 6, /* of an index in one character */
    DIGIT_MASK = 63,
};

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

void device_id_render(uint32_t index, char ret_id[static DEVICE_ID_SIZE])
{
    for (size_t i = DEVICE_ID_SIZE; i > 0; i--) {
        ret_id[i - 1] = alphabet[index & DIGIT_MASK];
        index >>= DIGIT_BITS;
    }
}

bool device_id_parse(struct span id, uint32_t *ret)
{
    uint32_t index = 0;

    if (id.len != DEVICE_ID_SIZE)
        return false;
    for (size_t i = 0; i < DEVICE_ID_SIZE; i++) {
        const char *at = id.data[i] ? strchr(alphabet, id.data[i]) : NULL;

        if (!at)
            return false;
        index = index << DIGIT_BITS | (uint32_t)(at - alphabet);
    }
    *ret = index;
    return true;
}
