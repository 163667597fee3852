/* SPDX-License-Identifier: Apache-2.0 */
/* The node secret's file: what is taken must be a whole file with a right sum. */
#include <stdlib.h>

#include "software/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct software_secret secret;

    if (software_secret_parse(span_of(data, size), &secret, NULL) == 0 &&
        size != SOFTWARE_SECRET_FILE_SIZE)
        abort();
    return 0;
}
