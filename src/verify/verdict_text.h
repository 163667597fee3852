/* SPDX-License-Identifier: Apache-2.0 */
/* verify/verdict_text.h: a verdict for people: one line that decides, then the reasons. */
#ifndef COFFER_VERIFY_VERDICT_TEXT_H
#define COFFER_VERIFY_VERDICT_TEXT_H

#include "verify/verdict.h"

/** verdict_render_text() - @colour: with terminal escapes; @all: also the checks that passed */
void verdict_render_text(const struct verdict *v, bool colour, bool all, struct buf *out);

#endif
