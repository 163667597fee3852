/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function for each kind of value turns its text into an expectation: bytes with or without a
 * mask, numbers, times, flags, words, and the hash of a file. The row of the expectation gives the
 * size and the limits, so a message can name what was expected and what was found.
 */
#include "verify/expectation_value.h"

#include <errno.h>

#include "base/clock.h"
#include "base/text.h"
#include "codec/hex.h"
#include "crypto/hash.h"

static int hex_parse(struct span text, size_t size, bool is_exact, uint8_t *to, uint8_t *ret_size,
                     struct err *err)
{
    size_t bytes = text.len / 2;

    if (text.len == 0 || text.len % 2 != 0 || (is_exact ? bytes != size : bytes > size))
        return err_set(err, -EINVAL, "expected %s%zu hex digits, found %zu characters",
                       is_exact ? "" : "an even number of at most ", 2 * size, text.len);
    if (hex_decode_fixed(text, to, bytes) < 0)
        return err_set(err, -EINVAL, "a character is no hex digit");
    *ret_size = (uint8_t)bytes;
    return 0;
}

/* "VALUE" or "VALUE/MASK"; without a mask, every bit counts. */
static int masked_parse(const struct expectation_row *row, struct span text, struct expectation *x,
                        struct err *err)
{
    struct span value = text_split(&text, '/');
    int r = hex_parse(value, row->size, true, x->bytes, &x->size, err);

    memset(x->mask, 0xff, row->size);
    if (r == 0 && text.len > 0)
        r = hex_parse(text, row->size, true, x->mask, &x->size, err);
    return r;
}

static int number_parse(struct span text, struct expectation *x, struct err *err)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || value > UINT32_MAX)
            return err_set(err, -EINVAL, "expected a number, found \"%.*s\"", (int)text.len,
                           (const char *)text.data);
        value = 10 * value + (uint64_t)(text.data[i] - '0');
    }
    if (text.len == 0 || value > UINT32_MAX)
        return err_set(err, -EINVAL, "expected a number of at most 32 bits");
    x->number = (int64_t)value;
    return 0;
}

/* "2026-03-11" is the start of that day. */
static int date_parse(struct span text, struct expectation *x, struct err *err)
{
    static const char midnight[] = "T00:00:00Z";
    enum { DAY_LEN = 10 }; /* "2026-03-11" */
    char full[DAY_LEN + sizeof(midnight)];

    if (text.len < DAY_LEN || text.data[4] != '-')
        return err_set(err, -EINVAL, "expected a date like 2026-03-11");
    if (text.len == DAY_LEN) {
        memcpy(full, text.data, DAY_LEN);
        memcpy(full + DAY_LEN, midnight, sizeof(midnight));
        text = span_str(full);
    }
    return clock_parse(text, &x->number, err) < 0 ? -EINVAL : 0;
}

static int word_parse(struct span text, struct expectation *x, struct err *err)
{
    if (text.len == 0 || text.len >= sizeof(x->bytes))
        return err_set(err, -EINVAL, "an advisory ID has 1 to %zu characters",
                       sizeof(x->bytes) - 1);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~' || text.data[i] == '#')
            return err_set(err, -EINVAL, "an advisory ID has printable characters only");
    memcpy(x->bytes, text.data, text.len);
    x->size = (uint8_t)text.len;
    return 0;
}

static int flag_parse(struct span text, struct expectation *x, struct err *err)
{
    x->number = span_equal_str(text, "yes");
    if (x->number == 0 && !span_equal_str(text, "no"))
        return err_set(err, -EINVAL, "expected yes or no");
    return 0;
}

static int hash_parse(const struct expectation_row *row, struct span path,
                      const struct expectation_files *files, struct expectation *x, struct err *err)
{
    CLEANUP(buf_done) struct buf content = buf_init(EXPECTATION_DATA_SIZE_MAX);
    static const enum hash_kind kinds[] = {HASH_SHA256, HASH_SHA384, HASH_SHA512};
    int r;

    if (!files)
        return err_set(
            err, -EINVAL,
            "the value names a file, which cannot be read here; use nonce with its hash");
    r = files->read(files->context, path, &content, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        if (hash_size(kinds[i]) == row->size)
            hash_of(kinds[i], buf_span(&content), span_of(NULL, 0), x->bytes);
    x->size = (uint8_t)row->size;
    return 0;
}

int expectation_value_parse(size_t index, struct span text, const struct expectation_files *files,
                            struct expectation *x, struct err *err)
{
    const struct expectation_row *row = expectation_row_at(index);

    *x = (struct expectation){.row = (uint8_t)index};
    switch (row->kind) {
    case EXPECTATION_BYTES:
        return hex_parse(text, row->size, true, x->bytes, &x->size, err);
    case EXPECTATION_PREFIX:
    case EXPECTATION_PADDED:
        return hex_parse(text, row->size, false, x->bytes, &x->size, err);
    case EXPECTATION_MASKED:
        return masked_parse(row, text, x, err);
    case EXPECTATION_HASH:
        return hash_parse(row, text, files, x, err);
    case EXPECTATION_NUMBER:
    case EXPECTATION_MINIMUM:
        return number_parse(text, x, err);
    case EXPECTATION_DATE:
        return date_parse(text, x, err);
    case EXPECTATION_REFUSED:
    case EXPECTATION_TOLERATED:
        return word_parse(text, x, err);
    case EXPECTATION_FLAG:
        return flag_parse(text, x, err);
    case EXPECTATION_NONE:
    case EXPECTATION_POLICY:
        break;
    }
    return err_set(err, -EINVAL, "no value can be expected");
}

void expectation_value_put(const struct expectation *x, struct buf *out)
{
    const struct expectation_row *row = expectation_row_at(x->row);
    char date[CLOCK_RFC3339_SIZE];

    switch (row->kind) {
    case EXPECTATION_REFUSED:
    case EXPECTATION_TOLERATED:
        buf_put_printable(out, span_of(x->bytes, x->size));
        return;
    case EXPECTATION_NUMBER:
    case EXPECTATION_MINIMUM:
        buf_printf(out, "%lld", (long long)x->number);
        return;
    case EXPECTATION_DATE:
        buf_put_str(out, clock_render(x->number, date));
        return;
    case EXPECTATION_FLAG:
        buf_put_str(out, x->number ? "yes" : "no");
        return;
    case EXPECTATION_MASKED:
        buf_put_hex(out, span_of(x->bytes, x->size));
        buf_put_u8(out, '/');
        buf_put_hex(out, span_of(x->mask, x->size));
        return;
    case EXPECTATION_NONE:
    case EXPECTATION_BYTES:
    case EXPECTATION_PREFIX:
    case EXPECTATION_PADDED:
    case EXPECTATION_HASH:
    case EXPECTATION_POLICY:
        buf_put_hex(out, span_of(x->bytes, x->size));
    }
}
