/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "mutate.h"
#include "sdk/container.h"

static uint8_t file[40 + SDK_TRAILER_SIZE];

static int file_make(void **state)
{
    uint8_t sigstruct[SGX_SIGSTRUCT_SIZE];
    struct sdk_settings s;

    (void)state;
    memset(file, 0x7e, sizeof(file));
    memset(sigstruct, 0x51, sizeof(sigstruct));
    if (sdk_settings_parse_manifest(span_str("threads = 7"), &s, NULL) < 0)
        return -1;
    sdk_container_trailer(&s, sigstruct, file + 40);
    return 0;
}

static void parts(void **state)
{
    struct sdk_container c;

    (void)state;
    assert_true(sdk_container_is(span_of(file, sizeof(file))));
    assert_int_equal(sdk_container_parse(span_of(file, sizeof(file)), &c, NULL), 0);
    assert_ptr_equal(c.elf.data, file);
    assert_int_equal(c.elf.len, 40);
    assert_int_equal(c.settings.threads, 7);
    assert_int_equal(c.sigstruct.len, SGX_SIGSTRUCT_SIZE);
    assert_int_equal(c.sigstruct.data[0], 0x51);
    assert_int_equal(c.sigstruct.data[SGX_SIGSTRUCT_SIZE - 1], 0x51);
}

static int parse(struct span wire, void *context)
{
    struct sdk_container c;

    (void)context;
    return sdk_container_parse(wire, &c, NULL);
}

static void mutants(void **state)
{
    (void)state;
    assert_int_equal(mutate_prefixes(span_of(file, sizeof(file)), parse, NULL), 0);
    assert_int_equal(mutate_bits(span_of(file, sizeof(file)), sizeof(file) - SDK_MAGIC_SIZE,
                                 sizeof(file), parse, NULL),
                     0);
    assert_int_equal(parse(span_of(NULL, 0), NULL), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(mutants),
    };

    return cmocka_run_group_tests(tests, file_make, NULL);
}
