/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/macros.h"
#include "crypto_bare/cmac.h"
#include "hex.h"

/* RFC 4493, section 4 */
static void known_answers(void **state)
{
    static const struct {
        size_t size;
        const char *tag;
    } rows[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},
        {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"},
        {64, "51f0bebf7e3b9d92fc49741779363cfe"},
    };
    uint8_t key[AES128_KEY_SIZE], message[64], expected[CMAC_SIZE], tag[CMAC_SIZE];

    (void)state;
    unhex("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof(key));
    unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
          message, sizeof(message));
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        unhex(rows[i].tag, expected, sizeof(expected));
        cmac(key, message, rows[i].size, tag);
        assert_memory_equal(tag, expected, sizeof(tag));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
