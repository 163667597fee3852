/* SPDX-License-Identifier: Apache-2.0 */
/* verify/verdict_text.h: a verdict for people: one line that decides, then the reasons. */
#ifndef COFFER_VERIFY_VERDICT_TEXT_H
#define COFFER_VERIFY_VERDICT_TEXT_H

#include "verify/verdict.h"

/** verdict_text_render() - @colour: with terminal escapes; @all: also the checks that passed */
void verdict_text_render(const struct verdict *v, bool colour, bool all, struct buf *out);

#endif
