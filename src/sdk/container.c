/* SPDX-License-Identifier: Apache-2.0 */
#include "sdk/container.h"

#include <errno.h>

static const uint8_t magic[SDK_MAGIC_SIZE] = "COFFER-ENCLAVE-1";

bool sdk_container_is(struct span file)
{
    return file.len >= SDK_TRAILER_SIZE &&
           memcmp(file.data + file.len - SDK_MAGIC_SIZE, magic, SDK_MAGIC_SIZE) == 0;
}

int sdk_container_parse(struct span file, struct sdk_container *ret, struct err *err)
{
    struct sdk_container c;
    const uint8_t *trailer;
    int r;

    if (!sdk_container_is(file))
        return err_set(err, -EBADMSG, "not a signed enclave (use coffer sign)");
    trailer = file.data + file.len - SDK_TRAILER_SIZE;
    r = sdk_settings_parse(trailer, &c.settings, err);
    if (r < 0)
        return r;
    c.elf = span_of(file.data, file.len - SDK_TRAILER_SIZE);
    c.sigstruct = span_of(trailer + SDK_SETTINGS_SIZE, SGX_SIGSTRUCT_SIZE);
    *ret = c;
    return 0;
}

void sdk_container_trailer(const struct sdk_settings *settings,
                           const uint8_t sigstruct[static SGX_SIGSTRUCT_SIZE],
                           uint8_t ret[static SDK_TRAILER_SIZE])
{
    sdk_settings_render(settings, ret);
    memcpy(ret + SDK_SETTINGS_SIZE, sigstruct, SGX_SIGSTRUCT_SIZE);
    memcpy(ret + SDK_SETTINGS_SIZE + SGX_SIGSTRUCT_SIZE, magic, SDK_MAGIC_SIZE);
}
