/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe ENCLAVE PLAIN [TEST]: cmocka tests of the SDK, on hardware or under `coffer run`. PLAIN is
 * the same enclave, signed without exinfo. The program includes the source of the host library, so
 * that it can act as a hostile host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/time.h>

#include "probe.h"
#include "sdk/host/host.c" /* NOLINT(bugprone-suspicious-include) */

static const char *enclave_path, *plain_path;
static struct coffer_enclave *enclave;

static int64_t add_up(void *data, size_t size, void *context)
{
    uint8_t *bytes = data;
    int64_t sum = 0;

    for (size_t i = 0; i < size; i++) {
        sum += bytes[i];
        bytes[i] ^= 0xff;
    }
    return sum + *(int64_t *)context;
}

static int64_t call_again(void *data, size_t size, void *context)
{
    int64_t result = -1;

    (void)data;
    (void)size;
    (void)context;
    if (coffer_call(enclave, PROBE_ECHO, NULL, 0, &result) != COFFER_OK)
        return -1;
    return result + 1000;
}

static int load_from(const char *path)
{
    static const coffer_ocall_fn ocalls[] = {add_up, NULL, call_again};
    static int64_t context = 5;
    const struct coffer_load_options options = {
        .ocalls = ocalls, .ocall_count = ARRAY_COUNT(ocalls), .ocall_context = &context};
    char text[COFFER_TEXT_SIZE] = "";

    if (coffer_load(path, &options, &enclave, text) == 0)
        return 0;
    print_error("%s\n", text);
    return -1;
}

static int enclave_load(void **state)
{
    (void)state;
    return load_from(enclave_path);
}

static int plain_load(void **state)
{
    (void)state;
    return load_from(plain_path);
}

static int enclave_unload(void **state)
{
    (void)state;
    coffer_unload(enclave);
    return 0;
}

static int64_t call(uint32_t index, void *data, size_t size)
{
    int64_t result = -1;

    assert_int_equal(coffer_call(enclave, index, data, size, &result), COFFER_OK);
    return result;
}

static void bytes_go_in_and_out(void **state)
{
    static uint8_t data[COFFER_CALL_SIZE_MAX / 2];

    (void)state;
    for (size_t size = 0; size <= sizeof(data); size = size * 3 + 1) {
        memset(data, 7, sizeof(data));
        assert_int_equal(call(PROBE_ECHO, data, size), size);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(data[i], 8);
        assert_int_equal(data[size], 7);
    }
    assert_int_equal(call(PROBE_ECHO, NULL, 0), 0);
}

static void sizes_have_limits(void **state)
{
    static uint8_t data[COFFER_CALL_SIZE_MAX + 1];
    int64_t result;

    (void)state;
    assert_int_equal(coffer_call(enclave, PROBE_ECHO, data, sizeof(data), &result),
                     COFFER_TOO_LARGE);
    assert_int_equal(coffer_call(enclave, PROBE_ECHO, data, sizeof(data) - 1, &result),
                     COFFER_NO_MEMORY); /* the heap has a header less */
    assert_int_equal(coffer_call(enclave, PROBE_COUNT_OF, NULL, 0, &result), COFFER_NO_SUCH_CALL);
    assert_int_equal(coffer_call(enclave, PROBE_NULL, NULL, 0, &result), COFFER_NO_SUCH_CALL);
    assert_int_equal(coffer_call(enclave, UINT32_MAX, NULL, 0, &result), COFFER_NO_SUCH_CALL);
}

static void pointers_into_the_enclave_are_refused(void **state)
{
    int64_t result;

    (void)state;
    assert_int_equal(coffer_call(enclave, PROBE_ECHO, enclave->base, 16, &result),
                     COFFER_BAD_POINTER);
    assert_int_equal(
        coffer_call(enclave, PROBE_ECHO, enclave->base + enclave->size - 1, 1, &result),
        COFFER_BAD_POINTER);
    assert_int_equal(coffer_call(enclave, PROBE_ECHO, enclave->base - 8, 16, &result),
                     COFFER_BAD_POINTER);
    assert_int_equal(coffer_call(enclave, PROBE_ECHO, (void *)(UINT64_MAX - 7), 16, &result),
                     COFFER_BAD_POINTER);
    assert_int_equal(call(PROBE_ECHO, NULL, 0), 0);
}

