/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended state between the image of a signal frame and the SSA.
 *
 * Bytes 464 to 511 of the image belong to the kernel and are never copied. An image without the
 * kernel's mark has the legacy bytes only. A component with a clear bit in XSTATE_BV is in its
 * initial state, and its bytes have no meaning.
 */
#include "emulator/cpu/xsave.h"

#include "emulator/cpu/machine.h"
#include "emulator/signal/kernel_abi.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"
#include "sgx/arch.h"
#include "sgx/ssa.h"

enum {
    COMPONENT_AVX = 2,
    LEAF_XSAVE = 0xd,
    COMPACTION = 6,        /* EAX of sub-leaf 1: XSAVEC, XGETBV with ECX = 1 */
    COMPONENT_ALIGNED = 2, /* ECX of the sub-leaf of a component */
};
/* AMX is not offered: a process has to ask Linux for it, and an SSA frame would take three
 * pages. */
#define OFFERED (SGX_XFRM_AVX512 | SGX_XFRM_PKRU)

struct xsave_layout xsave_layout = {
    .features = SGX_XFRM_AVX,
    .enabled = SGX_XFRM_AVX,
    .component[COMPONENT_AVX] = {.offset = XSAVE_AVX_OFFSET, .size = XSAVE_AVX_SIZE},
};

/* Read the place of a component that the processor has enabled, and offer it if an SSA frame has
 * room. */
static void component_ask(struct xsave_layout *l, unsigned i)
{
    uint64_t bit = UINT64_C(1) << i;
    struct cpuid_regs r = machine_cpuid(LEAF_XSAVE, i);
    uint32_t size = r.eax, offset = r.ebx;

    if (size == 0 || offset < SGX_XSAVE_LEGACY_SIZE)
        return;
    l->component[i].offset = offset;
    l->component[i].size = size;
    l->component[i].is_aligned = r.ecx & COMPONENT_ALIGNED;
    l->enabled |= bit;
    if (OFFERED & bit && (uint64_t)offset + size <= sgx_ssa_xsave_size(SGX_XFRM_LEGACY | bit))
        l->features |= bit;
}

void xsave_setup(void)
{
    uint64_t enabled = machine_xcr0();

    if (!enabled)
        return; /* nor is there the leaf */
    xsave_layout.has_compaction = (machine_cpuid(LEAF_XSAVE, 1).eax & COMPACTION) == COMPACTION;
    for (unsigned i = COMPONENT_AVX + 1; i < XSAVE_COMPONENTS; i++)
        if (enabled >> i & 1)
            component_ask(&xsave_layout, i);
}

bool xsave_is_extended(const uint8_t *image)
{
    return load_u32le(image + XSAVE_SOFTWARE_OFFSET) == XSAVE_SOFTWARE_MAGIC;
}

uint32_t xsave_offset(const struct xsave_layout *l, uint64_t compacted, unsigned i)
{
    uint32_t at = SGX_XSAVE_LEGACY_SIZE;

    if (!compacted)
        return l->component[i].offset;
    for (unsigned before = COMPONENT_AVX; before <= i; before++) {
        if (!(compacted >> before & 1))
            continue;
        if (l->component[before].is_aligned)
            at = (at + 63) & ~UINT32_C(63);
        if (before < i)
            at += l->component[before].size;
    }
    return at;
}

static void components_copy(const struct xsave_layout *l, uint8_t *to, const uint8_t *from,
                            uint64_t components)
{
    for (unsigned i = COMPONENT_AVX; i < XSAVE_COMPONENTS; i++)
        if (components >> i & 1)
            memcpy(to + l->component[i].offset, from + l->component[i].offset,
                   l->component[i].size);
}

