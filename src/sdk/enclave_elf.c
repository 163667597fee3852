/* SPDX-License-Identifier: Apache-2.0 */
/*
 * There is no loader inside an enclave that could be wrong about a file: what this reader accepts
 * is what gets measured and runs. So it accepts one shape only, the one that -static-pie gives, and
 * refuses everything else with the reason: segments in order that share no page (two rights on one
 * page cannot be kept), nothing writable and executable, the ELF header at address 0 (the runtime
 * finds its program headers there), no interpreter, no needed library.
 *
 * Relocations are applied by the enclave itself at its first entry, since the loader may not change
 * a measured page. They have to be R_X86_64_RELATIVE, which need no symbol, and have to lie in
 * writable memory; another type means that a symbol was left undefined, which the linker does not
 * always tell.
 *
 * The file is bytes from outside. Fields are read by offset, never through a struct; every range is
 * cut with span_sub(), which cannot overflow; and counts have limits, so that a file cannot make
 * the reader work for long.
 */
#include "sdk/enclave_elf.h"

#include <elf.h>
#include <errno.h>

#include "base/macros.h"
#include "crypto_bare/bytes.h"

enum {
    PROGRAM_HEADER_SIZE = 56, /* bytes */
    DYNAMIC_SIZE = 16,
    RELA_SIZE = 24,
    PROGRAM_HEADERS_MAX = 64,
    DYNAMIC_MAX = 256, /* entries */
};

/** struct program_header - the fields of Elf64_Phdr that are used */
struct program_header {
    uint32_t type, flags;
    uint64_t offset, address, file_size, memory_size, align;
};

static struct program_header header_read(const uint8_t *p)
{
    return (struct program_header){
        .type = load_u32le(p),
        .flags = load_u32le(p + 4),
        .offset = load_u64le(p + 8),
        .address = load_u64le(p + 16),
        .file_size = load_u64le(p + 32),
        .memory_size = load_u64le(p + 40),
        .align = load_u64le(p + 48),
    };
}

static int identity_check(struct span elf, struct err *err)
{
    static const uint8_t magic[] = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, 1};

    if (elf.len > SDK_ELF_SIZE_MAX)
        return err_set(err, -EFBIG, "the file has %zu bytes, at most %d are accepted", elf.len,
                       SDK_ELF_SIZE_MAX);
    if (elf.len < sizeof(Elf64_Ehdr) || memcmp(elf.data, magic, sizeof(magic)) != 0)
        return err_set(err, -EBADMSG, "not a 64-bit little-endian ELF file");
    if (load_u16le(elf.data + 16) != ET_DYN || load_u16le(elf.data + 18) != EM_X86_64)
        return err_set(err, -EBADMSG,
                       "not position-independent x86-64 code (link with -static-pie)");
    if (load_u16le(elf.data + 54) != PROGRAM_HEADER_SIZE)
        return err_set(err, -EBADMSG, "a program header has %u bytes, expected %d",
                       load_u16le(elf.data + 54), PROGRAM_HEADER_SIZE);
    return 0;
}

static int segment_add(struct sdk_image *image, const struct program_header *h, struct err *err)
{
    const struct sdk_segment *last;
    struct sdk_segment *s;

    if (h->memory_size == 0)
        return 0;
    if (image->segment_count == SDK_SEGMENTS_MAX)
        return err_set(err, -EBADMSG, "the ELF has more than %d segments", SDK_SEGMENTS_MAX);
    if (h->file_size > h->memory_size ||
        span_sub(image->elf, h->offset, h->file_size).len != h->file_size)
        return err_set(err, -EBADMSG, "segment %zu leaves the file", image->segment_count);
    if (h->address > SDK_ELF_SIZE_MAX || h->memory_size > SDK_ELF_SIZE_MAX)
        return err_set(err, -EFBIG, "segment %zu ends beyond %d bytes", image->segment_count,
                       SDK_ELF_SIZE_MAX);
    last = image->segment_count > 0 ? &image->segments[image->segment_count - 1] : NULL;
    if (last && sgx_page_down(h->address) < sgx_page_up(last->address + last->memory_size))
        return err_set(err, -EBADMSG,
                       "segment %zu and the one before share a page or are out of order",
                       image->segment_count);
    if ((h->flags & PF_W) && (h->flags & PF_X))
        return err_set(err, -EBADMSG, "segment %zu is writable and executable",
                       image->segment_count);
    s = &image->segments[image->segment_count++];
    *s = (struct sdk_segment){
        .address = h->address,
        .file_offset = h->offset,
        .file_size = h->file_size,
        .memory_size = h->memory_size,
        .permissions = (uint8_t)(SGX_SECINFO_R | (h->flags & PF_W ? SGX_SECINFO_W : 0) |
                                 (h->flags & PF_X ? SGX_SECINFO_X : 0)),
    };
    return 0;
}

/** segment_find() - the segment with all of [@address, @address + @size) in its memory, or NULL */
static const struct sdk_segment *segment_find(const struct sdk_image *image, uint64_t address,
                                              uint64_t size)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct sdk_segment *s = &image->segments[i];

        if (address >= s->address && address - s->address < s->memory_size &&
            size <= s->memory_size - (address - s->address))
            return s;
    }
    return NULL;
}

/** file_bytes() - the bytes of the file for an address range; empty unless it has all of them */
static struct span file_bytes(const struct sdk_image *image, uint64_t address, uint64_t size)
{
    const struct sdk_segment *s = segment_find(image, address, size);

    if (!s)
        return span_of(NULL, 0);
    return span_sub(span_sub(image->elf, s->file_offset, s->file_size), address - s->address, size);
}

