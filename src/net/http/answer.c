/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/answer.h"

#include <string.h>
#include <time.h>

#include "base/macros.h"

static const struct {
    unsigned status;
    const char *text;
} texts[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_answer_status_text(unsigned status)
{
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "";
}

bool http_answer_has_body(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

/* The names are those of the C locale, which no program of ours leaves. */
const char *http_answer_date_render(int64_t unix_s, char text[static HTTP_DATE_SIZE])
{
    const time_t time = (time_t)unix_s;
    struct tm tm;

    if (!gmtime_r(&time, &tm) || !strftime(text, HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        memcpy(text, "Thu, 01 Jan 1970 00:00:00 GMT", sizeof("Thu, 01 Jan 1970 00:00:00 GMT"));
    return text;
}
