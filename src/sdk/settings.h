/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdk/settings.h: the settings of an enclave besides its code: memory, threads, attributes,
 * versions. People write them as a manifest, `key = value` lines with `#` comments. A signed
 * enclave contains them as SDK_SETTINGS_SIZE bytes, so that a loader lays the enclave out as it was
 * measured.
 */
#ifndef COFFER_SDK_SETTINGS_H
#define COFFER_SDK_SETTINGS_H

#include "base/err.h"
#include "base/span.h"
#include "sgx/arch.h"

enum {
    SDK_SETTINGS_SIZE = 128, /* bytes on the wire */
    SDK_MANIFEST_SIZE_MAX = 64 * 1024,
    SDK_THREADS_MAX = 1024,
    SDK_STACK_SIZE_MIN = 16 * 1024,
    SDK_STACK_SIZE_MAX = 64 * 1024 * 1024,
};
#define SDK_HEAP_SIZE_MAX (UINT64_C(1) << 35) /* bytes */

struct sdk_settings {
    uint64_t heap_size;  /* bytes, a multiple of a page */
    uint64_t stack_size; /* bytes a thread, a multiple of a page */
    uint32_t threads;    /* 1 to SDK_THREADS_MAX */
    uint32_t miscselect;
    struct sgx_attributes attributes;
    uint16_t product_id;
    uint16_t svn;
    uint8_t family_id[SGX_PRODUCT_ID_SIZE];
    uint8_t ext_product_id[SGX_PRODUCT_ID_SIZE];
};

/**
 * sdk_settings_parse_manifest() - keys: heap, stack (sizes: 64Ki, 4Mi), threads, product_id, svn
 * (numbers), debug, provision, kss, exinfo, avx (yes or no), family_id, ext_product_id (32
 * hexadecimal digits). A key that is not named has its default: 1 MiB heap, 64 KiB stack, one
 * thread, product 0, SVN 0, everything else no. Return: 0; -EINVAL with the line's number: unknown
 * or repeated key, bad value, out of range.
 */
NODISCARD int sdk_settings_parse_manifest(struct span text, struct sdk_settings *ret,
                                          struct err *err);

/** sdk_settings_parse() - decode untrusted bytes. Return: 0; -EBADMSG when a value is out of
 *  range. */
NODISCARD int sdk_settings_parse(const uint8_t wire[static SDK_SETTINGS_SIZE],
                                 struct sdk_settings *ret, struct err *err);

void sdk_settings_render(const struct sdk_settings *settings,
                         uint8_t ret_wire[static SDK_SETTINGS_SIZE]);

#endif
