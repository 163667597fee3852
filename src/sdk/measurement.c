#include "sdk/measurement.h"

#include <sys/mman.h>

#include "sgx/measure.h"

static void measure_region(struct sgx_measure *m, const uint8_t *memory,
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
    uint8_t *memory = mmap(NULL, image->size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return err_errno(err, "memory for an image of %zu bytes", (size_t)image->size);
    sdk_image_fill(image, memory);
    sgx_measure_create(&m, image->ssa_frame_size, image->size);
    for (size_t i = 0; sdk_image_region(image, i, &region); i++)
        measure_region(&m, memory, &region);
    sgx_measure_final(&m, ret_mrenclave);
    munmap(memory, image->size);
    return 0;
}
