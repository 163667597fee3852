/* SPDX-License-Identifier: Apache-2.0 */
#include "sdk/measurement.h"

#include "sdk/image_memory.h"
#include "sgx/measure.h"

static void region_measure(struct sgx_measure *m, const uint8_t *memory,
                           const struct sdk_region *region)
{
    for (uint64_t at = region->offset; at < region->offset + region->size; at += SGX_PAGE_SIZE) {
        sgx_measure_add(m, at, region->secinfo);
        sgx_measure_extend_page(m, at, memory + at);
    }
}

int sdk_measure(const struct sdk_image *image, uint8_t ret_mrenclave[static SGX_HASH_SIZE],
                struct err *err)
{
    struct sdk_region region;
    struct sgx_measure m;
    uint8_t *memory;
    int r = sdk_image_map(image, &memory, err);

    if (r < 0)
        return r;
    sgx_measure_create(&m, image->ssa_frame_size, image->size);
    for (size_t i = 0; sdk_image_region(image, i, &region); i++)
        region_measure(&m, memory, &region);
    sgx_measure_final(&m, ret_mrenclave);
    sdk_image_unmap(image, memory);
    return 0;
}
