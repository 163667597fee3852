/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/log.h: one line an event on standard error, logfmt or JSON. Library rooms never log; the
 * outermost caller logs once. Each source file that logs defines its area first:
 *     #define LOG_AREA "kubelet"
 *     #include "base/log.h"
 */
#ifndef COFFER_BASE_LOG_H
#define COFFER_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

/**
 * log_configure() - set what --log and --log-format say
 * @levels: "warn", or "warn,aesm=debug": a default and exceptions by area; NULL keeps "info"
 * @format: "logfmt", "json" or NULL for logfmt
 * Return: 0; -EINVAL with the word that is not understood.
 */
NODISCARD int log_configure(const char *levels, const char *format, struct err *err);

bool log_enabled(const char *area, enum log_level level);

/**
 * log_event() - write one line
 * @fields: a printf format of logfmt pairs with values quoted where needed, e.g. "pod=%s epc=%zu"
 *
 * @message is a constant sentence; @fields may be "" and holds key=value pairs separated by one
 * space. A value that may hold spaces is the last one and is written key="..." by the caller.
 */
PRINTF_LIKE(4, 5)
void log_event(const char *area, enum log_level level, const char *message, const char *fields,
               ...);

#ifdef LOG_AREA
#define log_error(message, ...) log_event(LOG_AREA, LOG_LEVEL_ERROR, message, __VA_ARGS__)
#define log_warn(message, ...)  log_event(LOG_AREA, LOG_LEVEL_WARN, message, __VA_ARGS__)
#define log_info(message, ...)  log_event(LOG_AREA, LOG_LEVEL_INFO, message, __VA_ARGS__)
#define log_debug(message, ...) log_event(LOG_AREA, LOG_LEVEL_DEBUG, message, __VA_ARGS__)
#endif

#endif
