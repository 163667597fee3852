/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An enclave thread is a TCS, and a TCS takes one caller at a time. A call therefore borrows a
 * slot, which is a TCS and the scratch memory for its calls out, and waits when all are taken: the
 * enclave's number of threads is fixed when it is signed, the host's is not.
 *
 * A call is a small loop. Each entry ends with EEXIT or with an exception, and the runtime says in
 * struct sdk_call what it wants: the call returns, a function of the host is called, or an
 * interrupted computation goes on (ERESUME). The enclave alone decides; the host only obeys, so a
 * confused host can lose a call but cannot make the enclave do something.
 *
 * After an exception the enclave is entered again at the next SSA frame, where its handler sees the
 * registers. The loop must not do that when the frame does not record the vector (page faults
 * without EXINFO): the runtime would find no exception, ask for ERESUME, and fault at the same
 * instruction for ever.
 *
 * A status of DEAD or FAULT is kept in the enclave: after an abort its memory is in an unknown
 * state, so every later call is refused here without an entry.
 */
#include "coffer/sdk_host.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/macros.h"
#include "crypto_bare/accel.h"
#include "sdk/host/device.h"
#include "sdk/host/vdso.h"
#include "sdk/thread.h"
#include "sgx/ssa.h"

/** struct slot - one enclave thread and the host memory that belongs to it */
struct slot {
    uint64_t tcs;     /* address */
    uint8_t *scratch; /* COFFER_CALL_SIZE_MAX bytes for calls out; NULL when there are none */
};

struct coffer_enclave {
    uint8_t *base;
    uint64_t size; /* bytes */
    uint32_t miscselect;
    sgx_enter_enclave_fn vdso;
    struct coffer_load_options options;
    _Atomic bool is_dead;
    pthread_mutex_t lock; /* free_count and the order of slots */
    pthread_cond_t freed;
    uint32_t slot_count;
    uint32_t free_count; /* slots [0, free_count) are free */
    struct slot slots[];
};

/* enter.S */
int sdk_host_enter(uint64_t why, struct sdk_call *call, uint32_t leaf, struct sgx_enclave_run *run,
                   sgx_enter_enclave_fn vdso);

static struct slot slot_take(struct coffer_enclave *e)
{
    struct slot slot;

    pthread_mutex_lock(&e->lock);
    while (e->free_count == 0)
        pthread_cond_wait(&e->freed, &e->lock);
    slot = e->slots[--e->free_count];
    pthread_mutex_unlock(&e->lock);
    return slot;
}

static void slot_give(struct coffer_enclave *e, struct slot slot)
{
    pthread_mutex_lock(&e->lock);
    e->slots[e->free_count++] = slot;
    pthread_cond_signal(&e->freed);
    pthread_mutex_unlock(&e->lock);
}

static void ocall_serve(const struct coffer_enclave *e, const struct slot *slot,
                        struct sdk_call *call)
{
    const struct coffer_load_options *o = &e->options;

    if (call->ocall_index >= o->ocall_count || !o->ocalls[call->ocall_index] ||
        call->ocall_size > call->scratch_size) {
        call->status = COFFER_NO_SUCH_CALL;
        return;
    }
    call->ocall_result =
        o->ocalls[call->ocall_index](slot->scratch, call->ocall_size, o->ocall_context);
    call->status = COFFER_OK;
}

/** struct step - how to enter next */
struct step {
    uint64_t why;
    uint32_t leaf;
    bool is_done;
    enum coffer_status status; /* when done */
};

static struct step step_done(enum coffer_status status)
{
    return (struct step){.is_done = true, .status = status};
}

/** step_after() - the next step after EEXIT, as the enclave asks */
static struct step step_after(const struct coffer_enclave *e, const struct slot *slot,
                              struct sdk_call *call)
{
    switch (call->exit) {
    case SDK_EXIT_RETURN:
        return step_done((enum coffer_status)call->status);
    case SDK_EXIT_OCALL:
        ocall_serve(e, slot, call);
        return (struct step){.why = SDK_ENTER_RETURN, .leaf = SGX_EENTER};
    case SDK_EXIT_RESUME:
        return (struct step){.leaf = SGX_ERESUME};
    default:
        return step_done(COFFER_DEAD);
    }
}

/** step_after_exception() - let the enclave handle an exception that its SSA frame records */
static struct step step_after_exception(const struct coffer_enclave *e, unsigned vector)
{
    if (!sgx_ssa_exitinfo(vector, e->miscselect))
        return step_done(COFFER_FAULT);
    return (struct step){.why = SDK_ENTER_EXCEPTION, .leaf = SGX_EENTER};
}

static enum coffer_status call_run(const struct coffer_enclave *e, const struct slot *slot,
                                   uint64_t why, struct sdk_call *call)
{
    struct sgx_enclave_run run = {.tcs = slot->tcs};
    struct step step = {.why = why, .leaf = SGX_EENTER};

    while (!step.is_done) {
        call->exit = SDK_EXIT_NONE;
        if (sdk_host_enter(step.why, call, step.leaf, &run, e->vdso) < 0)
            return COFFER_DEAD;
        if (run.function == SGX_EEXIT)
            step = step_after(e, slot, call);
        else if (run.function == SGX_ERESUME)
            step = step_after_exception(e, run.exception_vector);
        else
            step = step_done(step.why == SDK_ENTER_EXCEPTION ? COFFER_FAULT : COFFER_DEAD);
    }
    return step.status;
}

