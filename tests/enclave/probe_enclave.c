/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <string.h>

#include "coffer/sdk_enclave.h"

static __thread uint64_t counter = 40;
static __thread uint8_t large_and_zero[5000];

static int64_t echo(void *data, size_t size)
{
    uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        bytes[i]++;
    return (int64_t)size;
}

static int64_t count(void *data, size_t size)
{
    (void)data;
    (void)size;
    for (size_t i = 0; i < sizeof(large_and_zero); i++) {
        if (large_and_zero[i] != 0)
            return -1;
    }
    return (int64_t)++counter;
}

static int64_t call_out(void *data, size_t size)
{
    struct probe_ocall *o = data;

    if (size != sizeof(*o))
        return -1;
    return coffer_ocall(o->index, o->bytes, o->size, &o->result);
}

static bool step_over_ud(struct coffer_exception *e)
{
    if (e->vector != 6 || e->rbx != 0x1234)
        return false;
    e->rip += 2;
    e->rbx = 0x5678;
    return true;
}

static int64_t undefined_instruction(void *data, size_t size)
{
    uint64_t rbx = 0x1234;

    (void)data;
    (void)size;
    coffer_on_exception(step_over_ud);
    __asm__ volatile("ud2" : "+b"(rbx));
    coffer_on_exception(NULL);
    return (int64_t)rbx;
}

static uint64_t fault_seen;

static bool step_over_load(struct coffer_exception *e)
{
    fault_seen = (uint64_t)e->vector << 32 | (uint32_t)e->address;
    e->rip = e->rdx;
    return true;
}

static int64_t page_fault(void *data, size_t size)
{
    uint64_t value;

    (void)data;
    (void)size;
    coffer_on_exception(step_over_load);
    __asm__ volatile("leaq 1f(%%rip), %%rdx\n movq 0x2000, %0\n 1:" : "=r"(value) : : "rdx");
    coffer_on_exception(NULL);
    return (int64_t)fault_seen;
}

static int64_t crash(void *data, size_t size)
{
    (void)data;
    (void)size;
    __asm__ volatile("ud2");
    return 0;
}

static int64_t halt(void *data, size_t size)
{
    (void)data;
    (void)size;
    __asm__ volatile("hlt");
    return 0;
}

static int64_t give_up(void *data, size_t size)
{
    (void)data;
    (void)size;
    coffer_abort();
}

static int64_t control(void *data, size_t size)
{
    uint32_t mxcsr;
    uint16_t x87;
    uint64_t flags;

    (void)data;
    (void)size;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    __asm__ volatile("pushfq\n popq %0" : "=r"(flags));
    return (int64_t)((uint64_t)mxcsr << 32 | (uint64_t)x87 << 16 | (flags >> 18 & 1) << 1 |
                     (flags >> 10 & 1));
}

static int target = 7;
static int *const pointers[] = {&target, &target};
static const char *const names[] = {"first", "second"};

static int64_t relocated(void *data, size_t size)
{
    volatile size_t one = 1;

    (void)data;
    (void)size;
    return *pointers[one] == 7 && strlen(names[one]) == 6 && coffer_is_inside(names[one], 7);
}

static int64_t heap(void *data, size_t size)
{
    uint64_t wanted;
    uint8_t *memory;

    if (size != sizeof(wanted))
        return -1;
    memcpy(&wanted, data, sizeof(wanted));
    memory = coffer_alloc(wanted);
    if (memory)
        memory[wanted - 1] = 1;
    coffer_free(memory);
    return memory != NULL;
}

static int64_t report(void *data, size_t size)
{
    uint8_t to[COFFER_TARGET_SIZE], bound[COFFER_REPORT_DATA_SIZE] = {3}, wire[COFFER_REPORT_SIZE];
    uint8_t again[COFFER_TARGET_SIZE], got[COFFER_REPORT_DATA_SIZE];
    struct coffer_identity maker, self;

    (void)data;
    (void)size;
    coffer_target_self(to);
    coffer_identity_self(&self);
    if (coffer_report(to, bound, wire) != COFFER_OK)
        return 1;
    if (coffer_report_verify(wire, &maker, got) != COFFER_OK || memcmp(bound, got, 64) != 0)
        return 2;
    if (memcmp(maker.mrenclave, self.mrenclave, 32) != 0 || maker.svn != 9 ||
        maker.product_id != 5 || maker.is_debug)
        return 3;
    coffer_target_of(wire, again);
    if (memcmp(to, again, sizeof(to)) != 0)
        return 4;
    for (size_t i = 0; i < sizeof(wire); i++) {
        wire[i] ^= 1;
        if (coffer_report_verify(wire, &maker, got) != COFFER_NOT_AUTHENTIC)
            return (int64_t)i + 1000;
        wire[i] ^= 1;
    }
    to[0] ^= 1; /* for another enclave */
    if (coffer_report(to, bound, wire) != COFFER_OK ||
        coffer_report_verify(wire, &maker, got) != COFFER_NOT_AUTHENTIC)
        return 5;
    to[511] = 1;
    return coffer_report(to, bound, wire) == COFFER_MALFORMED ? 0 : 6;
}