static int tls_set(struct sdk_image *image, const struct program_header *h, struct err *err)
{
    uint64_t align = h->align ? h->align : 1;

    if (h->memory_size > SDK_TLS_SIZE_MAX || h->file_size > h->memory_size ||
        align > SGX_PAGE_SIZE || (align & (align - 1)) != 0)
        return err_set(err, -EBADMSG, "thread-local data is too large or misaligned");
    if (h->file_size > 0 && !segment_find(image, h->address, h->file_size))
        return err_set(err, -EBADMSG, "thread-local data is outside the segments");
    image->tls = (struct sdk_segment){
        .address = h->address, .file_size = h->file_size, .memory_size = h->memory_size};
    image->tls_size = (h->memory_size + align - 1) & ~(align - 1);
    return 0;
}

static int relocations_check(const struct sdk_image *image, uint64_t address, uint64_t size,
                             struct err *err)
{
    struct span table = file_bytes(image, address, size);

    if (table.len != size || size % RELA_SIZE != 0)
        return err_set(err, -EBADMSG, "the relocation table is outside the file");
    for (size_t at = 0; at < table.len; at += RELA_SIZE) {
        uint64_t target = load_u64le(table.data + at);
        uint64_t info = load_u64le(table.data + at + 8);
        const struct sdk_segment *s = segment_find(image, target, sizeof(uint64_t));

        if (ELF64_R_TYPE(info) != R_X86_64_RELATIVE)
            return err_set(err, -EBADMSG,
                           "relocation %zu has type %u, expected %d: a symbol is undefined",
                           at / RELA_SIZE, (unsigned)ELF64_R_TYPE(info), R_X86_64_RELATIVE);
        if (!s || !(s->permissions & SGX_SECINFO_W))
            return err_set(err, -EBADMSG, "relocation %zu is not in writable memory",
                           at / RELA_SIZE);
    }
    return 0;
}

/** dynamic_check() - refuse a dynamic section that asks for more than the runtime does */
static int dynamic_check(const struct sdk_image *image, const struct program_header *h,
                         struct err *err)
{
    uint64_t rela = 0, rela_size = 0;
    struct span table = span_sub(image->elf, h->offset, h->file_size);

    if (table.len != h->file_size || table.len / DYNAMIC_SIZE > DYNAMIC_MAX ||
        file_bytes(image, h->address, h->file_size).data != table.data)
        return err_set(err, -EBADMSG, "the dynamic section is outside the segments");
    for (size_t at = 0; at + DYNAMIC_SIZE <= table.len; at += DYNAMIC_SIZE) {
        uint64_t tag = load_u64le(table.data + at);
        uint64_t value = load_u64le(table.data + at + 8);

        if (tag == DT_NULL)
            break;
        if (tag == DT_NEEDED)
            return err_set(err, -EBADMSG, "the ELF needs a shared library (link with -static-pie)");
        if (tag == DT_TEXTREL || tag == DT_REL || tag == 36 /* DT_RELR */ ||
            (tag == DT_PLTRELSZ && value > 0))
            return err_set(
                err, -EBADMSG,
                "the ELF has relocations that the runtime does not apply (link with -static-pie)");
        if (tag == DT_RELA)
            rela = value;
        if (tag == DT_RELASZ)
            rela_size = value;
    }
    return rela_size > 0 ? relocations_check(image, rela, rela_size, err) : 0;
}

static int headers_each(struct sdk_image *image, uint32_t type,
                        int (*visit)(struct sdk_image *, const struct program_header *,
                                     struct err *),
                        struct err *err)
{
    uint16_t count = load_u16le(image->elf.data + 56);
    struct span table =
        span_sub(image->elf, load_u64le(image->elf.data + 32), (size_t)count * PROGRAM_HEADER_SIZE);

    if (count > PROGRAM_HEADERS_MAX || table.len != (size_t)count * PROGRAM_HEADER_SIZE)
        return err_set(err, -EBADMSG, "the program headers are outside the file");
    for (size_t i = 0; i < count; i++) {
        struct program_header h = header_read(table.data + i * PROGRAM_HEADER_SIZE);
        int r = h.type == type ? visit(image, &h, err) : 0;

        if (r < 0)
            return r;
    }
    return 0;
}

static int dynamic_visit(struct sdk_image *image, const struct program_header *h, struct err *err)
{
    return dynamic_check(image, h, err);
}

static int interpreter_visit(struct sdk_image *image, const struct program_header *h,
                             struct err *err)
{
    (void)image;
    (void)h;
    return err_set(err, -EBADMSG, "the ELF asks for a dynamic linker (link with -static-pie)");
}

int sdk_elf_parse(struct span elf, struct sdk_image *image, struct err *err)
{
    const struct sdk_segment *code;
    int r = identity_check(elf, err);

    if (r < 0)
        return r;
    image->elf = elf;
    image->entry = load_u64le(elf.data + 24);
    if ((r = headers_each(image, PT_LOAD, segment_add, err)) < 0)
        return r;
    if (image->segment_count == 0 || image->segments[0].address != 0 ||
        image->segments[0].file_offset != 0)
        return err_set(err, -EBADMSG,
                       "the first segment does not hold the ELF header at address 0");
    if ((r = headers_each(image, PT_INTERP, interpreter_visit, err)) < 0 ||
        (r = headers_each(image, PT_TLS, tls_set, err)) < 0 ||
        (r = headers_each(image, PT_DYNAMIC, dynamic_visit, err)) < 0)
        return r;
    code = segment_find(image, image->entry, 1);
    if (!code || !(code->permissions & SGX_SECINFO_X))
        return err_set(err, -EBADMSG, "the entry point is not in executable memory");
    return 0;
}
