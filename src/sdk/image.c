/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout is a function of the ELF and of the settings alone, and every user walks it through
 * sdk_image_region(): `coffer measure` hashes the regions, `coffer sign` signs that hash, the
 * loader adds the same regions. So the three cannot disagree about an order or a size.
 *
 * Each thread gets its own run of pages, and everything that can overflow has an absent page below
 * it: a stack that runs over faults instead of writing into its neighbour. The exception stack is
 * apart from the ordinary one, because a handler has to run after the ordinary one has overflowed.
 * The thread page follows the thread-local data directly, as the x86-64 ABI wants it (local-exec
 * addresses are negative offsets from FS).
 *
 * An enclave's size is a power of two. The rest of the range stays empty and costs addresses, no
 * EPC.
 */
#include "sdk/image.h"

#include <errno.h>

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"
#include "sdk/enclave_elf.h"
#include "sdk/thread.h"
#include "sgx/ssa.h"
#include "sgx/tcs.h"

enum {
    GUARD = SGX_PAGE_SIZE,
    PARTS = 5, /* regions of a thread: stack, exception stack, TLS and thread page, TCS, SSA */
};
#define ENCLAVE_SIZE_MAX (UINT64_C(1) << 36) /* bytes */

static_assert(sizeof(struct sdk_thread) <= SGX_PAGE_SIZE, "a thread page");

/** struct thread_layout - offsets from the enclave's base */
struct thread_layout {
    uint64_t stack, exception_stack, tls, page, tcs, ssa, end;
};

static struct thread_layout thread_at(const struct sdk_image *image, uint32_t index)
{
    struct thread_layout t;

    t.stack = image->threads + index * image->thread_size + GUARD;
    t.exception_stack = t.stack + image->settings.stack_size + GUARD;
    t.tls = t.exception_stack + SDK_EXCEPTION_STACK_SIZE + GUARD;
    t.page = t.tls + sgx_page_up(image->tls_size);
    t.tcs = t.page + SGX_PAGE_SIZE;
    t.ssa = t.tcs + SGX_TCS_SIZE;
    t.end = t.ssa + (uint64_t)SDK_SSA_FRAMES * image->ssa_frame_size * SGX_PAGE_SIZE;
    return t;
}

static uint32_t ssa_frame_pages(const struct sdk_settings *s)
{
    uint64_t size = sgx_ssa_xsave_size(s->attributes.xfrm) + SGX_GPRSGX_SIZE +
                    (s->miscselect & SGX_MISC_EXINFO ? SGX_EXINFO_SIZE : 0);

    return (uint32_t)(sgx_page_up(size) / SGX_PAGE_SIZE);
}

int sdk_image_parse(struct span elf, const struct sdk_settings *settings, struct sdk_image *ret,
                    struct err *err)
{
    struct sdk_image image = {.settings = *settings};
    const struct sdk_segment *last;
    int r = sdk_elf_parse(elf, &image, err);

    if (r < 0)
        return r;
    last = &image.segments[image.segment_count - 1];
    image.ssa_frame_size = ssa_frame_pages(settings);
    image.heap = sgx_page_up(last->address + last->memory_size) + GUARD;
    image.threads = image.heap + settings->heap_size;
    image.thread_size = thread_at(&image, 0).end - image.threads;
    image.size = SGX_PAGE_SIZE;
    while (image.size < image.threads + settings->threads * image.thread_size)
        image.size *= 2;
    if (image.size > ENCLAVE_SIZE_MAX)
        return err_set(err, -EFBIG,
                       "the enclave has more than 64 GiB: reduce heap, stack or threads");
    *ret = image;
    return 0;
}

static void thread_fill(const struct sdk_image *image, const struct thread_layout *t,
                        uint8_t *memory)
{
    const struct sdk_thread thread = {
        .self_offset = t->page,
        .stack_top = t->stack + image->settings.stack_size,
        .exception_top = t->exception_stack + SDK_EXCEPTION_STACK_SIZE,
        .ssa = t->ssa,
        .ssa_size = (uint64_t)image->ssa_frame_size * SGX_PAGE_SIZE,
        .heap = image->heap,
        .heap_size = image->settings.heap_size,
        .enclave_size = image->size,
        .tls_image = image->tls.address,
        .tls_file_size = image->tls.file_size,
        .tls_size = image->tls_size,
        .miscselect = image->settings.miscselect,
    };
    const struct sgx_tcs tcs = {
        .ossa = t->ssa,
        .nssa = SDK_SSA_FRAMES,
        .oentry = image->entry,
        .ofs_base = t->page,
        .ogs_base = t->page,
        .fs_limit = UINT32_MAX,
        .gs_limit = UINT32_MAX,
    };

    memcpy(memory + t->page, &thread, sizeof(thread));
    sgx_tcs_render(&tcs, memory + t->tcs);
}

void sdk_image_fill(const struct sdk_image *image, uint8_t *memory)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct sdk_segment *s = &image->segments[i];

        if (s->file_size > 0)
            memcpy(memory + s->address, image->elf.data + s->file_offset, s->file_size);
    }
    for (uint32_t i = 0; i < image->settings.threads; i++) {
        struct thread_layout t = thread_at(image, i);

        thread_fill(image, &t, memory);
    }
}

static struct sdk_region region_of(uint64_t from, uint64_t to, uint8_t permissions)
{
    return (struct sdk_region){
        .offset = from,
        .size = to - from,
        .secinfo = {.permissions = permissions, .type = SGX_PT_REG},
    };
}

static struct sdk_region thread_region(const struct sdk_image *image, size_t index)
{
    const uint8_t rw = (uint8_t)(SGX_SECINFO_R | SGX_SECINFO_W);
    struct thread_layout t = thread_at(image, (uint32_t)(index / PARTS));
    struct sdk_region tcs = region_of(t.tcs, t.ssa, 0);

    switch (index % PARTS) {
    case 0:
        return region_of(t.stack, t.stack + image->settings.stack_size, rw);
    case 1:
        return region_of(t.exception_stack, t.exception_stack + SDK_EXCEPTION_STACK_SIZE, rw);
    case 2:
        return region_of(t.tls, t.tcs, rw);
    case 3:
        tcs.secinfo.type = SGX_PT_TCS;
        return tcs;
    default:
        return region_of(t.ssa, t.end, rw);
    }
}

bool sdk_image_region(const struct sdk_image *image, size_t index, struct sdk_region *ret)
{
    const uint8_t rw = (uint8_t)(SGX_SECINFO_R | SGX_SECINFO_W);

    if (index < image->segment_count) {
        const struct sdk_segment *s = &image->segments[index];
        uint64_t start = s->address / SGX_PAGE_SIZE * SGX_PAGE_SIZE;

        *ret = region_of(start, sgx_page_up(s->address + s->memory_size), s->permissions);
        return true;
    }
    index -= image->segment_count;
    if (index == 0) {
        *ret = region_of(image->heap, image->heap + image->settings.heap_size, rw);
        return true;
    }
    index -= 1;
    if (index >= (size_t)image->settings.threads * PARTS)
        return false;
    *ret = thread_region(image, index);
    return true;
}

uint64_t sdk_image_tcs(const struct sdk_image *image, uint32_t index)
{
    return thread_at(image, index).tcs;
}
