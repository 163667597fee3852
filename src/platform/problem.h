/* SPDX-License-Identifier: Apache-2.0 */
/* platform/problem.h: collecting what is wrong into a snapshot. */
#ifndef COFFER_PLATFORM_PROBLEM_H
#define COFFER_PLATFORM_PROBLEM_H

#include "platform/platform.h"

/**
 * platform_problem_add() - append to @info->problems; dropped when PLATFORM_PROBLEMS_MAX are there
 * @remedy: a static sentence: what to do about it
 */
PRINTF_LIKE(5, 6)
void platform_problem_add(struct platform_info *info, enum platform_check check,
                          enum platform_severity severity, const char *remedy, const char *format,
                          ...);

#endif