/** enter_raw() - one EENTER of the first free thread with any values in the registers */
static uint32_t enter_raw(uint64_t why, struct sdk_call *c)
{
    struct sgx_enclave_run run = {.tcs = enclave->slots[0].tcs};

    assert_int_equal(sdk_host_enter(why, c, SGX_EENTER, &run, enclave->vdso), 0);
    return run.function;
}

/* invalid entries: each exits at once and changes nothing, and the enclave still works */
static void senseless_entries(void **state)
{
    static const uint64_t reasons[] = {SDK_ENTER_RETURN, SDK_ENTER_EXCEPTION, 4, UINT64_MAX};
    struct sdk_call c = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(reasons); i++) {
        c.exit = SDK_EXIT_NONE;
        assert_int_equal(enter_raw(reasons[i], &c), SGX_EEXIT);
        if (reasons[i] < SDK_ENTER_START)
            assert_int_equal(c.exit, SDK_EXIT_NONE);
        else
            assert_int_equal(c.status, COFFER_NO_SUCH_CALL);
    }
    assert_int_equal(enter_raw(SDK_ENTER_CALL, (struct sdk_call *)(void *)enclave->base),
                     SGX_EEXIT);
    assert_int_equal(enter_raw(SDK_ENTER_CALL, (struct sdk_call *)(void *)(enclave->base - 8)),
                     SGX_EEXIT);
    assert_int_equal(enter_raw(SDK_ENTER_CALL, (struct sdk_call *)((uintptr_t)&c + 1)), SGX_EEXIT);
    assert_int_equal(enter_raw(SDK_ENTER_START, &c), SGX_EEXIT); /* the second time has no effect */
    assert_int_equal(c.status, COFFER_OK);
    assert_int_equal(call(PROBE_RELOCATED, NULL, 0), 1);
}

/* a host that answers a call out first with an invalid entry and then with a valid one */
static void entries_during_a_call_out(void **state)
{
    struct probe_ocall o = {.index = 0, .size = 4, .bytes = {1, 2, 3, 4}};
    static uint8_t scratch[512];
    struct sdk_call c = {.index = PROBE_OCALL,
                         .data = (uint64_t)&o,
                         .size = sizeof(o),
                         .scratch = (uint64_t)scratch,
                         .scratch_size = sizeof(scratch)};

    (void)state;
    assert_int_equal(enter_raw(SDK_ENTER_CALL, &c), SGX_EEXIT);
    assert_int_equal(c.exit, SDK_EXIT_OCALL);
    assert_int_equal(scratch[3], 4);
    c.exit = SDK_EXIT_NONE;
    assert_int_equal(enter_raw(SDK_ENTER_CALL, &c), SGX_EEXIT);
    assert_int_equal(enter_raw(SDK_ENTER_START, &c), SGX_EEXIT);
    assert_int_equal(enter_raw(SDK_ENTER_EXCEPTION, &c), SGX_EEXIT);
    assert_int_equal(c.exit, SDK_EXIT_NONE);
    scratch[3] = 77;
    c.ocall_result = 99;
    c.status = COFFER_OK;
    c.scratch = (uint64_t)enclave->base; /* read once, before */
    assert_int_equal(enter_raw(SDK_ENTER_RETURN, NULL), SGX_EEXIT);
    assert_int_equal(c.exit, SDK_EXIT_RETURN);
    assert_int_equal(o.result, 99);
    assert_int_equal(o.bytes[3], 77);
}

