/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform/cpuid_file.h: a processor told of in a text file, so that doctor explains a machine that
 * somebody else describes, and tests replay one. A line is "LEAF SUBLEAF EAX EBX ECX EDX" or
 * "hwcap2 BITS", all hexadecimal; "#" begins a remark. A leaf that is not there reads as zeros.
 */
#ifndef COFFER_PLATFORM_CPUID_FILE_H
#define COFFER_PLATFORM_CPUID_FILE_H

#include "base/span.h"
#include "platform/platform.h"

enum {
    PLATFORM_CPUID_FILE_LEAVES_MAX = 128,
    PLATFORM_CPUID_FILE_SIZE_MAX = 64 * 1024, /* bytes */
};

struct platform_cpuid_leaf {
    uint32_t leaf;
    uint32_t subleaf;
    uint32_t regs[4];
};

/** struct platform_cpuid_file - plain data */
struct platform_cpuid_file {
    uint32_t count;
    struct platform_cpuid_leaf leaves[PLATFORM_CPUID_FILE_LEAVES_MAX];
    uint64_t hwcap2;
};

/** platform_cpuid_file_parse() - Return: 0; -EBADMSG with the line that cannot be read; -E2BIG. */
NODISCARD int platform_cpuid_file_parse(struct span text, struct platform_cpuid_file *ret,
                                        struct err *err);

/** platform_cpuid_file_load() - parse the file @path. Return: as above, or of fd_read_file(). */
NODISCARD int platform_cpuid_file_load(const char *path, struct platform_cpuid_file *ret,
                                       struct err *err);

/** platform_cpuid_file_source() - a source that reads @file, borrowed */
struct platform_cpu_source platform_cpuid_file_source(struct platform_cpuid_file *file);

#endif
