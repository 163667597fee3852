/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "crypto/p256.h"
#include "mutate.h"
#include "verify/ear.h"

static struct buf key_pem_make(void)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    CLEANUP(buf_done) struct buf der = buf_init(EC_PKCS8_SIZE);
    struct buf pem = buf_init(4096);

    assert_int_equal(ec_key_new(&key, NULL), 0);
    ec_key_pkcs8_put(key, &der);
    pem_put(&pem, "PRIVATE KEY", buf_span(&der));
    assert_int_equal(buf_status(&pem), 0);
    return pem;
}

static int key_take(struct span pem, void *unused)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    struct err err = {0};

    (void)unused;
    return ear_key_parse(pem, &key, &err);
}

static void keys_are_pkcs8_of_p256(void **state)
{
    CLEANUP(buf_done) struct buf pem = key_pem_make();

    (void)state;
    assert_int_equal(key_take(buf_span(&pem), NULL), 0);
    assert_int_equal(key_take(span_str(""), NULL), -EBADMSG);
    assert_int_equal(key_take(span_str("-----BEGIN PRIVATE KEY-----\nAAAA\n"
                                       "-----END PRIVATE KEY-----\n"),
                              NULL),
                     -EBADMSG);
    mutate_prefixes(buf_span(&pem), key_take, NULL);
    mutate_bits(buf_span(&pem), 0, pem.len, key_take, NULL);
}

static void part_decode(struct span *token, struct buf *ret)
{
    struct span part = text_split(token, '.');

    *ret = buf_init(EAR_TOKEN_SIZE_MAX);
    assert_int_equal(base64_decode(part, BASE64_URL | BASE64_NO_PADDING, ret, NULL), 0);
}

/* A zero verdict is a refusal in this form, too. */
static void a_token_is_signed_over_header_and_claims(void **state)
{
    CLEANUP(buf_done) struct buf pem = key_pem_make();
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    CLEANUP(buf_done) struct buf token = buf_init(EAR_TOKEN_SIZE_MAX);
    static const struct verdict nothing;
    struct buf header, claims, signature;
    struct p256 *p256 = NULL;
    struct span rest, covered;

    (void)state;
    assert_int_equal(ear_key_parse(buf_span(&pem), &key, NULL), 0);
    assert_int_equal(ear_token_put(&nothing, key, &token, NULL), 0);
    rest = buf_span(&token);
    part_decode(&rest, &header);
    part_decode(&rest, &claims);
    covered = span_sub(buf_span(&token), 0, token.len - rest.len - 1);
    part_decode(&rest, &signature);
    assert_int_equal(signature.len, EC_SIGNATURE_SIZE);
    assert_int_equal(p256_new(&p256, NULL), 0);
    assert_int_equal(p256_verify(p256, ec_key_public(key), covered, signature.data), P256_VALID);
    assert_int_not_equal(p256_verify(p256, ec_key_public(key), buf_span(&claims), signature.data),
                         P256_VALID);
    assert_non_null(strstr(buf_cstr(&header), "\"alg\":\"ES256\""));
    assert_non_null(strstr(buf_cstr(&claims), "\"ear_status\":\"contraindicated\""));
    assert_non_null(strstr(buf_cstr(&claims), "\"instance-identity\":97"));
    p256_free(p256);
    buf_done(&header);
    buf_done(&claims);
    buf_done(&signature);
}

static void claims_are_one_json_object(void **state)
{
    CLEANUP(buf_done) struct buf claims = buf_init(EAR_TOKEN_SIZE_MAX);
    static const struct verdict nothing;
    struct json_reader r;

    (void)state;
    ear_claims_put(&nothing, &claims);
    assert_int_equal(buf_status(&claims), 0);
    r = json_reader_of(buf_span(&claims));
    json_skip(&r);
    assert_int_equal(json_reader_done(&r, NULL), 0);
}

static void a_small_buffer_is_an_error(void **state)
{
    CLEANUP(buf_done) struct buf pem = key_pem_make();
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    CLEANUP(buf_done) struct buf token = buf_init(100);
    static const struct verdict nothing;

    (void)state;
    assert_int_equal(ear_key_parse(buf_span(&pem), &key, NULL), 0);
    assert_int_equal(ear_token_put(&nothing, key, &token, NULL), -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_pkcs8_of_p256),
        cmocka_unit_test(a_token_is_signed_over_header_and_claims),
        cmocka_unit_test(claims_are_one_json_object),
        cmocka_unit_test(a_small_buffer_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
