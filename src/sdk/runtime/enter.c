/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls in and out of an enclave. Everything that the host wrote is copied once into enclave memory
 * and judged there: nothing is read twice, since the host may change it in between, and nothing is
 * written to an address before it was found to lie outside the enclave, since the host could
 * otherwise make the runtime overwrite the enclave.
 *
 * The first entry (SDK_ENTER_START) applies the relocations and makes the heap; a compare-and-swap
 * lets one thread do it, and calls before it is finished are refused. Afterwards each entry of a
 * new thread copies the initial thread-local data.
 *
 * A handler gets a private copy of its arguments, which is copied back when it returns. Handlers
 * therefore need no defence against a host that changes its memory during the call; they have to
 * check the values only. A call out goes the opposite way through the scratch memory that the host
 * lent for this call, and the answer is copied in before the handler sees it.
 *
 * When a check fails that only an attack or a broken runtime can fail, the enclave aborts. The
 * state is then DEAD, and no thread enters or returns into code of the enclave again.
 */
#include <elf.h>
#include <stdatomic.h>

#include "crypto_bare/accel.h"
#include "crypto_bare/mem.h"
#include "sdk/runtime/runtime.h"
#include "sgx/ssa.h"

enum state {
    STATE_LOADED, /* relocations are not applied yet */
    STATE_STARTING,
    STATE_READY,
    STATE_DEAD,
};

/** struct entry - a call in progress, on the stack of the thread that serves it */
struct entry {
    struct sdk_call call;  /* private copy */
    struct sdk_call *host; /* the original, outside */
};

extern uint8_t enclave_base[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));
extern const Elf64_Dyn dynamic_section[] __asm__("_DYNAMIC") __attribute__((visibility("hidden")));

static _Atomic enum state state;
static _Atomic(coffer_exception_fn) exception_handler;

PUBLIC bool coffer_is_inside(const void *address, size_t size)
{
    uint64_t offset = (uint64_t)address - (uint64_t)enclave_base;
    uint64_t range = sdk_thread_self()->enclave_size;

    return offset < range && size <= range - offset;
}

PUBLIC bool coffer_is_outside(const void *address, size_t size)
{
    uint64_t start = (uint64_t)address;
    uint64_t base = (uint64_t)enclave_base;

    if (size == 0)
        return true;
    if (start + (size - 1) < start)
        return false;
    return start + (size - 1) < base || start >= base + sdk_thread_self()->enclave_size;
}

PUBLIC void coffer_abort(void)
{
    atomic_store(&state, STATE_DEAD);
    sdk_entry_leave_dead();
}

PUBLIC void __stack_chk_fail(void)
{
    coffer_abort();
}

/** relocations_apply() - the loader has checked that all are R_X86_64_RELATIVE into writable
 *  memory */
static void relocations_apply(void)
{
    const Elf64_Rela *table = NULL;
    size_t count = 0;

    for (const Elf64_Dyn *d = dynamic_section; d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_RELA)
            table = (const Elf64_Rela *)(const void *)(enclave_base + d->d_un.d_ptr);
        if (d->d_tag == DT_RELASZ)
            count = d->d_un.d_val / sizeof(*table);
    }
    for (size_t i = 0; table && i < count; i++) {
        uint64_t value = (uint64_t)enclave_base + (uint64_t)table[i].r_addend;

        memcpy(enclave_base + table[i].r_offset, &value, sizeof(value));
    }
}

