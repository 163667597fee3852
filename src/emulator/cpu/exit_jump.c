/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EEXIT by a jump.
 *
 * In the code of every enclave examined so far, an EEXIT is "MOV $4, %EAX" or "MOV $4, %RAX"
 * followed by ENCLU, 8 or 10 bytes. The MOV becomes a jump. ENCLU stays the breakpoint that it is
 * since its first trap:
 *
 *    before   [48 C7 C0 | B8] 04 00 00 00   CC 01 D7
 *    after    [3E 3E]   FF 24 25 00 00      CC 01 D7
 *
 * FF 24 25 is JMP through a word at an absolute address of 32 bits. The upper half of that address
 * is the first two bytes of the breakpoint, so the address is 0x01CC0000. A page is mapped there,
 * and its first word is the address of fast_exit_jump. This form has three advantages:
 *
 *   - code that jumps to the ENCLU itself, with another leaf in RAX, finds the breakpoint;
 *   - the jump does not depend on its own address, so a copy of the code works;
 *   - it needs no room before or after the site, no register and no stack.
 *
 * Other threads may run the site while it is written. So the first byte of the MOV is a breakpoint
 * while the other bytes change, and membarrier() makes every processor fetch the code again before
 * and after.
 *
 * The program may want the address for itself: a program that is not relocatable may have its heap
 * there, and an enclave with a range from 0 its pages. Then the sites are not changed. When the
 * program maps something over the page later, they are restored.
 */
#include "emulator/cpu/exit_jump.h"

#include "emulator/cpu/patch.h"
#include "emulator/enclave/enclave.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"

#define WORD_ADDRESS UINT64_C(0x01cc0000)

enum {
    PAGE_UNKNOWN, /* not requested yet */
    PAGE_HELD,
    PAGE_REFUSED,

    MOVE_SIZE_MAX = 7, /* bytes of the longer form */
    BYTE_INT3 = 0xcc,
    MEMBARRIER_SYNC_CORE = 1 << 5,
    MEMBARRIER_REGISTER_SYNC_CORE = 1 << 6,
};

/** struct form - the bytes of a MOV, and those of the jump that replaces it */
struct form {
    uint8_t size; /* bytes */
    uint8_t move[MOVE_SIZE_MAX], jump[MOVE_SIZE_MAX];
};

static const struct form forms[] = {
    {7, {0x48, 0xc7, 0xc0, 4, 0, 0, 0}, {0x3e, 0x3e, 0xff, 0x24, 0x25, 0, 0}},
    {5, {0xb8, 4, 0, 0, 0}, {0xff, 0x24, 0x25, 0, 0}},
};
enum {
    FORM_COUNT = sizeof(forms) / sizeof(forms[0]),
};

static int page_state; /* changed under the mapping lock, like the sites */

static bool processors_sync(int command)
{
    return sys_call3(__NR_membarrier, command, 0, 0) == 0;
}

static bool page_map(void)
{
    const uint8_t *target = fast_exit_jump;
    long at = sys_mmap(WORD_ADDRESS, SGX_PAGE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (!sys_failed(at) && (uint64_t)at != WORD_ADDRESS) { /* the kernel does not know the flag */
        (void)sys_munmap((uint64_t)at, SGX_PAGE_SIZE);
        return false;
    }
    if (sys_failed(at))
        return false;
    memcpy((void *)WORD_ADDRESS, &target, sizeof(target));
    if (sys_mprotect(WORD_ADDRESS, SGX_PAGE_SIZE, PROT_READ) == 0 &&
        processors_sync(MEMBARRIER_REGISTER_SYNC_CORE))
        return true;
    (void)sys_munmap(WORD_ADDRESS, SGX_PAGE_SIZE);
    return false;
}

static bool page_hold(void)
{
    if (page_state == PAGE_UNKNOWN)
        page_state = page_map() ? PAGE_HELD : PAGE_REFUSED;
    return page_state == PAGE_HELD;
}

/* Other threads may run there: they find the old bytes, a breakpoint or the new bytes. */
static void bytes_replace(volatile uint8_t *bytes, const uint8_t *to, size_t size)
{
    bytes[0] = BYTE_INT3;
    (void)processors_sync(MEMBARRIER_SYNC_CORE);
    for (size_t i = 1; i < size; i++)
        bytes[i] = to[i];
    (void)processors_sync(MEMBARRIER_SYNC_CORE);
    bytes[0] = to[0];
}

static void site_rewrite(struct enclave *e, uint64_t start, uint8_t form)
{
    const struct form *f = &forms[form];
    uint64_t mask;

    enclave_lock(&mask);
    if (memcmp(enclave_byte(e, start), f->move, f->size) == 0 && page_hold() &&
        patch_note(PATCH_EXIT, start, form))
        bytes_replace(enclave_byte(e, start), f->jump, f->size);
    enclave_unlock(&mask);
}

void exit_jump_place(struct enclave *e, uint64_t rip)
{
    if (WORD_ADDRESS - e->base < e->size)
        return;
    for (uint8_t i = 0; i < FORM_COUNT; i++) {
        const struct form *f = &forms[i];

        if (rip - e->base < f->size ||
            memcmp(enclave_byte(e, rip - f->size), f->move, f->size) != 0)
            continue;
        site_rewrite(e, rip - f->size, i);
        return;
    }
}

bool exit_jump_take(const struct kernel_siginfo *info, struct kernel_context *uc)
{
    uint64_t start = uc->regs.rip - 1;

    if (!patch_has_trapped(PATCH_EXIT, info, uc))
        return false;
    uc->regs.rax = SGX_EEXIT;
    uc->regs.rip = start + forms[patch_detail_at(start)].size;
    return true;
}

static void site_restore(uint64_t start, uint8_t detail)
{
    const struct form *f = &forms[detail];
    struct enclave *e = enclave_at(start);

    if (e && memcmp(enclave_byte(e, start), f->jump, f->size) == 0)
        bytes_replace(enclave_byte(e, start), f->move, f->size);
}

void exit_jump_yield(uint64_t address, uint64_t size)
{
    uint64_t mask;

    if (!ranges_overlap(address, size, WORD_ADDRESS, SGX_PAGE_SIZE))
        return;
    enclave_lock(&mask);
    if (page_state == PAGE_HELD)
        patch_each(PATCH_EXIT, site_restore);
    page_state = PAGE_REFUSED; /* from now on, also when it was not requested yet */
    enclave_unlock(&mask);
}
