/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/problem.h"

#include <stdarg.h>
#include <stdio.h>

void platform_problem_add(struct platform_info *info, enum platform_check check,
                          enum platform_severity severity, const char *remedy, const char *format,
                          ...)
{
    struct platform_problem *problem;
    va_list args;

    if (info->problem_count == PLATFORM_PROBLEMS_MAX)
        return;
    problem = &info->problems[info->problem_count++];
    problem->check = check;
    problem->severity = severity;
    problem->remedy = remedy;
    va_start(args, format);
    vsnprintf(problem->text, sizeof(problem->text), format, args);
    va_end(args);
}
