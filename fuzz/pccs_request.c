/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: a request and its body, NUL between them, against a collateral service in memory. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pccs/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pccs_core *core_make(void)
{
    /* SHA-512 of "secret" */
    static const struct pccs_settings settings = {
        .user_token_hash = "bd2b1aaf7ef4f09be9f52ce2d8d599674d81aa9d6a4421696dc4d93dd0619d68"
                           "2ce56b4d64a9ef097761ced99e0f67265b5f76085e5b0ee7ca4696b2ad6fe2b2",
        .admin_token_hash = "bd2b1aaf7ef4f09be9f52ce2d8d599674d81aa9d6a4421696dc4d93dd0619d68"
                            "2ce56b4d64a9ef097761ced99e0f67265b5f76085e5b0ee7ca4696b2ad6fe2b2",
        .replica = "fuzz",
        .upstream = {.url = ""},
    };
    struct pccs_core *core = NULL;
    struct store *store = NULL;
    struct verifier *v = NULL;
    struct err err = {0};

    if (verifier_new(NULL, &v, &err) < 0 ||
        store_open(&store_sqlite, ":memory:", &store, &err) < 0 ||
        pccs_core_new(&settings, store, v, &core, &err) < 0)
        abort();
    return core;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pccs_core *core;
    struct http_request request;
    struct pccs_answer answer;
    size_t head = strnlen((const char *)data, size);

    if (!core)
        core = core_make();
    if (http_request_parse(span_of(data, head), &request, NULL) != 0)
        return 0;
    if (head < size)
        request.body = span_of(data + head + 1, size - head - 1);
    pccs_core_handle(core, &request, 1780000000, &answer);
    assert(answer.status >= 200 && answer.status < 600);
    pccs_answer_done(&answer);
    return 0;
}
