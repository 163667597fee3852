/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "emulator/process/auxv.h"
#include "emulator/cpu/patch.h"

enum {
    CODE_SIZE = 1 << 16, /* bytes, more than the table has entries */
    BYTE_INT3 = 0xcc,
    BYTE_NOP = 0x90,
    BYTE_CODE = 0x55,
};

/* These stand for the process that the emulator is loaded into. */
const char *auxv_environment(const char *name)
{
    (void)name;
    return NULL;
}

uint64_t auxv_get(uint64_t type)
{
    (void)type;
    return 0;
}

static int setup(void **state)
{
    uint8_t *code =
        mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(code, MAP_FAILED);
    memset(code, BYTE_CODE, CODE_SIZE);
    assert_int_equal(mprotect(code, CODE_SIZE, PROT_READ | PROT_EXEC), 0);
    *state = code;
    return 0;
}

static int teardown(void **state)
{
    patch_forget((uint64_t)*state, CODE_SIZE);
    return munmap(*state, CODE_SIZE);
}

static void a_site_is_of_its_kind(void **state)
{
    const uint8_t *code = *state;
    uint64_t at = (uint64_t)code;

    patch_place(PATCH_ENCLU, at);
    patch_place(PATCH_CPUID, at + 16);
    assert_int_equal(patch_at(at), PATCH_ENCLU);
    assert_int_equal(patch_at(at + 16), PATCH_CPUID);
    assert_int_equal(patch_at(at + 1), PATCH_NONE);
    assert_int_equal(patch_at(0), PATCH_NONE);
    assert_int_equal(code[0], BYTE_INT3);
    assert_int_equal(code[1], BYTE_CODE);
    assert_int_equal(code[16], BYTE_INT3);
    assert_int_equal(code[17], BYTE_NOP);
    patch_forget(at + 1, 16);
    assert_int_equal(patch_at(at), PATCH_ENCLU);
    assert_int_equal(patch_at(at + 16), PATCH_NONE);
}

/* Every breakpoint is in the table, however many there are. Without room, the code is not
 * changed. */
static void a_full_table_leaves_code_alone(void **state)
{
    const uint8_t *code = *state;
    size_t placed = 0;

    for (size_t i = 0; i < CODE_SIZE; i += 4)
        patch_place(PATCH_ENCLU, (uint64_t)code + i);
    for (size_t i = 0; i < CODE_SIZE; i += 4) {
        bool known = patch_at((uint64_t)code + i) == PATCH_ENCLU;

        assert_int_equal(code[i], known ? BYTE_INT3 : BYTE_CODE);
        placed += known;
    }
    assert_in_range(placed, 1, CODE_SIZE / 4 - 1);
    patch_forget((uint64_t)code, CODE_SIZE);
    patch_place(PATCH_ENCLU, (uint64_t)code + CODE_SIZE - 4);
    assert_int_equal(patch_at((uint64_t)code + CODE_SIZE - 4), PATCH_ENCLU);
}

static void what_cannot_be_written_is_no_site(void **state)
{
    uint64_t at = (uint64_t)*state;

    assert_int_equal(munmap(*state, CODE_SIZE), 0);
    patch_place(PATCH_ENCLU, at);
    assert_int_equal(patch_at(at), PATCH_NONE);
}

#define WITH_CODE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CODE(a_site_is_of_its_kind),
        WITH_CODE(a_full_table_leaves_code_alone),
        WITH_CODE(what_cannot_be_written_is_no_site),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
