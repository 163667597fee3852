/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest that is taken survives its wire form. */
#include <assert.h>

#include "sdk/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t wire[SDK_SETTINGS_SIZE], again[SDK_SETTINGS_SIZE];
    struct sdk_settings s;
    struct err err = {0};

    if (sdk_settings_parse_manifest(span_of(data, size), &s, &err) < 0)
        return 0;
    sdk_settings_render(&s, wire);
    assert(sdk_settings_parse(wire, &s, &err) == 0);
    sdk_settings_render(&s, again);
    assert(memcmp(wire, again, sizeof(wire)) == 0);
    return 0;
}
