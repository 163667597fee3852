/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/image_memory.h: an image's pages, laid out in this process's memory. */
#ifndef COFFER_SDK_IMAGE_MEMORY_H
#define COFFER_SDK_IMAGE_MEMORY_H

#include "sdk/image.h"

/**
 * sdk_image_map() - fresh memory with sdk_image_fill()'s content
 * Most of an enclave is heap and stack, zeros that nobody wrote: they stay one shared page of
 * zeros, huge where the kernel has such, and cost neither memory nor a fault each. Return: 0 and
 * @ret, image->size bytes, released with sdk_image_unmap(); -ENOMEM.
 */
NODISCARD int sdk_image_map(const struct sdk_image *image, uint8_t **ret, struct err *err);
void sdk_image_unmap(const struct sdk_image *image, uint8_t *memory);

#endif