static int64_t seal_once(unsigned to, size_t label_size, size_t size)
{
    uint8_t label[300], secret[300], blob[COFFER_SEAL_OVERHEAD + 600], got_label[300], got[300];
    size_t blob_size = COFFER_SEAL_OVERHEAD + label_size + size, a, b;

    memset(label, 1, sizeof(label));
    memset(secret, 2, sizeof(secret));
    if (coffer_seal(to, label, label_size, secret, size, blob) != COFFER_OK)
        return 1;
    if (coffer_sealed_sizes(blob, blob_size, &a, &b) != COFFER_OK || a != label_size || b != size)
        return 2;
    if (coffer_unseal(blob, blob_size, got_label, got) != COFFER_OK ||
        memcmp(got, secret, size) != 0 || memcmp(got_label, label, label_size) != 0)
        return 3;
    for (size_t i = 0; i < blob_size; i++) {
        blob[i] ^= 1;
        if (coffer_unseal(blob, blob_size, NULL, got) == COFFER_OK)
            return (int64_t)i + 1000;
        blob[i] ^= 1;
    }
    for (size_t cut = 1; cut < blob_size; cut += 7) {
        if (coffer_unseal(blob, blob_size - cut, NULL, got) != COFFER_MALFORMED)
            return 4;
    }
    return coffer_unseal(blob, blob_size, NULL, got) == COFFER_OK ? 0 : 5;
}

static int64_t seal(void *data, size_t size)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 300};
    uint8_t blob[COFFER_SEAL_OVERHEAD];

    (void)data;
    (void)size;
    for (unsigned to = 1; to <= 3; to++) {
        for (size_t i = 0; i < 36; i++) {
            int64_t r = seal_once(to, sizes[i / 6], sizes[i % 6]);

            if (r != 0)
                return r;
        }
    }
    if (coffer_seal(0, NULL, 0, NULL, 0, blob) != COFFER_MALFORMED ||
        coffer_seal(4, NULL, 0, NULL, 0, blob) != COFFER_MALFORMED)
        return 6;
    return 0;
}

extern const char enclave_start[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

static int64_t ranges(void *data, size_t size)
{
    const char *start = enclave_start, *end;
    const char *last = (const char *)UINT64_MAX;

    if (size != sizeof(uint64_t))
        return 1;
    __asm__("" : "+r"(start)); /* hides from the compiler that it is the start of an array */
    end = start + *(const uint64_t *)data;
    if (!coffer_is_inside(start, 1) || !coffer_is_inside(end - 1, 1) ||
        !coffer_is_inside(start, (size_t)(end - start)))
        return 2;
    if (coffer_is_inside(start - 1, 1) || coffer_is_inside(end, 1) ||
        coffer_is_inside(end - 1, 2) || coffer_is_inside(end - 1, SIZE_MAX))
        return 3;
    if (!coffer_is_outside(start - 1, 1) || !coffer_is_outside(end, 1) ||
        !coffer_is_outside(start, 0) || !coffer_is_outside(last, 1))
        return 4;
    if (coffer_is_outside(start - 1, 2) || coffer_is_outside(end - 1, 1) ||
        coffer_is_outside(start - 1, (size_t)(end - start) + 2) || coffer_is_outside(last, 2) ||
        coffer_is_outside(start - 16, SIZE_MAX))
        return 5;
    return 0;
}

/** spin() - a sum in registers and one in a vector agree, however often they are interrupted */
static int64_t spin(void *data, size_t size)
{
    typedef uint64_t vector __attribute__((vector_size(16)));
    vector sums = {0, 0};
    uint64_t rounds, sum = 0;

    if (size != sizeof(rounds))
        return -1;
    memcpy(&rounds, data, sizeof(rounds));
    for (uint64_t i = 0; i < rounds; i++) {
        const vector both = {i * i, i};

        sum += i * i + i;
        sums += both;
        __asm__ volatile("" : "+x"(sums), "+r"(sum));
    }
    return sums[0] + sums[1] == sum ? 0 : 1;
}

__attribute__((noinline)) static void overrun(char *buffer, size_t size)
{
    volatile char *to = buffer;

    for (size_t i = 0; i < size; i++)
        to[i] = 'x';
}

static int64_t smash(void *data, size_t size)
{
    char buffer[16] = {0};

    (void)data;
    overrun(buffer, size);
    return buffer[0];
}

static enum coffer_status handler_status;

static bool call_out_from_handler(struct coffer_exception *e)
{
    int64_t result;

    handler_status = coffer_ocall(0, NULL, 0, &result);
    e->rip += 2;
    return true;
}

static int64_t ocall_in_handler(void *data, size_t size)
{
    (void)data;
    (void)size;
    coffer_on_exception(call_out_from_handler);
    __asm__ volatile("ud2");
    coffer_on_exception(NULL);
    return handler_status;
}

static bool fault_again(struct coffer_exception *e)
{
    (void)e;
    __asm__ volatile("ud2");
    return true;
}

static int64_t endless_fault(void *data, size_t size)
{
    (void)data;
    (void)size;
    coffer_on_exception(fault_again);
    __asm__ volatile("ud2");
    return 0;
}

const coffer_ecall_fn coffer_ecalls[PROBE_COUNT_OF] = {
    [PROBE_ECHO] = echo,
    [PROBE_COUNT] = count,
    [PROBE_OCALL] = call_out,
    [PROBE_UD] = undefined_instruction,
    [PROBE_PAGE_FAULT] = page_fault,
    [PROBE_CRASH] = crash,
    [PROBE_HALT] = halt,
    [PROBE_ABORT] = give_up,
    [PROBE_CONTROL] = control,
    [PROBE_RELOCATED] = relocated,
    [PROBE_HEAP] = heap,
    [PROBE_REPORT] = report,
    [PROBE_SEAL] = seal,
    [PROBE_RANGES] = ranges,
    [PROBE_SPIN] = spin,
    [PROBE_SMASH] = smash,
    [PROBE_OCALL_IN_HANDLER] = ocall_in_handler,
    [PROBE_ENDLESS_FAULT] = endless_fault,
};
const size_t coffer_ecall_count = PROBE_COUNT_OF;