static enum coffer_status enclave_enter(struct coffer_enclave *e, uint64_t why,
                                        struct sdk_call *call)
{
    struct slot slot;
    enum coffer_status status;

    if (atomic_load(&e->is_dead))
        return COFFER_DEAD;
    slot = slot_take(e);
    call->scratch = (uint64_t)slot.scratch;
    call->scratch_size = slot.scratch ? COFFER_CALL_SIZE_MAX : 0;
    status = call_run(e, &slot, why, call);
    if (status == COFFER_DEAD || status == COFFER_FAULT)
        atomic_store(&e->is_dead, true);
    slot_give(e, slot);
    return status;
}

PUBLIC enum coffer_status coffer_call(struct coffer_enclave *enclave, uint32_t index, void *data,
                                      size_t size, int64_t *ret_result)
{
    struct sdk_call call = {.index = index, .data = (uint64_t)data, .size = size};
    enum coffer_status status = enclave_enter(enclave, SDK_ENTER_CALL, &call);

    if (status == COFFER_OK)
        *ret_result = call.result;
    return status;
}

static int slots_make(struct coffer_enclave *e, const struct sdk_image *image, struct err *err)
{
    for (; e->slot_count < image->settings.threads; e->slot_count++) {
        struct slot *slot = &e->slots[e->slot_count];

        slot->tcs = (uint64_t)e->base + sdk_image_tcs(image, e->slot_count);
        if (e->options.ocall_count == 0)
            continue;
        slot->scratch = mmap(NULL, COFFER_CALL_SIZE_MAX, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (slot->scratch == MAP_FAILED) {
            slot->scratch = NULL;
            return err_errno(err, "memory for calls out");
        }
    }
    e->free_count = e->slot_count;
    return 0;
}

static int enclave_start(struct coffer_enclave *e, struct err *err)
{
    struct sdk_call call = {.features = accel_detect()};
    enum coffer_status status = enclave_enter(e, SDK_ENTER_START, &call);

    if (status != COFFER_OK)
        return err_set(err, -EIO, "the enclave did not start: %s", coffer_status_text(status));
    return 0;
}

static int enclave_make(const struct sdk_image *image, struct span sigstruct,
                        const struct coffer_load_options *options, struct coffer_enclave **ret,
                        struct err *err)
{
    struct coffer_enclave *e =
        calloc(1, sizeof(*e) + image->settings.threads * sizeof(e->slots[0]));
    int r;

    if (!e)
        return err_set(err, -ENOMEM, "no memory for %u threads", image->settings.threads);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->freed, NULL);
    e->options = *options;
    e->vdso = vdso_find_enter();
    e->size = image->size;
    e->miscselect = image->settings.miscselect;
    if ((r = device_load(image, sigstruct, options, &e->base, err)) < 0 ||
        (r = slots_make(e, image, err)) < 0 || (r = enclave_start(e, err)) < 0) {
        coffer_unload(e);
        return r;
    }
    *ret = e;
    return 0;
}

static int file_load(const char *path, const struct coffer_load_options *options,
                     struct coffer_enclave **ret, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(SDK_ELF_SIZE_MAX);
    struct sdk_container container;
    struct sdk_image image;
    int r = fd_read_file(path, &file, err);

    if (r < 0)
        return r;
    if ((r = sdk_container_parse(buf_span(&file), &container, err)) < 0 ||
        (r = sdk_image_parse(container.elf, &container.settings, &image, err)) < 0)
        return r;
    return enclave_make(&image, container.sigstruct, options, ret, err);
}

PUBLIC int coffer_load(const char *path, const struct coffer_load_options *options,
                       struct coffer_enclave **ret, char *text)
{
    static const struct coffer_load_options none;
    struct err err = {0};
    int r = file_load(path, options ? options : &none, ret, &err);

    if (r < 0 && text)
        snprintf(text, COFFER_TEXT_SIZE, "%s", err.text);
    return r;
}

PUBLIC void coffer_unload(struct coffer_enclave *enclave)
{
    if (!enclave)
        return;
    for (uint32_t i = 0; i < enclave->slot_count; i++) {
        if (enclave->slots[i].scratch)
            munmap(enclave->slots[i].scratch, COFFER_CALL_SIZE_MAX);
    }
    if (enclave->base)
        munmap(enclave->base, enclave->size);
    pthread_cond_destroy(&enclave->freed);
    pthread_mutex_destroy(&enclave->lock);
    free(enclave);
}

PUBLIC const char *coffer_status_text(enum coffer_status status)
{
    static const char *const texts[] = {
        [COFFER_OK] = "done",
        [COFFER_NO_SUCH_CALL] = "no such call",
        [COFFER_TOO_LARGE] = "too large for one call",
        [COFFER_NO_MEMORY] = "the enclave's heap is full",
        [COFFER_BUSY] = "the enclave thread is in a call out",
        [COFFER_BAD_POINTER] = "memory inside the enclave given as outside",
        [COFFER_DEAD] = "the enclave is dead; load it again",
        [COFFER_FAULT] = "an exception inside the enclave that it did not handle",
        [COFFER_REFUSED] = "the processor refused",
        [COFFER_NOT_AUTHENTIC] = "not authentic, or of another enclave, signer or machine",
        [COFFER_MALFORMED] = "malformed",
    };

    if ((size_t)status >= ARRAY_COUNT(texts))
        return "no such status";
    return texts[status];
}
