/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manifest is `key = value` lines for people; a signed enclave carries the same settings as 128
 * fixed bytes. Both ways end at one check, because bytes of a file are as untrusted as text: a
 * loader that believed in an odd stack size would lay the enclave out in another way than the
 * signer measured.
 *
 * Settings decide MRENCLAVE, so a mistake must be loud. An unknown key, a key given twice, a value
 * out of range and a value with a trailing word are errors with the number of the line and with the
 * values that are possible. A key that is absent has a default that is part of the format: it never
 * changes, or enclaves that were signed before would get another measurement.
 */
#include "sdk/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/size.h"
#include "base/text.h"
#include "crypto_bare/mem.h"
#include "sgx/attributes.h"

enum {
    LINE_SIZE = 256, /* bytes of a key or value, NUL included */

    /* offsets in bytes of the wire form */
    HEAP = 0,
    STACK = 8,
    THREADS = 16,
    MISCSELECT = 20,
    ATTRIBUTES = 24,
    PRODUCT_ID = 40,
    SVN = 42,
    RESERVED1 = 44,
    FAMILY_ID = 48,
    EXT_PRODUCT_ID = 64,
    RESERVED2 = 80,
};

#define ATTRIBUTES_KNOWN                                                                           \
    (SGX_ATTRIBUTE_DEBUG | SGX_ATTRIBUTE_MODE64BIT | SGX_ATTRIBUTE_PROVISIONKEY | SGX_ATTRIBUTE_KSS)

/** field_parse - set a field from @value. Return: 0 or -EINVAL. */
typedef int (*field_parse)(const char *value, struct sdk_settings *s);

static int size_field(const char *value, uint64_t min, uint64_t max, uint64_t *ret)
{
    uint64_t size;

    if (size_parse(value, &size, NULL) < 0 || size < min || size > max || size % SGX_PAGE_SIZE != 0)
        return -EINVAL;
    *ret = size;
    return 0;
}

static int number_field(const char *value, unsigned long max, unsigned long *ret)
{
    char *end;
    unsigned long number;

    if (value[0] < '0' || value[0] > '9')
        return -EINVAL;
    errno = 0;
    number = strtoul(value, &end, 0);
    if (errno != 0 || *end != '\0' || number > max)
        return -EINVAL;
    *ret = number;
    return 0;
}

static int flag_field(const char *value, uint64_t bit, uint64_t *flags)
{
    if (strcmp(value, "yes") == 0) {
        *flags |= bit;
        return 0;
    }
    if (strcmp(value, "no") != 0)
        return -EINVAL;
    *flags &= ~bit;
    return 0;
}

static int id_field(const char *value, uint8_t ret[static SGX_PRODUCT_ID_SIZE])
{
    struct span text = span_str(value);

    if (text.len != 2 * SGX_PRODUCT_ID_SIZE || !text_is_hex(text))
        return -EINVAL;
    for (size_t i = 0; i < SGX_PRODUCT_ID_SIZE; i++)
        ret[i] = (uint8_t)((unsigned)text_hex_digit(text.data[2 * i]) << 4 |
                           (unsigned)text_hex_digit(text.data[2 * i + 1]));
    return 0;
}

static int heap_parse(const char *value, struct sdk_settings *s)
{
    return size_field(value, SGX_PAGE_SIZE, SDK_HEAP_SIZE_MAX, &s->heap_size);
}

static int stack_parse(const char *value, struct sdk_settings *s)
{
    return size_field(value, SDK_STACK_SIZE_MIN, SDK_STACK_SIZE_MAX, &s->stack_size);
}

static int threads_parse(const char *value, struct sdk_settings *s)
{
    unsigned long number = 0;
    int r = number_field(value, SDK_THREADS_MAX, &number);

    s->threads = (uint32_t)number;
    return r < 0 || number == 0 ? -EINVAL : 0;
}

static int product_id_parse(const char *value, struct sdk_settings *s)
{
    unsigned long number = 0;
    int r = number_field(value, UINT16_MAX, &number);

    s->product_id = (uint16_t)number;
    return r;
}

static int svn_parse(const char *value, struct sdk_settings *s)
{
    unsigned long number = 0;
    int r = number_field(value, UINT16_MAX, &number);

    s->svn = (uint16_t)number;
    return r;
}