static void scratch_inside_is_refused(void **state)
{
    struct probe_ocall o = {.index = 0, .size = 4};
    struct sdk_call c = {.index = PROBE_OCALL,
                         .data = (uint64_t)&o,
                         .size = sizeof(o),
                         .scratch = (uint64_t)enclave->base,
                         .scratch_size = 4096};

    (void)state;
    assert_int_equal(enter_raw(SDK_ENTER_CALL, &c), SGX_EEXIT);
    assert_int_equal(c.exit, SDK_EXIT_RETURN);
    assert_int_equal(c.result, COFFER_BAD_POINTER);
}

static void threads_have_their_own_data(void **state)
{
    (void)state;
    for (int i = 41; i < 50; i++)
        assert_int_equal(call(PROBE_COUNT, NULL, 0), i);
}

static void calls_out(void **state)
{
    struct probe_ocall o = {.index = 0, .size = 3, .bytes = {10, 20, 30}};

    (void)state;
    assert_int_equal(call(PROBE_OCALL, &o, sizeof(o)), COFFER_OK);
    assert_int_equal(o.result, 65);
    assert_int_equal(o.bytes[0], 10 ^ 0xff);
    assert_int_equal(o.bytes[3], 0);
    o.index = 1;
    assert_int_equal(call(PROBE_OCALL, &o, sizeof(o)), COFFER_NO_SUCH_CALL);
    o.index = 3;
    assert_int_equal(call(PROBE_OCALL, &o, sizeof(o)), COFFER_NO_SUCH_CALL);
    o = (struct probe_ocall){.index = 2};
    assert_int_equal(call(PROBE_OCALL, &o, sizeof(o)), COFFER_OK);
    assert_int_equal(o.result, 1000);
    o.size = COFFER_CALL_SIZE_MAX + 1;
    assert_int_equal(call(PROBE_OCALL, &o, sizeof(o)), COFFER_TOO_LARGE);
}

static void control_words(void **state)
{
    const uint32_t odd = 0x1f80 | 0x6000, defined = 0x1f80; /* rounding to zero */
    uint32_t now;

    (void)state;
    __asm__ volatile("ldmxcsr %0" : : "m"(odd));
    assert_int_equal(call(PROBE_CONTROL, NULL, 0), (int64_t)defined << 32 | 0x37f << 16);
    __asm__ volatile("stmxcsr %0" : "=m"(now));
    __asm__ volatile("ldmxcsr %0" : : "m"(defined));
    assert_int_equal(now & ~0x3fU, odd);
}

static void heap_has_an_end(void **state)
{
    uint64_t small = 1000 * 1024, large = 1024 * 1024;

    (void)state;
    assert_int_equal(call(PROBE_HEAP, &small, sizeof(small)), 1);
    assert_int_equal(call(PROBE_HEAP, &large, sizeof(large)), 0);
    assert_int_equal(call(PROBE_HEAP, &small, sizeof(small)), 1);
}

static void inside_and_outside(void **state)
{
    uint64_t size = enclave->size;

    (void)state;
    assert_int_equal(call(PROBE_RANGES, &size, sizeof(size)), 0);
}

static void reports(void **state)
{
    (void)state;
    assert_int_equal(call(PROBE_REPORT, NULL, 0), 0);
}

static void sealing(void **state)
{
    (void)state;
    assert_int_equal(call(PROBE_SEAL, NULL, 0), 0);
}

static void exceptions(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call(PROBE_UD, NULL, 0), 0x5678);
        assert_int_equal(call(PROBE_PAGE_FAULT, NULL, 0), (int64_t)14 << 32 | 0x2000);
    }
    assert_int_equal(call(PROBE_OCALL_IN_HANDLER, NULL, 0), COFFER_BUSY);
}

static volatile sig_atomic_t ticks;

static void on_tick(int number)
{
    (void)number;
    ticks++;
}

static void *spinner(void *argument)
{
    uint64_t rounds = 20 * 1000 * 1000;

    (void)argument;
    for (int i = 0; i < 4; i++)
        assert_int_equal(call(PROBE_SPIN, &rounds, sizeof(rounds)), 0);
    return NULL;
}

