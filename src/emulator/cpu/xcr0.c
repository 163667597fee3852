/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside an enclave, XCR0 is XFRM.
 *
 * XGETBV and the XSAVE instructions depend on XCR0. The processor here uses its own XCR0, so these
 * instructions are found in the code of an enclave (xcr0_site.c), become breakpoints, and are
 * emulated (xcr0_emulate.c). This file joins the three: it decides which pages are searched,
 * recognises the breakpoints, and moves the bytes of the memory operand.
 *
 * The byte that becomes INT3 is the 0F of the instruction and not a prefix before it. INT3 ignores
 * REX, so code that runs the prefix and code that jumps past it trap alike. When the enclave copies
 * its code, the copy is recognised by the bytes after its INT3. All sites of a run of pages are
 * found before the first is written, because the instructions before a site decide whether it is
 * one.
 *
 * Pages are searched when they become executable: at EINIT, and by EACCEPT, EACCEPTCOPY and EMODPE.
 * Code that an enclave writes later into a page that is writable and executable is not found.
 */
#include "emulator/cpu/xcr0.h"

#include "emulator/cpu/patch.h"
#include "emulator/cpu/x86_length.h"
#include "emulator/cpu/xcr0_emulate.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"
#include "sgx/page_table.h"
#include "sgx/ssa.h"

enum {
    SITES_AT_ONCE = 64,
    LOOK_BACK = 128, /* bytes before a page that are decoded to judge its first instructions */
    ESCAPE = 0x0f,
    XINUSE = 1, /* ECX of XGETBV: the components that are in use */
};

/* -- the pages that are searched -- */

static bool is_executable(const struct enclave *e, uint64_t address)
{
    struct sgx_page page = sgx_page_table_load(&e->shared->pages, address);

    return page.valid && page.type == SGX_PT_REG && page.permissions & SGX_SECINFO_X;
}

/* Patch the sites from @first on in a run of executable pages, [@from, @end). */
static void run_patch(struct enclave *e, uint64_t from, uint64_t first, uint64_t end)
{
    const uint8_t *code = enclave_byte(e, from);
    size_t size = end - from, at = 0, next = first - from;
    struct {
        uint64_t address;
        uint8_t prefix_size;
    } sites[SITES_AT_ONCE];

    while (next < size) {
        struct xcr0_instruction in;
        size_t count = 0;

        for (at = next; count < SITES_AT_ONCE; at++, count++) {
            at = xcr0_site_find(code, size, at, &in);
            if (at >= size)
                break;
            sites[count].address = from + at;
            sites[count].prefix_size = in.prefix_size;
        }
        for (size_t i = 0; i < count; i++)
            patch_enclave(PATCH_XCR0, e, sites[i].address, sites[i].prefix_size);
        next = count == SITES_AT_ONCE ? at : size;
    }
}

void xcr0_patch(struct enclave *e, uint64_t address, uint64_t size)
{
    uint64_t end = address + size;

    if (patch_tier == PATCH_SIGILL)
        return;
    while ((address = sgx_page_table_next(&e->shared->pages, address, end)) < end) {
        uint64_t first = address, from = address;

        while (address < end && is_executable(e, address))
            address += SGX_PAGE_SIZE;
        if (first == address) {
            address += SGX_PAGE_SIZE;
            continue;
        }
        if (first > e->base && is_executable(e, first - SGX_PAGE_SIZE))
            from -= LOOK_BACK;
        run_patch(e, from, first, address);
    }
}

/* -- the breakpoint of an instruction -- */

/* Decode the instruction with its INT3 at @rip. */
static bool instruction_read(const struct enclave *e, uint64_t rip, uint8_t prefix_size,
                             struct xcr0_instruction *ret)
{
    uint8_t code[2 * X86_LENGTH_MAX] = {0};
    uint64_t start = rip - prefix_size, left = e->base + e->size - start;
    size_t size = left < sizeof(code) ? left : sizeof(code);

