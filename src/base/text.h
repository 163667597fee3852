/* SPDX-License-Identifier: Apache-2.0 */
/* base/text.h: cutting the kernel's text files into lines and words. Total and pure. */
#ifndef COFFER_BASE_TEXT_H
#define COFFER_BASE_TEXT_H

#include "base/span.h"

/** text_trim() - without blanks and line ends at either end */
struct span text_trim(struct span text);

/** text_split() - the text before the first @delimiter; @rest continues behind it, empty at last */
struct span text_split(struct span *rest, uint8_t delimiter);

bool text_ends_with(struct span text, struct span suffix);

/** text_hex_digit() - 0 to 15, lower-case digits only; -1 for anything else */
int text_hex_digit(uint8_t c);

#endif