/* more callers than enclave threads, under a timer */
static void interrupted_threads(void **state)
{
    const struct itimerval on = {{0, 500}, {0, 500}}, off = {0};
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    pthread_t ids[6];

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &on, NULL), 0);
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++)
        assert_int_equal(pthread_create(&ids[i], NULL, spinner, NULL), 0);
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++)
        assert_int_equal(pthread_join(ids[i], NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
    assert_true(ticks > 10);
}

static void expect_death(uint32_t index, void *data, size_t size, enum coffer_status status)
{
    int64_t result;

    assert_int_equal(coffer_call(enclave, index, data, size, &result), status);
    assert_int_equal(coffer_call(enclave, PROBE_ECHO, NULL, 0, &result), COFFER_DEAD);
}

static void abort_is_final(void **state)
{
    struct sdk_call c = {.index = PROBE_ECHO};

    (void)state;
    expect_death(PROBE_ABORT, NULL, 0, COFFER_DEAD);
    assert_int_equal(enter_raw(SDK_ENTER_CALL, &c),
                     SGX_EEXIT); /* bypasses the state that the host library keeps */
    assert_int_equal(c.status, COFFER_DEAD);
}

static void crash_is_final(void **state)
{
    (void)state;
    expect_death(PROBE_CRASH, NULL, 0, COFFER_FAULT);
}

static void smashed_stack_is_final(void **state)
{
    uint8_t data[64] = {0};

    (void)state;
    expect_death(PROBE_SMASH, data, sizeof(data), COFFER_DEAD);
}

static void fault_in_the_handler_is_final(void **state)
{
    (void)state;
    expect_death(PROBE_ENDLESS_FAULT, NULL, 0, COFFER_FAULT);
}

/* without exinfo the SSA does not record #PF and #GP: no handler can see them */
static void fault_without_exinfo_is_final(void **state)
{
    (void)state;
    assert_int_equal(call(PROBE_UD, NULL, 0), 0x5678);
    expect_death(PROBE_PAGE_FAULT, NULL, 0, COFFER_FAULT);
}

static void protection_fault_without_exinfo_is_final(void **state)
{
    (void)state;
    expect_death(PROBE_HALT, NULL, 0, COFFER_FAULT);
}

static void files_that_do_not_load(void **state)
{
    struct coffer_enclave *none = NULL;
    char text[COFFER_TEXT_SIZE];

    (void)state;
    assert_int_equal(coffer_load("/nonexistent", NULL, &none, text), -ENOENT);
    assert_int_equal(coffer_load("/proc/self/exe", NULL, &none, text), -EBADMSG);
    assert_non_null(strstr(text, "not a signed enclave"));
    assert_int_equal(coffer_load("/dev/null", NULL, &none, NULL), -EBADMSG);
    assert_null(none);
    coffer_unload(NULL);
}

#define live_test(function)  cmocka_unit_test_setup_teardown(function, enclave_load, enclave_unload)
#define plain_test(function) cmocka_unit_test_setup_teardown(function, plain_load, enclave_unload)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        live_test(bytes_go_in_and_out),
        live_test(sizes_have_limits),
        live_test(pointers_into_the_enclave_are_refused),
        live_test(senseless_entries),
        live_test(entries_during_a_call_out),
        live_test(scratch_inside_is_refused),
        live_test(threads_have_their_own_data),
        live_test(calls_out),
        live_test(control_words),
        live_test(heap_has_an_end),
        live_test(inside_and_outside),
        live_test(reports),
        live_test(sealing),
        live_test(exceptions),
        live_test(interrupted_threads),
        live_test(abort_is_final),
        live_test(crash_is_final),
        live_test(smashed_stack_is_final),
        live_test(fault_in_the_handler_is_final),
        plain_test(fault_without_exinfo_is_final),
        plain_test(protection_fault_without_exinfo_is_final),
        cmocka_unit_test(files_that_do_not_load),
    };

    if (argc < 3)
        return 2;
    enclave_path = argv[1];
    plain_path = argv[2];
    if (argc > 3)
        cmocka_set_test_filter(argv[3]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