    memcpy(code, enclave_byte(e, start), size);
    code[prefix_size] = ESCAPE;
    return xcr0_site_decode(code, size, ret) && ret->prefix_size == prefix_size;
}

/* The enclave may have copied its code with the breakpoint. The bytes after the INT3 complete the
 * instruction then; they would not follow a breakpoint of the enclave's own, where they are SCAS or
 * no instruction. */
static bool copy_read(const struct enclave *e, uint64_t rip, struct xcr0_instruction *ret)
{
    bool has_rex = rip > e->base && *enclave_byte(e, rip - 1) >> 4 == 4;

    return (has_rex && instruction_read(e, rip, 1, ret)) || instruction_read(e, rip, 0, ret);
}

bool xcr0_take(const struct enclave *e, const struct kernel_siginfo *info,
               struct kernel_context *uc, struct xcr0_instruction *ret)
{
    uint64_t rip = uc->regs.rip - 1;
    bool is_known;

    if (info->signo != SIGNAL_TRAP || uc->regs.trap != TRAP_BP || rip - e->base >= e->size ||
        patch_tier == PATCH_SIGILL)
        return false;
    is_known = patch_has_trapped(PATCH_XCR0, info, uc);
    if (is_known ? !instruction_read(e, rip, patch_detail_at(rip), ret) : !copy_read(e, rip, ret))
        return false;
    uc->regs.rip = rip - ret->prefix_size;
    return true;
}

/* -- execution -- */

static uint64_t register_value(const struct kernel_regs *r, unsigned number)
{
    const uint64_t values[] = {r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
                               r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};

    return number < XCR0_NO_REGISTER ? values[number] : 0;
}

static uint64_t operand_address(const struct thread *t, const struct kernel_regs *r,
                                const struct xcr0_instruction *in)
{
    uint64_t address = register_value(r, in->base) + (register_value(r, in->index) << in->scale) +
                       (uint64_t)(int64_t)in->displacement;

    if (in->is_relative)
        address += r->rip + in->size;
    if (in->is_address32)
        address = (uint32_t)address;
    if (in->segment == XCR0_SEGMENT_FS)
        address += t->enclave_fs;
    if (in->segment == XCR0_SEGMENT_GS)
        address += t->enclave_gs;
    return address;
}

static struct exception xgetbv(uint64_t xfrm, struct kernel_regs *r)
{
    const uint8_t *image = (const uint8_t *)r->fpstate;
    uint64_t value = xfrm;

    if ((uint32_t)r->rcx > XINUSE)
        return EXCEPTION_GP;
    if ((uint32_t)r->rcx == XINUSE && image && xsave_is_extended(image))
        value &= load_u64le(image + XSAVE_HEADER_OFFSET);
    r->rax = (uint32_t)value;
    r->rdx = value >> 32;
    return EXCEPTION_NONE;
}

static bool is_readable(uint64_t address)
{
    uint8_t byte;

    return signals_copy_user(&byte, (const void *)address, 1) == 0;
}

static bool is_writable(uint64_t address)
{
    uint8_t byte;

    return signals_copy_user(&byte, (const void *)address, 1) == 0 &&
           signals_copy_user((void *)address, &byte, 1) == 0;
}

/* The exception that a processor raises for an access that has failed somewhere in [@address,
 * @address + @size). A page that can be read is present; for other pages Linux has no present entry
 * either. */
