/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the auxiliary vector without a C library.
 *
 * The kernel puts it on the stack of the first thread: the count of arguments, the arguments, NULL,
 * the environment, NULL, and then the vector. Three things tell where that is, and they are tried
 * in this order: the field "startstack" of /proc/self/stat; __libc_stack_end, which glibc's dynamic
 * linker sets; and environ, which musl sets early and which a program may have moved to the heap by
 * setenv().
 *
 * getauxval() of both C libraries reads the vector where it is, so AT_SYSINFO_EHDR is replaced in
 * place. Programs that read /proc/self/auxv instead see the kernel's copy; prctl(PR_SET_MM_AUXV)
 * replaces it where the process may do that, and open_files.c gives a file with the current vector
 * elsewhere.
 */
#include "emulator/process/auxv.h"

#include <linux/auxvec.h>
#include <linux/memfd.h>

#include "emulator/image/proc_lines.h"
#include "emulator/strings.h"
#include "emulator/sys.h"

enum {
    STAT_FIELD_START_STACK = 28, /* proc(5): /proc/self/stat, counted from 1 */
    STAT_FIELD_STATE = 3,        /* the first after the command's name in parentheses */
    MEMORY_MAP_SET = 35,         /* prctl: PR_SET_MM */
    MEMORY_MAP_AUXV = 12,        /* PR_SET_MM_AUXV */
};

struct entry {
    uint64_t type, value;
};

/* Set by glibc's dynamic linker to the start of the stack; set by musl before any constructor
 * runs. */
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

/* The text after the @spaces-th space. */
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

/* The environment on the stack. environ may have been moved to the heap; the heap is below the
 * stack, so an address above this frame is one that the program has not moved. */
static char **environment_find(void)
{
    uint64_t *word = (uint64_t *)start_stack_read();

    if (!word && &__libc_stack_end)
        word = __libc_stack_end;
    if (word)
        return (char **)(word + *word + 2); /* after argc, argv and its NULL */
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
    while (vector[count++].type != AT_NULL)
        ;
    return true;
}

bool auxv_find(uint64_t type, uint64_t *ret_value)
{
    for (size_t i = 0; i < count; i++) {
        if (vector[i].type != type || type == AT_NULL)
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
