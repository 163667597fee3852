/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/image_memory.h: the pages of an image, laid out in memory of this process. */
#ifndef COFFER_SDK_IMAGE_MEMORY_H
#define COFFER_SDK_IMAGE_MEMORY_H

#include "sdk/image.h"

/**
 * sdk_image_map() - new memory with the content of sdk_image_fill()
 * Most of an enclave is heap and stack, which are zeros that are never written. The kernel maps
 * them all to one shared page of zeros, a huge one where it can, so they cost no memory and few
 * faults.
 * @ret: image->size bytes, released with sdk_image_unmap()
 * Return: 0; -ENOMEM.
 */
NODISCARD int sdk_image_map(const struct sdk_image *image, uint8_t **ret, struct err *err);
void sdk_image_unmap(const struct sdk_image *image, uint8_t *memory);

#endif