static struct exception access_fault(const struct enclave *e, uint64_t address, uint64_t size,
                                     bool is_write)
{
    uint64_t end = address + size;
    struct exception why = {.vector = TRAP_PF, .error = FAULT_USER};
    uint8_t need = is_write ? SGX_SECINFO_W : SGX_SECINFO_R;

    while (sgx_page_down(address) + SGX_PAGE_SIZE < end &&
           (is_write ? is_writable(address) : is_readable(address)))
        address = sgx_page_down(address) + SGX_PAGE_SIZE;
    why.address = address;
    if (is_write)
        why.error |= FAULT_WRITE;
    if (is_write && is_readable(address))
        why.error |= FAULT_PRESENT;
    if (address - e->base >= e->size)
        return why;
    why.address = sgx_page_down(address); /* as for any access of the enclave's range */
    if (page_prot_get(&e->mapped, enclave_page_index(e, address)) & need)
        why.error |= FAULT_SGX | FAULT_PRESENT;
    return why;
}

/* Copy pieces between @area and the operand in memory at @address. */
static struct exception pieces_move(const struct enclave *e, const struct xcr0_pieces *p,
                                    uint8_t *area, uint64_t address, bool is_write)
{
    for (unsigned i = 0; i < p->count; i++) {
        uint8_t *here = area + p->piece[i].offset;
        uint8_t *there = (uint8_t *)(address + p->piece[i].offset);

        if (signals_copy_user(is_write ? there : here, is_write ? here : there, p->piece[i].size) <
            0)
            return access_fault(e, (uint64_t)there, p->piece[i].size, is_write);
    }
    return EXCEPTION_NONE;
}

static struct exception area_save(const struct enclave *e, const struct xcr0_request *request,
                                  uint64_t address, const uint8_t *image)
{
    uint8_t area[XCR0_AREA_SIZE] __attribute__((aligned(64)));
    struct xcr0_pieces pieces;

    if (signals_copy_user(area + XSAVE_HEADER_OFFSET,
                          (const uint8_t *)address + XSAVE_HEADER_OFFSET, XSAVE_HEADER_SIZE) < 0)
        return access_fault(e, address, SGX_XSAVE_LEGACY_SIZE, true);
    xcr0_emulate_save(&xsave_layout, request, image, area, &pieces);
    return pieces_move(e, &pieces, area, address, true);
}

static struct exception area_restore(const struct enclave *e, const struct xcr0_request *request,
                                     uint64_t address, uint8_t *image)
{
    uint8_t area[XCR0_AREA_SIZE] __attribute__((aligned(64)));
    struct xcr0_pieces pieces;
    struct exception fault;

    if (signals_copy_user(area + XSAVE_HEADER_OFFSET,
                          (const uint8_t *)address + XSAVE_HEADER_OFFSET, XSAVE_HEADER_SIZE) < 0)
        return access_fault(e, address, SGX_XSAVE_LEGACY_SIZE, false);
    if (!xcr0_emulate_needs(&xsave_layout, request, area, &pieces))
        return EXCEPTION_GP;
    fault = pieces_move(e, &pieces, area, address, false);
    if (fault.vector < 0 && !xcr0_emulate_restore(&xsave_layout, request, area, image))
        return EXCEPTION_GP;
    return fault;
}

struct exception xcr0_execute(const struct thread *t, struct kernel_context *uc,
                              const struct xcr0_instruction *in)
{
    const struct enclave *e = t->enclave;
    struct kernel_regs *r = &uc->regs;
    struct xcr0_request request = {.operation = in->operation,
                                   .is_wide = in->is_wide,
                                   .xfrm = e->shared->secs.attributes.xfrm,
                                   .mask = (uint64_t)(uint32_t)r->rdx << 32 | (uint32_t)r->rax};
    uint64_t address = operand_address(t, r, in);
    struct exception fault;

    if (in->operation == XCR0_XGETBV)
        fault = xgetbv(request.xfrm, r);
    else if (address % XCR0_AREA_ALIGN || !r->fpstate)
        fault = EXCEPTION_GP;
    else if (in->operation == XCR0_XRSTOR)
        fault = area_restore(e, &request, address, (uint8_t *)r->fpstate);
    else
        fault = area_save(e, &request, address, (const uint8_t *)r->fpstate);
    if (fault.vector < 0)
        r->rip += in->size;
    return fault;
}
