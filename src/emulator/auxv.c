#include "emulator/auxv.h"

#include <linux/memfd.h>

#include "emulator/lines.h"
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

static char **environment;
static struct entry *vector;
static size_t count; /* entries, AT_NULL included */

static const char *last_parenthesis(const char *text)
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
    struct lines lines;
    const char *p;
    uint64_t value = 0;

    if (lines_open(&lines, "/proc/self/stat") < 0)
        return 0;
    p = lines_next(&lines);
    if (p) {
        p = field_find(last_parenthesis(p), STAT_FIELD_START_STACK - STAT_FIELD_STATE + 1);
        (void)lines_decimal(p, &value);
    }
    lines_close(&lines);
    return value;
}

bool auxv_setup(void)
{
    uint64_t *word = (uint64_t *)start_stack_read();

    if (!word)
        return false;
    word += *word + 2; /* the count of arguments, the arguments and their NULL */
    environment = (char **)word;
    while (*word)
        word++;
    vector = (struct entry *)(word + 1);
    while (vector[count++].type != AT_NULL_TYPE)
        ;
    return true;
}

uint64_t auxv_get(uint64_t type)
{
    for (size_t i = 0; i < count; i++)
        if (vector[i].type == type)
            return vector[i].value;
    return 0;
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

static bool starts_with(const char *text, const char *prefix, const char **ret_rest)
{
    for (; *prefix; text++, prefix++)
        if (*text != *prefix)
            return false;
    *ret_rest = text;
    return true;
}

const char *environment_get(const char *name)
{
    const char *rest;

    for (char **e = environment; e && *e; e++)
        if (starts_with(*e, name, &rest) && *rest == '=')
            return rest + 1;
    return NULL;
}
