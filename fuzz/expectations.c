/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: an --expect file. What is taken can be written line by line and is taken again. */
#include <assert.h>

#include "verify/expectation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lines_put(const struct verify_policy *policy, struct buf *out)
{
    const struct expectation_row *row;
    const struct expectation *x;

    for (size_t i = 0; (row = expectation_row_at(i)); i++)
        for (size_t at = 0; (x = expectation_next(policy->expect, i, &at));) {
            buf_printf(out, "%s = ", row->name);
            expectation_value_put(x, out);
            buf_put_u8(out, '\n');
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_done) struct buf first = buf_init(4 * EXPECTATION_FILE_SIZE_MAX);
    CLEANUP(buf_done) struct buf second = buf_init(4 * EXPECTATION_FILE_SIZE_MAX);
    struct verify_policy a = {0}, b = {0};
    struct err err = {0};

    if (expectation_read(&a, span_of(data, size), NULL, &err) == 0) {
        lines_put(&a, &first);
        assert(expectation_read(&b, buf_span(&first), NULL, &err) == 0);
        lines_put(&b, &second);
        assert(span_equal(buf_span(&first), buf_span(&second)));
    }
    expectation_list_unref(a.expect);
    expectation_list_unref(b.expect);
    return 0;
}
