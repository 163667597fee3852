/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/answer.h: what the status line and the Date field of an answer say, and how large an
 * answer may be.
 */
#ifndef COFFER_NET_HTTP_ANSWER_H
#define COFFER_NET_HTTP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HTTP_BODY_SIZE_MAX = 8 * 1024 * 1024, /* bytes of one answer's body */
    HTTP_ANSWER_HEAD_MAX = 8 * 1024,      /* bytes of one answer's head */
    HTTP_DATE_SIZE = 32,                  /* bytes of an IMF-fixdate, NUL included */
};

/** http_answer_status_text() - "Not Found"; "" for a status that this server does not send */
const char *http_answer_status_text(unsigned status);

/** http_answer_has_body() - false for 1xx, 204 and 304 (RFC 9110 section 6.4.1) */
bool http_answer_has_body(unsigned status);

/** http_answer_date_render() - "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7) */
const char *http_answer_date_render(int64_t unix_s, char text[static HTTP_DATE_SIZE]);

#endif
