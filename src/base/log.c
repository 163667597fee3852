/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration is process-wide by nature: it is set once by the command line, before any
 * thread starts, and only read afterwards. A line is built in one buffer and written with one
 * write(), so that lines of several processes on one terminal or pipe do not mix.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"

enum {
    LOG_LINE_MAX = 4096, /* bytes */
    AREAS_MAX = 16,
    AREA_SIZE = 24, /* bytes, NUL included */
};

static struct {
    enum log_level level;
    bool is_json;
    size_t area_count;
    struct {
        char name[AREA_SIZE];
        enum log_level level;
    } areas[AREAS_MAX];
} config = {.level = LOG_LEVEL_INFO};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static bool level_parse(struct span name, enum log_level *ret)
{
    for (size_t i = 0; i < ARRAY_COUNT(level_names); i++) {
        if (!span_equal_str(name, level_names[i]))
            continue;
        *ret = (enum log_level)i;
        return true;
    }
    return false;
}

static int word_apply(struct span word, struct err *err)
{
    const uint8_t *equals = word.len ? memchr(word.data, '=', word.len) : NULL;
    size_t name_len = equals ? (size_t)(equals - word.data) : 0;
    enum log_level level;

    if (!level_parse(equals ? span_from(word, name_len + 1) : word, &level))
        return err_set(err, -EINVAL, "--log: \"%.*s\" is not error, warn, info or debug",
                       (int)word.len, word.len ? (const char *)word.data : "");
    if (!equals) {
        config.level = level;
        return 0;
    }
    if (config.area_count == AREAS_MAX || name_len >= AREA_SIZE)
        return err_set(err, -EINVAL, "--log: too many areas or too long a name");
    memcpy(config.areas[config.area_count].name, word.data, name_len);
    config.areas[config.area_count].name[name_len] = 0;
    config.areas[config.area_count++].level = level;
    return 0;
}

int log_configure(const char *levels, const char *format, struct err *err)
{
    int r;

    if (format && strcmp(format, "json") != 0 && strcmp(format, "logfmt") != 0)
        return err_set(err, -EINVAL, "--log-format: \"%s\" is neither logfmt nor json", format);
    config.is_json = format && strcmp(format, "json") == 0;
    while (levels && *levels) {
        size_t len = strcspn(levels, ",");

        r = word_apply(span_of(levels, len), err);
        if (r < 0)
            return r;
        levels += len + (levels[len] == ',');
    }
    return 0;
}

bool log_enabled(const char *area, enum log_level level)
{
    for (size_t i = 0; i < config.area_count; i++)
        if (strcmp(config.areas[i].name, area) == 0)
            return level <= config.areas[i].level;
    return level <= config.level;
}

static bool is_json_number(struct span value)
{
    if (!value.len || value.len > 15 || (value.data[0] == '0' && value.len > 1))
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
    return true;
}

/* Splits one key=value or key="value" pair off the front of fields. */
static bool pair_split(struct span *fields, struct span *ret_key, struct span *ret_value)
{
    const uint8_t *equals, *end;
    struct span rest;

    while (fields->len && fields->data[0] == ' ')
        *fields = span_from(*fields, 1);
    equals = fields->len ? memchr(fields->data, '=', fields->len) : NULL;
    if (!equals)
        return false;
    *ret_key = span_of(fields->data, (size_t)(equals - fields->data));
    rest = span_from(*fields, ret_key->len + 1);
    if (rest.len && rest.data[0] == '"') {
        rest = span_from(rest, 1);
        end = rest.len ? memchr(rest.data, '"', rest.len) : NULL;
    } else {
        end = rest.len ? memchr(rest.data, ' ', rest.len) : NULL;
    }
    *ret_value = span_of(rest.data, end ? (size_t)(end - rest.data) : rest.len);
    *fields = span_from(rest, ret_value->len + 1);
    return true;
}

static void json_line(struct buf *line, const char *time, const char *area, const char *level,
                      const char *message, struct span fields)
{
    struct span key, value;

    buf_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"area\":\"%s\",\"msg\":", time, level,
               area);
    buf_put_json_string(line, span_str(message));
    while (pair_split(&fields, &key, &value)) {
        buf_put_u8(line, ',');
        buf_put_json_string(line, key);
        buf_put_u8(line, ':');
        if (is_json_number(value))
            buf_put(line, value);
        else
            buf_put_json_string(line, value);
    }
    buf_put_str(line, "}");
}

/* No event may forge a second line or move the terminal's cursor. */
static void control_characters_blank(struct buf *line)
{
    for (size_t i = 0; i < line->len; i++)
        if (line->data[i] < 0x20 || line->data[i] == 0x7f)
            line->data[i] = ' ';
}

void log_event(const char *area, enum log_level level, const char *message, const char *fields, ...)
{
    CLEANUP(buf_done) struct buf line = buf_init(LOG_LINE_MAX);
    CLEANUP(buf_done) struct buf pairs = buf_init(LOG_LINE_MAX / 2);
    char time[CLOCK_RFC3339_SIZE];
    va_list args;
    int r;

    if (!log_enabled(area, level))
        return;
    va_start(args, fields);
    buf_vprintf(&pairs, fields, args);
    va_end(args);
    clock_render(clock_unix_s(), time);
    if (config.is_json)
        json_line(&line, time, area, level_names[level], message, buf_span(&pairs));
    else
        buf_printf(&line, "time=%s level=%s area=%s msg=\"%s\"%s%s", time, level_names[level], area,
                   message, pairs.len ? " " : "", buf_cstr(&pairs));
    control_characters_blank(&line);
    buf_put_str(&line, "\n");
    r = fd_write_all(STDERR_FILENO, buf_span(&line));
    (void)r; /* nowhere left to say it */
}
