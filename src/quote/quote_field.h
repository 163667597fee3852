/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote/quote_field.h: the fields of a quote's report by name, as bytes of the wire. For everything
 * that is asked by name: expectations, and the accessors of libcoffer.
 *
 * Layouts: Intel SDM, "REPORT" (SGX); Intel TDX DCAP Quoting Library API, appendix A.3 (TD).
 */
#ifndef COFFER_QUOTE_QUOTE_FIELD_H
#define COFFER_QUOTE_QUOTE_FIELD_H

#include "quote/quote.h"

struct quote_field {
    const char *name; /* as `coffer inspect` writes it */
    uint16_t offset;  /* into the report */
    uint16_t size;
    bool is_number; /* little endian */
};

/**
 * quote_field_find() - the field of @q's kind of report with this name
 * Return: a constant; NULL when this kind of report has no such field.
 */
const struct quote_field *quote_field_find(const struct quote *q, struct span name);

/** quote_field_at() - the @index-th field of @q's report, in their order; NULL past the end */
const struct quote_field *quote_field_at(const struct quote *q, size_t index);

/** quote_field_bytes() - borrowed from the quote's wire */
struct span quote_field_bytes(const struct quote *q, const struct quote_field *field);

/** quote_field_number() - the value of a field with is_number */
uint64_t quote_field_number(const struct quote *q, const struct quote_field *field);

#endif
