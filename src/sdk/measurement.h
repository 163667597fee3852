/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/measurement.h: the MRENCLAVE that an image will have. */
#ifndef COFFER_SDK_MEASUREMENT_H
#define COFFER_SDK_MEASUREMENT_H

#include "sdk/image.h"

/** sdk_measure() - Return: 0; -ENOMEM when there is no room in the address space for the image. */
NODISCARD int sdk_measure(const struct sdk_image *image,
                          uint8_t ret_mrenclave[static SGX_HASH_SIZE], struct err *err);

#endif