void xsave_store(const struct xsave_layout *l, const uint8_t *image, uint64_t xfrm,
                 uint8_t *ret_ssa)
{
    uint64_t components = SGX_XFRM_LEGACY;

    memset(ret_ssa, 0, SGX_XSAVE_LEGACY_SIZE);
    if (!image)
        return;
    memcpy(ret_ssa, image, XSAVE_SOFTWARE_OFFSET);
    if (xsave_is_extended(image))
        components = load_u64le(image + XSAVE_HEADER_OFFSET) & xfrm;
    store_u64le(ret_ssa + XSAVE_HEADER_OFFSET, components);
    components_copy(l, ret_ssa, image, components);
}

bool xsave_is_valid(const uint8_t *ssa, uint64_t xfrm)
{
    if (load_u64le(ssa + XSAVE_HEADER_OFFSET) & ~xfrm)
        return false;
    if (!mem_is_zero(ssa + XSAVE_HEADER_OFFSET + 8, XSAVE_HEADER_SIZE - 8))
        return false;
    return load_u32le(ssa + XSAVE_MXCSR_OFFSET) <= 0xffff;
}

void xsave_load(const struct xsave_layout *l, const uint8_t *ssa, uint64_t xfrm, uint8_t *image)
{
    uint64_t components = load_u64le(ssa + XSAVE_HEADER_OFFSET) & xfrm;

    if (!image)
        return;
    memcpy(image, ssa, XSAVE_SOFTWARE_OFFSET);
    if (!xsave_is_extended(image))
        return;
    store_u64le(image + XSAVE_HEADER_OFFSET,
                components | (load_u64le(image + XSAVE_HEADER_OFFSET) & ~xfrm));
    components_copy(l, image, ssa, components);
}

void xsave_reset(uint8_t *image, uint64_t xfrm)
{
    if (!image)
        return;
    store_u16le(image, XSAVE_FCW_INIT);
    store_u32le(image + XSAVE_MXCSR_OFFSET, XSAVE_MXCSR_INIT);
    if (xsave_is_extended(image))
        store_u64le(image + XSAVE_HEADER_OFFSET, load_u64le(image + XSAVE_HEADER_OFFSET) & ~xfrm);
}

uint64_t xsave_outside(const struct xsave_layout *l, uint64_t xfrm)
{
    return l->enabled & ~xfrm & ~SGX_XFRM_LEGACY;
}

uint64_t xsave_outside_take(const struct xsave_layout *l, uint8_t *image, uint64_t xfrm,
                            uint8_t *area)
{
    uint64_t used, components;

    if (!image || !xsave_is_extended(image))
        return 0;
    used = load_u64le(image + XSAVE_HEADER_OFFSET);
    components = used & xsave_outside(l, xfrm);
    if (!components)
        return 0;
    store_u64le(area + XSAVE_HEADER_OFFSET, components);
    store_u64le(area + XSAVE_COMPACTED_OFFSET, components | XSAVE_COMPACTED);
    for (unsigned i = COMPONENT_AVX; i < XSAVE_COMPONENTS; i++)
        if (components >> i & 1)
            memcpy(area + xsave_offset(l, components, i), image + l->component[i].offset,
                   l->component[i].size);
    store_u64le(image + XSAVE_HEADER_OFFSET, used & ~components);
    return components;
}

void xsave_outside_give(const struct xsave_layout *l, uint64_t xfrm, uint64_t components,
                        const uint8_t *area, uint8_t *image)
{
    uint64_t compacted = load_u64le(area + XSAVE_COMPACTED_OFFSET), used;

    if (!image || !xsave_is_extended(image))
        return;
    for (unsigned i = COMPONENT_AVX; i < XSAVE_COMPONENTS; i++)
        if (components >> i & 1)
            memcpy(image + l->component[i].offset, area + xsave_offset(l, compacted, i),
                   l->component[i].size);
    used = load_u64le(image + XSAVE_HEADER_OFFSET) & ~xsave_outside(l, xfrm);
    store_u64le(image + XSAVE_HEADER_OFFSET, used | components);
}
