/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/cpuid_file.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"

/* The next word of @rest; blanks before it are passed over. */
static struct span word_next(struct span *rest)
{
    *rest = text_trim(*rest);
    return text_split(rest, ' ');
}

static int leaf_parse(struct span line, struct platform_cpuid_leaf *ret)
{
    uint32_t *const fields[] = {&ret->leaf,    &ret->subleaf, &ret->regs[0],
                                &ret->regs[1], &ret->regs[2], &ret->regs[3]};

    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        uint64_t value;

        if (!text_hex_parse(word_next(&line), 8, &value))
            return -EBADMSG;
        *fields[i] = (uint32_t)value;
    }
    return line.len == 0 ? 0 : -EBADMSG;
}

static int line_parse(struct span line, struct platform_cpuid_file *file)
{
    struct span rest = line;

    if (span_equal_str(word_next(&rest), "hwcap2"))
        return text_hex_parse(rest, 16, &file->hwcap2) ? 0 : -EBADMSG;
    if (file->count == PLATFORM_CPUID_FILE_LEAVES_MAX)
        return -E2BIG;
    return leaf_parse(line, &file->leaves[file->count++]);
}

int platform_cpuid_file_parse(struct span text, struct platform_cpuid_file *ret, struct err *err)
{
    unsigned number = 0;

    memset(ret, 0, sizeof(*ret));
    while (text.len > 0) {
        struct span line = text_trim(text_split(&text, '\n'));
        int r;

        number++;
        if (line.len == 0 || line.data[0] == '#')
            continue;
        r = line_parse(line, ret);
        if (r == -E2BIG)
            return err_set(err, r, "line %u: more than %d leaves", number,
                           PLATFORM_CPUID_FILE_LEAVES_MAX);
        if (r < 0)
            return err_set(err, r, "line %u is neither six hexadecimal numbers nor \"hwcap2 BITS\"",
                           number);
    }
    return 0;
}

int platform_cpuid_file_load(const char *path, struct platform_cpuid_file *ret, struct err *err)
{
    CLEANUP(buf_done) struct buf text = buf_init(PLATFORM_CPUID_FILE_SIZE_MAX);
    int r = fd_read_file(path, &text, err);

    if (r < 0)
        return r;
    r = platform_cpuid_file_parse(buf_span(&text), ret, err);
    return r < 0 ? err_wrap(err, "%s", path) : 0;
}

static void file_cpuid(void *context, uint32_t leaf, uint32_t subleaf, uint32_t ret_regs[static 4])
{
    const struct platform_cpuid_file *file = context;

    memset(ret_regs, 0, 4 * sizeof(*ret_regs));
    for (uint32_t i = 0; i < file->count; i++)
        if (file->leaves[i].leaf == leaf && file->leaves[i].subleaf == subleaf)
            memcpy(ret_regs, file->leaves[i].regs, sizeof(file->leaves[i].regs));
}

static uint64_t file_hwcap2(void *context)
{
    return ((const struct platform_cpuid_file *)context)->hwcap2;
}

struct platform_cpu_source platform_cpuid_file_source(struct platform_cpuid_file *file)
{
    return (struct platform_cpu_source){
        .cpuid = file_cpuid, .hwcap2 = file_hwcap2, .context = file};
}
