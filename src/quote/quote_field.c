/* SPDX-License-Identifier: Apache-2.0 */
#include "quote/quote_field.h"

#include "base/macros.h"

/* clang-format off */
static const struct quote_field enclave_fields[] = {
    {.name = "cpusvn", .offset = 0, .size = 16},
    {.name = "miscselect", .offset = 16, .size = 4, .is_number = true},
    {.name = "isvextprodid", .offset = 32, .size = 16},
    {.name = "attributes", .offset = 48, .size = 16},
    {.name = "mrenclave", .offset = 64, .size = 32},
    {.name = "mrsigner", .offset = 128, .size = 32},
    {.name = "configid", .offset = 192, .size = 64},
    {.name = "isvprodid", .offset = 256, .size = 2, .is_number = true},
    {.name = "isvsvn", .offset = 258, .size = 2, .is_number = true},
    {.name = "configsvn", .offset = 260, .size = 2, .is_number = true},
    {.name = "isvfamilyid", .offset = 304, .size = 16},
    {.name = "report_data", .offset = 320, .size = 64},
};

static const struct quote_field td_fields[] = {
    {.name = "tee_tcb_svn", .offset = 0, .size = 16},
    {.name = "mrseam", .offset = 16, .size = 48},
    {.name = "mrsignerseam", .offset = 64, .size = 48},
    {.name = "seamattributes", .offset = 112, .size = 8},
    {.name = "tdattributes", .offset = 120, .size = 8},
    {.name = "xfam", .offset = 128, .size = 8},
    {.name = "mrtd", .offset = 136, .size = 48},
    {.name = "mrconfigid", .offset = 184, .size = 48},
    {.name = "mrowner", .offset = 232, .size = 48},
    {.name = "mrownerconfig", .offset = 280, .size = 48},
    {.name = "rtmr0", .offset = 328, .size = 48},
    {.name = "rtmr1", .offset = 376, .size = 48},
    {.name = "rtmr2", .offset = 424, .size = 48},
    {.name = "rtmr3", .offset = 472, .size = 48},
    {.name = "report_data", .offset = 520, .size = 64},
    {.name = "tee_tcb_svn2", .offset = 584, .size = 16},
    {.name = "mrservicetd", .offset = 600, .size = 48},
    {.name = "vmid", .offset = 648, .size = 1, .is_number = true},
    {.name = "td_id", .offset = 649, .size = 32},
    {.name = "devinfo", .offset = 681, .size = 48},
    {.name = "init_servtd_hash", .offset = 729, .size = 48},
    {.name = "init_servtd_attr", .offset = 777, .size = 8},
    {.name = "init_cpusvn", .offset = 785, .size = 16},
    {.name = "init_tee_tcb_svn", .offset = 801, .size = 16},
    {.name = "init_fmspc", .offset = 817, .size = 12},
    {.name = "cur_servtd_hash", .offset = 829, .size = 48},
    {.name = "cur_servtd_attr", .offset = 877, .size = 8},
};
/* clang-format on */

/* The three TD reports are prefixes of one another, so the report's size says which fields it has.
 */
const struct quote_field *quote_field_at(const struct quote *q, size_t index)
{
    const struct quote_field *table = quote_is_td(q) ? td_fields : enclave_fields;
    size_t count = quote_is_td(q) ? ARRAY_COUNT(td_fields) : ARRAY_COUNT(enclave_fields);

    if (index >= count || (size_t)table[index].offset + table[index].size > q->body.len)
        return NULL;
    return &table[index];
}

const struct quote_field *quote_field_find(const struct quote *q, struct span name)
{
    const struct quote_field *field;

    for (size_t i = 0; (field = quote_field_at(q, i)); i++)
        if (span_equal_str(name, field->name))
            return field;
    return NULL;
}

struct span quote_field_bytes(const struct quote *q, const struct quote_field *field)
{
    return span_sub(q->body, field->offset, field->size);
}

uint64_t quote_field_number(const struct quote *q, const struct quote_field *field)
{
    struct span bytes = quote_field_bytes(q, field);
    uint64_t value = 0;

    for (size_t i = bytes.len; i > 0; i--)
        value = value << 8 | bytes.data[i - 1];
    return value;
}