static int debug_parse(const char *value, struct sdk_settings *s)
{
    return flag_field(value, SGX_ATTRIBUTE_DEBUG, &s->attributes.flags);
}

static int provision_parse(const char *value, struct sdk_settings *s)
{
    return flag_field(value, SGX_ATTRIBUTE_PROVISIONKEY, &s->attributes.flags);
}

static int kss_parse(const char *value, struct sdk_settings *s)
{
    return flag_field(value, SGX_ATTRIBUTE_KSS, &s->attributes.flags);
}

static int avx_parse(const char *value, struct sdk_settings *s)
{
    return flag_field(value, SGX_XFRM_AVX & ~SGX_XFRM_LEGACY, &s->attributes.xfrm);
}

static int exinfo_parse(const char *value, struct sdk_settings *s)
{
    uint64_t bits = s->miscselect;
    int r = flag_field(value, SGX_MISC_EXINFO, &bits);

    s->miscselect = (uint32_t)bits;
    return r;
}

static int family_id_parse(const char *value, struct sdk_settings *s)
{
    return id_field(value, s->family_id);
}

static int ext_product_id_parse(const char *value, struct sdk_settings *s)
{
    return id_field(value, s->ext_product_id);
}

static const struct {
    const char *key;
    field_parse parse;
    const char *expected;
} fields[] = {
    {"heap", heap_parse, "a multiple of 4Ki, at most 32Gi"},
    {"stack", stack_parse, "a multiple of 4Ki, 16Ki to 64Mi"},
    {"threads", threads_parse, "1 to 1024"},
    {"product_id", product_id_parse, "0 to 65535"},
    {"svn", svn_parse, "0 to 65535"},
    {"debug", debug_parse, "yes or no"},
    {"provision", provision_parse, "yes or no"},
    {"kss", kss_parse, "yes or no"},
    {"exinfo", exinfo_parse, "yes or no"},
    {"avx", avx_parse, "yes or no"},
    {"family_id", family_id_parse, "32 hexadecimal digits"},
    {"ext_product_id", ext_product_id_parse, "32 hexadecimal digits"},
};

static struct sdk_settings settings_default(void)
{
    return (struct sdk_settings){
        .heap_size = 1024 * 1024,
        .stack_size = 64 * 1024,
        .threads = 1,
        .attributes = {.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = SGX_XFRM_LEGACY},
    };
}

/** text_copy() - @s as a C string. Return: false when it is empty, too long or has a NUL byte. */
static bool text_copy(struct span s, char ret[static LINE_SIZE])
{
    if (s.len == 0 || s.len >= LINE_SIZE || memchr(s.data, '\0', s.len))
        return false;
    memcpy(ret, s.data, s.len);
    ret[s.len] = '\0';
    return true;
}

/** line_parse() - one line; @seen has a bit for each field met so far */
static int line_parse(struct span line, unsigned number, unsigned *seen, struct sdk_settings *s,
                      struct err *err)
{
    const uint8_t *hash = line.len ? memchr(line.data, '#', line.len) : NULL;
    const uint8_t *equals;
    char key[LINE_SIZE], value[LINE_SIZE];

    if (hash)
        line.len = (size_t)(hash - line.data);
    line = text_trim(line);
    if (line.len == 0)
        return 0;
    equals = memchr(line.data, '=', line.len);
    if (!equals || !text_copy(text_trim(span_of(line.data, (size_t)(equals - line.data))), key) ||
        !text_copy(text_trim(span_from(line, (size_t)(equals - line.data) + 1)), value))
        return err_set(err, -EINVAL, "line %u: expected `key = value`", number);
    for (unsigned i = 0; i < ARRAY_COUNT(fields); i++) {
        if (strcmp(fields[i].key, key) != 0)
            continue;
        if (*seen >> i & 1)
            return err_set(err, -EINVAL, "line %u: %s is given twice", number, key);
        *seen |= 1U << i;
        if (fields[i].parse(value, s) < 0)
            return err_set(err, -EINVAL, "line %u: %s must be %s", number, key, fields[i].expected);
        return 0;
    }
    return err_set(err, -EINVAL, "line %u: no such key \"%s\"", number, key);
}

