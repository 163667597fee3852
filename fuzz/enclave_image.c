/* SPDX-License-Identifier: Apache-2.0 */
/* An enclave file, signed or not: whatever is laid out lies inside its own size, in order. */
#include <assert.h>
#include <sys/mman.h>

#include "sdk/container.h"
#include "sdk/image.h"

enum {
    FILL_SIZE_MAX = 16 * 1024 * 1024, /* bytes; larger images are only laid out */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(const struct sdk_image *image)
{
    uint8_t *memory = mmap(NULL, image->size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    assert(memory != MAP_FAILED);
    sdk_image_fill(image, memory);
    munmap(memory, image->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sdk_container c = {.elf = span_of(data, size)};
    struct sdk_image image;
    struct sdk_region region;
    uint64_t end = 0;

    if (sdk_settings_parse_manifest(span_of(NULL, 0), &c.settings, NULL) < 0)
        return 0;
    if (sdk_container_is(c.elf) && sdk_container_parse(span_of(data, size), &c, NULL) < 0)
        return 0;
    if (sdk_image_parse(c.elf, &c.settings, &image, NULL) < 0)
        return 0;
    for (size_t i = 0; i < 1000 && sdk_image_region(&image, i, &region); i++) {
        assert(region.size > 0 && region.offset >= end && region.offset % SGX_PAGE_SIZE == 0);
        end = region.offset + region.size;
        assert(end <= image.size);
    }
    if (image.size <= FILL_SIZE_MAX)
        fill(&image);
    return 0;
}
