/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdk/image.h: from an ELF file and settings to the pages of an enclave. `coffer measure`, `coffer
 * sign` and the loader walk the same pages in the same order, so they cannot disagree.
 *
 * Offsets from the enclave's base, low to high, each part on whole pages:
 *     the ELF's PT_LOAD segments at their addresses
 *     (guard) heap
 *     for each thread: (guard) stack (guard) exception stack (guard) TLS, thread page, TCS, 2 SSA
 * Guards are one absent page. The size is the next power of two.
 */
#ifndef COFFER_SDK_IMAGE_H
#define COFFER_SDK_IMAGE_H

#include "base/err.h"
#include "base/span.h"
#include "sdk/settings.h"
#include "sgx/secinfo.h"

enum {
    SDK_SEGMENTS_MAX = 16,
    SDK_SSA_FRAMES = 2,
    SDK_EXCEPTION_STACK_SIZE = 16 * 1024,  /* bytes */
    SDK_TLS_SIZE_MAX = 1024 * 1024,        /* bytes */
    SDK_ELF_SIZE_MAX = 1024 * 1024 * 1024, /* bytes, file and memory */
};

struct sdk_segment {
    uint64_t address;     /* offset from the base; page aligned start is address rounded down */
    uint64_t file_offset; /* bytes */
    uint64_t file_size;   /* bytes */
    uint64_t memory_size; /* bytes, >= file_size */
    uint8_t permissions;  /* SGX_SECINFO_R, _W, _X */
};

/** struct sdk_image - plain data; borrows the ELF's bytes */
struct sdk_image {
    struct span elf;
    struct sdk_settings settings;
    struct sdk_segment segments[SDK_SEGMENTS_MAX];
    size_t segment_count;
    uint64_t entry;
    struct sdk_segment tls; /* all zero without */
    uint64_t tls_size;      /* bytes of the block before a thread page */
    uint64_t heap;
    uint64_t threads;        /* offset of the first thread's leading guard */
    uint64_t thread_size;    /* bytes from one thread to the next */
    uint64_t size;           /* bytes of the enclave */
    uint32_t ssa_frame_size; /* pages */
};

/** struct sdk_region - equal pages in a row */
struct sdk_region {
    uint64_t offset; /* from the base */
    uint64_t size;   /* bytes */
    struct sgx_secinfo secinfo;
};

/**
 * sdk_image_parse() - read the ELF and lay the enclave out
 * @elf: untrusted, borrowed for the life of @ret
 * Return: 0; -EBADMSG unless it is a position-independent x86-64 ELF that this runtime can load:
 * segments that overlap, share a page or leave the file, an entry outside the code, relocations
 * other than R_X86_64_RELATIVE into writable memory, needed libraries; -EFBIG when too large.
 */
NODISCARD int sdk_image_parse(struct span elf, const struct sdk_settings *settings,
                              struct sdk_image *ret, struct err *err);

/** sdk_image_fill() - write the content of all pages into @memory, image->size zero bytes */
void sdk_image_fill(const struct sdk_image *image, uint8_t *memory);

/**
 * sdk_image_region() - the regions in the order of measurement
 * @index: 0 and up
 * Return: true and @ret; false past the last.
 */
bool sdk_image_region(const struct sdk_image *image, size_t index, struct sdk_region *ret);

/** sdk_image_tcs() - offset of thread @index's TCS */
uint64_t sdk_image_tcs(const struct sdk_image *image, uint32_t index);

#endif