/** kss_check() - EINIT refuses the two ids without KSS, key separation and sharing */
static int kss_check(const struct sdk_settings *s, struct err *err)
{
    if (s->attributes.flags & SGX_ATTRIBUTE_KSS)
        return 0;
    if (mem_is_zero(s->family_id, sizeof(s->family_id)) &&
        mem_is_zero(s->ext_product_id, sizeof(s->ext_product_id)))
        return 0;
    return err_set(err, -EINVAL, "family_id and ext_product_id need kss = yes");
}

int sdk_settings_parse_manifest(struct span text, struct sdk_settings *ret, struct err *err)
{
    struct sdk_settings s = settings_default();
    unsigned number = 0, seen = 0;

    if (text.len > SDK_MANIFEST_SIZE_MAX)
        return err_set(err, -EINVAL, "the manifest has %zu bytes, at most %d are accepted",
                       text.len, SDK_MANIFEST_SIZE_MAX);
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        int r = line_parse(span_of(text.data, len), ++number, &seen, &s, err);

        if (r < 0)
            return r;
        text = span_from(text, len + 1);
    }
    if (kss_check(&s, err) < 0)
        return -EINVAL;
    *ret = s;
    return 0;
}

static bool is_page_multiple(uint64_t size, uint64_t min, uint64_t max)
{
    return size >= min && size <= max && size % SGX_PAGE_SIZE == 0;
}

int sdk_settings_parse(const uint8_t wire[static SDK_SETTINGS_SIZE], struct sdk_settings *ret,
                       struct err *err)
{
    struct sdk_settings s = {
        .heap_size = load_u64le(wire + HEAP),
        .stack_size = load_u64le(wire + STACK),
        .threads = load_u32le(wire + THREADS),
        .miscselect = load_u32le(wire + MISCSELECT),
        .attributes = sgx_attributes_parse(wire + ATTRIBUTES),
        .product_id = load_u16le(wire + PRODUCT_ID),
        .svn = load_u16le(wire + SVN),
    };

    memcpy(s.family_id, wire + FAMILY_ID, SGX_PRODUCT_ID_SIZE);
    memcpy(s.ext_product_id, wire + EXT_PRODUCT_ID, SGX_PRODUCT_ID_SIZE);
    if (!is_page_multiple(s.heap_size, SGX_PAGE_SIZE, SDK_HEAP_SIZE_MAX) ||
        !is_page_multiple(s.stack_size, SDK_STACK_SIZE_MIN, SDK_STACK_SIZE_MAX) || s.threads == 0 ||
        s.threads > SDK_THREADS_MAX)
        return err_set(err, -EBADMSG, "settings: memory or threads are out of range");
    if (s.attributes.flags & ~ATTRIBUTES_KNOWN || s.attributes.xfrm & ~SGX_XFRM_AVX ||
        (s.attributes.xfrm & SGX_XFRM_LEGACY) != SGX_XFRM_LEGACY || s.miscselect & ~SGX_MISC_EXINFO)
        return err_set(err, -EBADMSG, "settings: attributes that this runtime does not know");
    if (!mem_is_zero(wire + RESERVED1, FAMILY_ID - RESERVED1) ||
        !mem_is_zero(wire + RESERVED2, SDK_SETTINGS_SIZE - RESERVED2))
        return err_set(err, -EBADMSG, "settings: reserved bytes are set");
    *ret = s;
    return 0;
}

void sdk_settings_render(const struct sdk_settings *settings,
                         uint8_t ret_wire[static SDK_SETTINGS_SIZE])
{
    memset(ret_wire, 0, SDK_SETTINGS_SIZE);
    store_u64le(ret_wire + HEAP, settings->heap_size);
    store_u64le(ret_wire + STACK, settings->stack_size);
    store_u32le(ret_wire + THREADS, settings->threads);
    store_u32le(ret_wire + MISCSELECT, settings->miscselect);
    sgx_attributes_render(settings->attributes, ret_wire + ATTRIBUTES);
    store_u16le(ret_wire + PRODUCT_ID, settings->product_id);
    store_u16le(ret_wire + SVN, settings->svn);
    memcpy(ret_wire + FAMILY_ID, settings->family_id, SGX_PRODUCT_ID_SIZE);
    memcpy(ret_wire + EXT_PRODUCT_ID, settings->ext_product_id, SGX_PRODUCT_ID_SIZE);
}
