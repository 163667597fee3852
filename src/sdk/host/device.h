/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/host/device.h: loads an enclave with the ioctls of /dev/sgx_enclave. */
#ifndef COFFER_SDK_HOST_DEVICE_H
#define COFFER_SDK_HOST_DEVICE_H

#include "coffer/sdk_host.h"
#include "sdk/container.h"
#include "sdk/image.h"

/**
 * device_load() - reserve addresses, create, add all pages, initialise and map
 * @ret_base: image->size bytes, to be unmapped by the caller; the mapping keeps the enclave alive
 * Return: 0; negative errno as coffer_load().
 */
NODISCARD int device_load(const struct sdk_image *image, struct span sigstruct,
                          const struct coffer_load_options *options, uint8_t **ret_base,
                          struct err *err);

#endif
