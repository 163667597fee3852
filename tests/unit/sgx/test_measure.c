/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sgx/measure.h"

/* the records, written byte by byte after the manual */
static void records(void **state)
{
    static const uint8_t create[64] = "ECREATE\0\x01\0\0\0\0\x40";
    static const uint8_t add[64] = "EADD\0\0\0\0\0\x10\0\0\0\0\0\0\x05\x02";
    static const uint8_t extend[64] = "EEXTEND\0\0\x10";
    uint8_t chunk[SGX_CHUNK_SIZE], expected[SGX_HASH_SIZE], got[SGX_HASH_SIZE];
    struct sgx_measure m;
    struct sha256 sha;

    (void)state;
    memset(chunk, 0xc3, sizeof(chunk));
    sha256_init(&sha);
    sha256_update(&sha, create, 64);
    sha256_update(&sha, add, 64);
    sha256_update(&sha, extend, 64);
    sha256_update(&sha, chunk, sizeof(chunk));
    sha256_final(&sha, expected);

    sgx_measure_create(&m, 1, 0x4000);
    sgx_measure_add(&m, 0x1000, (struct sgx_secinfo){.permissions = 5, .type = SGX_PT_REG});
    sgx_measure_extend(&m, 0x1000, chunk);
    sgx_measure_final(&m, got);
    assert_memory_equal(got, expected, sizeof(got));
}

static void page_is_sixteen_chunks(void **state)
{
    uint8_t page[SGX_PAGE_SIZE], whole[SGX_HASH_SIZE], pieces[SGX_HASH_SIZE];
    struct sgx_measure a, b;

    (void)state;
    for (size_t i = 0; i < sizeof(page); i++)
        page[i] = (uint8_t)(i >> 4);
    sgx_measure_create(&a, 1, 0x4000);
    b = a;
    sgx_measure_extend_page(&a, 0x2000, page);
    for (uint64_t at = 0; at < SGX_PAGE_SIZE; at += SGX_CHUNK_SIZE)
        sgx_measure_extend(&b, 0x2000 + at, page + at);
    sgx_measure_final(&a, whole);
    sgx_measure_final(&b, pieces);
    assert_memory_equal(whole, pieces, sizeof(whole));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),
        cmocka_unit_test(page_is_sixteen_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