/** xfrm_read() - XCR0, which is XFRM in an enclave */
static uint64_t xfrm_read(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static void runtime_start(const struct sdk_thread *thread, uint64_t features)
{
    enum state expected = STATE_LOADED;

    if (!atomic_compare_exchange_strong(&state, &expected, STATE_STARTING))
        return;
    accel_set(accel_within((unsigned)features & ACCEL_ALL, xfrm_read()));
    relocations_apply();
    sdk_heap_init(enclave_base + thread->heap, thread->heap_size);
    atomic_store(&state, STATE_READY);
}

/** thread_prepare() - at a thread's first entry: copy its initial thread-local data into the zero
 * block */
static void thread_prepare(struct sdk_thread *thread)
{
    if (thread->is_ready)
        return;
    memcpy((uint8_t *)thread - thread->tls_size, enclave_base + thread->tls_image,
           thread->tls_file_size);
    thread->xfrm = xfrm_read();
    thread->is_ready = 1;
}

/** handler_call() - copy the arguments in, run the handler, copy them out */
static enum coffer_status handler_call(coffer_ecall_fn handler, void *host_data, size_t size,
                                       int64_t *ret_result)
{
    void *data = NULL;

    if (size > COFFER_CALL_SIZE_MAX)
        return COFFER_TOO_LARGE;
    if (!coffer_is_outside(host_data, size))
        return COFFER_BAD_POINTER;
    if (size > 0) {
        data = coffer_alloc(size);
        if (!data)
            return COFFER_NO_MEMORY;
        memcpy(data, host_data, size);
    }
    *ret_result = handler(data, size);
    if (size > 0)
        memcpy(host_data, data, size);
    coffer_free(data);
    return COFFER_OK;
}

static enum coffer_status call_serve(uint64_t why, const struct sdk_call *call, int64_t *ret_result)
{
    struct sdk_thread *thread = sdk_thread_self();

    if (why == SDK_ENTER_START)
        runtime_start(thread, call->features);
    if (atomic_load(&state) != STATE_READY)
        return COFFER_DEAD;
    thread_prepare(thread);
    if (why == SDK_ENTER_START)
        return COFFER_OK;
    if (why != SDK_ENTER_CALL || call->index >= coffer_ecall_count || !coffer_ecalls[call->index])
        return COFFER_NO_SUCH_CALL;
    return handler_call(coffer_ecalls[call->index], (void *)call->data, call->size, ret_result);
}

void sdk_enter(uint64_t why, uint64_t call, uint64_t base)
{
    struct entry entry = {.host = (struct sdk_call *)call};
    int64_t result = 0;
    enum coffer_status status;

    (void)base;
    if (call % _Alignof(struct sdk_call) != 0 ||
        !coffer_is_outside(entry.host, sizeof(*entry.host)))
        return;
    memcpy(&entry.call, entry.host, sizeof(entry.call));
    sdk_thread_self()->call = (uint64_t)&entry;
    status = call_serve(why, &entry.call, &result);
    entry.host->result = result;
    entry.host->status = status;
    entry.host->exit = SDK_EXIT_RETURN;
}

PUBLIC enum coffer_status coffer_ocall(uint32_t index, void *data, size_t size, int64_t *ret_result)
{
    struct sdk_thread *thread = sdk_thread_self();
    const struct entry *entry = (const struct entry *)thread->call;
    void *scratch = (void *)entry->call.scratch;

    if (thread->in_exception)
        return COFFER_BUSY;
    if (size > entry->call.scratch_size)
        return COFFER_TOO_LARGE;
    if (!coffer_is_outside(scratch, size))
        return COFFER_BAD_POINTER;
    memcpy(scratch, data, size);
    entry->host->ocall_index = index;
    entry->host->ocall_size = size;
    entry->host->exit = SDK_EXIT_OCALL;
    sdk_entry_leave_for_ocall();
    if (atomic_load(&state) != STATE_READY)
        coffer_abort();
    if (*(volatile uint32_t *)&entry->host->status != COFFER_OK)
        return COFFER_NO_SUCH_CALL;
    memcpy(data, scratch, size);
    *ret_result = *(volatile int64_t *)&entry->host->ocall_result;
    return COFFER_OK;
}

PUBLIC void coffer_on_exception(coffer_exception_fn handler)
{
    atomic_store(&exception_handler, handler);
}

static struct coffer_exception exception_read(const struct sgx_gprsgx *g)
{
    return (struct coffer_exception){
        .vector = g->exitinfo & 0xff,
        .rax = g->rax,
        .rcx = g->rcx,
        .rdx = g->rdx,
        .rbx = g->rbx,
        .rsp = g->rsp,
        .rbp = g->rbp,
        .rsi = g->rsi,
        .rdi = g->rdi,
        .r8 = g->r8,
        .r9 = g->r9,
        .r10 = g->r10,
        .r11 = g->r11,
        .r12 = g->r12,
        .r13 = g->r13,
        .r14 = g->r14,
        .r15 = g->r15,
        .rflags = g->rflags,
        .rip = g->rip,
    };
}

static void exception_write(const struct coffer_exception *e, struct sgx_gprsgx *g)
{
    g->rax = e->rax;
    g->rcx = e->rcx;
    g->rdx = e->rdx;
    g->rbx = e->rbx;
    g->rsp = e->rsp;
    g->rbp = e->rbp;
    g->rsi = e->rsi;
    g->rdi = e->rdi;
    g->r8 = e->r8;
    g->r9 = e->r9;
    g->r10 = e->r10;
    g->r11 = e->r11;
    g->r12 = e->r12;
    g->r13 = e->r13;
    g->r14 = e->r14;
    g->r15 = e->r15;
    g->rflags = e->rflags;
    g->rip = e->rip;
}

/** exception_handle() - run the handler on the interrupted frame. Return: may the thread go on. */
static bool exception_handle(struct sgx_gprsgx *g, const struct sgx_exinfo *exinfo)
{
    coffer_exception_fn handler = atomic_load(&exception_handler);
    struct coffer_exception e = exception_read(g);

    if (e.vector == 13 || e.vector == 14) { /* #GP, #PF: only they have EXINFO */
        e.address = exinfo->maddr;
        e.error_code = exinfo->errcd;
    }
    if (!handler || !handler(&e))
        return false;
    exception_write(&e, g);
    return true;
}

void sdk_enter_exception(uint64_t call)
{
    struct sdk_thread *thread = sdk_thread_self();
    uint8_t *frame_end = enclave_base + thread->ssa + thread->ssa_size;
    struct sgx_gprsgx *g = (struct sgx_gprsgx *)(void *)(frame_end - SGX_GPRSGX_SIZE);
    struct sgx_exinfo *exinfo = (struct sgx_exinfo *)(void *)g - 1;
    struct sdk_call *host = (struct sdk_call *)call;

    if (call % _Alignof(struct sdk_call) != 0 || !coffer_is_outside(host, sizeof(*host)))
        return;
    if (atomic_load(&state) != STATE_READY)
        return;
    thread->in_exception = 1;
    /* no recorded exception: the host has invented one, and the thread continues */
    if (!(g->exitinfo & SGX_EXITINFO_VALID) || exception_handle(g, exinfo)) {
        g->exitinfo = 0;
        host->exit = SDK_EXIT_RESUME;
    } else {
        atomic_store(&state, STATE_DEAD);
        host->status = COFFER_FAULT;
        host->exit = SDK_EXIT_RETURN;
    }
    thread->in_exception = 0;
}
