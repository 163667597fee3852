/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/span.h"
#include "crypto/tls_ticket.h"

enum {
    PERIOD_MS = TLS_TICKET_KEY_S * 1000,
};

static int64_t time_ms;

static int64_t now(void)
{
    return time_ms;
}

static int use(struct tls_tickets *t, uint8_t name[static TLS_TICKET_NAME_SIZE], int encrypts)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t iv[EVP_MAX_IV_LENGTH] = {0};
    int r = tls_ticket_use(t, name, iv, cipher, mac, encrypts);

    EVP_CIPHER_CTX_free(cipher);
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(hmac);
    return r;
}

static void a_key_opens_for_two_periods_and_seals_for_one(void **state)
{
    struct tls_tickets t = {.now_ms = now};
    uint8_t first[TLS_TICKET_NAME_SIZE], second[TLS_TICKET_NAME_SIZE];

    (void)state;
    time_ms = 1;
    assert_int_equal(use(&t, first, 1), 1);
    assert_int_equal(use(&t, first, 0), 1);
    time_ms += PERIOD_MS - 1;
    assert_int_equal(use(&t, second, 1), 1);
    assert_memory_equal(first, second, sizeof(first));
    time_ms += 1;
    assert_int_equal(use(&t, second, 1), 1);
    assert_memory_not_equal(first, second, sizeof(first));
    assert_int_equal(use(&t, first, 0), 2);
    time_ms += PERIOD_MS;
    assert_int_equal(use(&t, first, 0), 0);
    tls_ticket_done(&t);
}

static void a_key_that_nobody_used_for_long_is_forgotten(void **state)
{
    struct tls_tickets t = {.now_ms = now};
    uint8_t name[TLS_TICKET_NAME_SIZE];

    (void)state;
    time_ms = 1;
    assert_int_equal(use(&t, name, 1), 1);
    time_ms += 3 * (int64_t)PERIOD_MS;
    assert_int_equal(use(&t, name, 0), 0);
}

static void unknown_names_have_no_key(void **state)
{
    struct tls_tickets t = {.now_ms = now};
    uint8_t name[TLS_TICKET_NAME_SIZE] = {0};

    (void)state;
    time_ms = 1;
    assert_int_equal(use(&t, name, 0), 0); /* also the name of the key that does not exist yet */
    tls_ticket_done(&t);
    assert_true(span_is_zero(span_of(&t, sizeof(t))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_opens_for_two_periods_and_seals_for_one),
        cmocka_unit_test(a_key_that_nobody_used_for_long_is_forgotten),
        cmocka_unit_test(unknown_names_have_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
