/* SPDX-License-Identifier: Apache-2.0 */
/* base/size.h: byte quantities as people and Kubernetes write them. */
#ifndef COFFER_BASE_SIZE_H
#define COFFER_BASE_SIZE_H

#include <stdint.h>

#include "base/err.h"

enum {
    SIZE_TEXT_SIZE = 32, /* bytes, NUL included, for size_render() */
};

#define SIZE_MIB (UINT64_C(1) << 20) /* bytes */

/**
 * size_parse() - "168Mi", "256Gi", "512Ki", "1Ti", "64MiB", "4G" (decimal) or plain bytes
 * Return: 0 and @ret_bytes; -EINVAL; -ERANGE above 2^63 - 1.
 */
NODISCARD int size_parse(const char *text, uint64_t *ret_bytes, struct err *err);

/** size_render() - "168 MiB", "256 GiB", "1.5 GiB", "4096 B": at most one decimal */
const char *size_render(uint64_t bytes, char text[static SIZE_TEXT_SIZE]);

#endif
