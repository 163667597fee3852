/* SPDX-License-Identifier: Apache-2.0 */
#include "sdk/image_memory.h"

#include <sys/mman.h>

int sdk_image_map(const struct sdk_image *image, uint8_t **ret, struct err *err)
{
    uint8_t *memory = mmap(NULL, image->size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return err_errno(err, "memory for an image of %zu bytes", (size_t)image->size);
    (void)madvise(memory, image->size, MADV_HUGEPAGE); /* may fail on a kernel without huge pages */
    sdk_image_fill(image, memory);
    *ret = memory;
    return 0;
}

void sdk_image_unmap(const struct sdk_image *image, uint8_t *memory)
{
    munmap(memory, image->size);
}
