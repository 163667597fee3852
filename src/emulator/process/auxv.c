/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/process/auxv.h"

#include <linux/memfd.h>

#include "emulator/image/proc_lines.h"
#include "emulator/strings.h"
#include "emulator/sys.h"

enum {
    STAT_FIELD_START_STACK = 28, /* proc(5): /proc/self/stat, counted from 1 */
    STAT_FIELD_STATE = 3,        /* the first one behind the command's name in parentheses */
    MEMORY_MAP_SET = 35,         /* prctl: PR_SET_MM */
    MEMORY_MAP_AUXV = 12,        /* PR_SET_MM_AUXV */
    AT_NULL_TYPE = 0,
};

struct entry {
    uint64_t type, value;
};

/* Where the stack began, of glibc's dynamic linker, and what musl has as soon as it runs. */
extern void *__libc_stack_end __attribute__((weak));
extern char **environ __attribute__((weak));

static char **environment;
static struct entry *vector;
static size_t count; /* entries, AT_NULL included */

static const char *parenthesis_find_last(const char *text)
{
    const char *found = text;

    for (; *text; text++)
        if (*text == ')')
            found = text + 1;
    return found;
}

/* Behind the @spaces-th space. */
static const char *field_find(const char *text, int spaces)
{
    for (; *text && spaces > 0; text++)
        spaces -= *text == ' ';
    return text;
}

static uint64_t start_stack_read(void)
{
    struct proc_lines lines;
    const char *p;
    uint64_t value = 0;

    if (proc_lines_open(&lines, "/proc/self/stat") < 0)
        return 0;
    p = proc_lines_next(&lines);
    if (p) {
        p = field_find(parenthesis_find_last(p), STAT_FIELD_START_STACK - STAT_FIELD_STATE + 1);
        (void)string_decimal(p, &value);
    }
    proc_lines_close(&lines);
    return value;
}

/* Without /proc. The program's stack is above all that is allocated, so an address above this frame
 * tells an environment that nobody has moved yet. */
static char **environment_find(void)
{
    uint64_t *word = (uint64_t *)start_stack_read();

    if (!word && &__libc_stack_end)
        word = __libc_stack_end;
    if (word)
        return (char **)(word + *word + 2); /* behind the count of arguments, them and their NULL */
    if (&environ && (uint64_t)environ > (uint64_t)__builtin_frame_address(0))
        return environ;
    return NULL;
}

bool auxv_setup(void)
{
    char **word = environment_find();

    if (!word)
        return false;
    environment = word;
    while (*word)
        word++;
    vector = (struct entry *)(word + 1);
    while (vector[count++].type != AT_NULL_TYPE)
        ;
    return true;
}

bool auxv_find(uint64_t type, uint64_t *ret_value)
{
    for (size_t i = 0; i < count; i++) {
        if (vector[i].type != type || type == AT_NULL_TYPE)
            continue;
        *ret_value = vector[i].value;
        return true;
    }
    return false;
}

uint64_t auxv_get(uint64_t type)
{
    uint64_t value = 0;

    (void)auxv_find(type, &value);
    return value;
}

void auxv_set(uint64_t type, uint64_t value)
{
    for (size_t i = 0; i < count; i++)
        if (vector[i].type == type)
            vector[i].value = value;
    (void)sys_call6(__NR_prctl, MEMORY_MAP_SET, MEMORY_MAP_AUXV, (long)vector,
                    (long)(count * sizeof(*vector)), 0, 0);
}

long auxv_open(void)
{
    long fd = sys_call3(__NR_memfd_create, (long)"auxv", MFD_CLOEXEC, 0);

    if (fd >= 0 && count)
        (void)sys_pwrite((int)fd, vector, count * sizeof(*vector), 0);
    if (fd >= 0 && !count) {
        (void)sys_close((int)fd);
        return -ENOENT;
    }
    return fd;
}

const char *auxv_environment(const char *name)
{
    const char *rest;

    for (char **e = environment; e && *e; e++)
        if (string_starts_with(*e, name, &rest) && *rest == '=')
            return rest + 1;
    return NULL;
}
