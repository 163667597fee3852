/* SPDX-License-Identifier: Apache-2.0 */
#undef COFFER_ANALYZER
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

PRINTF_LIKE(4, 0)
static void text_format(char *text, size_t size, const char *tail, const char *format, va_list args)
{
    int n = vsnprintf(text, size, format, args);

    if (n >= 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, "%s%s", tail ? ": " : "", tail ? tail : "");
}

int err_set(struct err *err, int code, const char *format, ...)
{
    va_list args;

    if (!err)
        return code;
    err->code = code;
    va_start(args, format);
    text_format(err->text, sizeof(err->text), NULL, format, args);
    va_end(args);
    return code;
}

int err_errno(struct err *err, const char *format, ...)
{
    int code = errno > 0 ? -errno : -EIO;
    va_list args;

    if (!err)
        return code;
    err->code = code;
    va_start(args, format);
    text_format(err->text, sizeof(err->text), strerror(-code), format, args);
    va_end(args);
    return code;
}

int err_wrap(struct err *err, const char *format, ...)
{
    char inner[ERR_TEXT_SIZE];
    va_list args;

    if (!err)
        return -EIO;
    memcpy(inner, err->text, sizeof(inner));
    va_start(args, format);
    text_format(err->text, sizeof(err->text), inner, format, args);
    va_end(args);
    return err->code ? err->code : -EIO;
}
