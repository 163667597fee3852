/* SPDX-License-Identifier: Apache-2.0 */
/* quote/quote_json.h: a quote's fields as JSON, byte strings in hex. */
#ifndef COFFER_QUOTE_QUOTE_JSON_H
#define COFFER_QUOTE_QUOTE_JSON_H

#include "codec/json_writer.h"
#include "quote/quote.h"

/** quote_json_write() - one object with every field of @q */
void quote_json_write(const struct quote *q, struct json_writer *w);

#endif
