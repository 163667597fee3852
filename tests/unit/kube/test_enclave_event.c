/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "codec/json.h"
#include "kube/enclave_event.h"
#include "mutate.h"

static const struct enclave_event_rule rule = {"n1", "sgx.intel.com/epc", "sgx.intel.com/enclave"};

/* Members in an order of their own, as an API server may have it. */
static const char pods[] =
    "{\"kind\":\"PodList\",\"items\":["
    "{\"status\":{\"phase\":\"Running\"},\"spec\":{\"containers\":["
    "{\"resources\":{\"limits\":{\"cpu\":\"1\"}},\"name\":\"plain\"},"
    "{\"resources\":{\"limits\":{\"sgx.intel.com/epc\":\"10Mi\"}},\"name\":\"mute\"}]},"
    "\"metadata\":{\"uid\":\"u1\",\"namespace\":\"default\",\"name\":\"alone\"}},"
    "{\"metadata\":{\"name\":\"both\",\"namespace\":\"default\",\"uid\":\"u2\"},\"spec\":{"
    "\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"sgx.intel.com/enclave\":\"1\","
    "\"sgx.intel.com/epc\":\"10Mi\"}}}]}},"
    "{\"metadata\":{\"name\":\"ended\",\"namespace\":\"default\",\"uid\":\"u3\"},\"spec\":{"
    "\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"sgx.intel.com/epc\":\"1\"}}}]},"
    "\"status\":{\"phase\":\"Succeeded\"}},"
    "{\"metadata\":{\"name\":\"init\",\"namespace\":\"x\",\"uid\":\"u4\"},\"spec\":{"
    "\"initContainers\":[{\"name\":\"i\",\"resources\":{\"limits\":{\"sgx.intel.com/epc\":"
    "\"1\"}}}]}}]}";

static int name_add(void *userdata, const struct enclave_event_pod *pod)
{
    struct buf *names = userdata;

    buf_put(names, pod->name);
    buf_put_str(names, "/");
    buf_put(names, pod->container);
    buf_put_str(names, " ");
    return 0;
}

static int find(struct span wire, void *context)
{
    CLEANUP(buf_done) struct buf names = buf_init(4096);

    (void)context;
    return enclave_event_find(wire, &rule, name_add, &names, NULL);
}

static void pods_that_lack_the_device_are_found(void **state)
{
    CLEANUP(buf_done) struct buf names = buf_init(4096);

    (void)state;
    assert_int_equal(enclave_event_find(span_str(pods), &rule, name_add, &names, NULL), 0);
    assert_string_equal(buf_cstr(&names), "alone/mute init/i ");
}

static void mutants_are_survived(void **state)
{
    (void)state;
    assert_int_equal(mutate_prefixes(span_str(pods), find, NULL), 0);
    (void)!mutate_bits(span_str(pods), 0, 8 * strlen(pods), find, NULL);
}

static void an_event_is_named_by_its_pod(void **state)
{
    const struct enclave_event_pod pod = {span_str("default"), span_str("alone"), span_str("u1"),
                                          span_str("mute")};
    CLEANUP(buf_done) struct buf event = buf_init(8192);
    struct json_reader r;

    (void)state;
    enclave_event_render(&pod, &rule, 0, &event);
    r = json_reader_of(buf_span(&event));
    json_skip(&r);
    assert_int_equal(json_reader_done(&r, NULL), 0);
    assert_non_null(strstr(buf_cstr(&event), "\"name\":\"coffer-no-enclave-u1\""));
    assert_non_null(strstr(buf_cstr(&event), "\"firstTimestamp\":\"1970-01-01T00:00:00Z\""));
    assert_non_null(strstr(buf_cstr(&event), "container mute asks for sgx.intel.com/epc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_that_lack_the_device_are_found),
        cmocka_unit_test(mutants_are_survived),
        cmocka_unit_test(an_event_is_named_by_its_pod),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
