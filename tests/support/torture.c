/* SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_armed;
static size_t seen;  /* allocations since the run began */
static size_t fatal; /* the one that fails, from 0 */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
    if (!is_armed || seen++ != fatal)
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = __wrap_malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

struct torture_count torture_run(torture_scene scene, void *context)
{
    struct torture_count count = {0};

    for (fatal = 0;; fatal++) {
        int r;

        seen = 0;
        is_armed = true;
        r = scene(context);
        is_armed = false;
        if (seen <= fatal)
            return count;
        count.runs++;
        count.refused += r == -ENOMEM;
        count.done += r == 0;
        count.other += r != 0 && r != -ENOMEM;
    }
}
