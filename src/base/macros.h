/* SPDX-License-Identifier: Apache-2.0 */
/* base/macros.h: the few language helpers that every module uses. */
#ifndef COFFER_BASE_MACROS_H
#define COFFER_BASE_MACROS_H

#include <stddef.h>
#include <stdlib.h>

#define NODISCARD               __attribute__((warn_unused_result))
#define CLEANUP(fn)             __attribute__((cleanup(fn)))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED                  __attribute__((unused))
#define PUBLIC                  __attribute__((visibility("default")))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)      ((a) < (b) ? (a) : (b))
#define MAX(a, b)      ((a) > (b) ? (a) : (b))

/** take_ptr() - hand over the pointer at @slot, which becomes NULL; use through TAKE_PTR */
static inline void *take_ptr(void *slot)
{
    void **p = slot;
    void *value = *p;

    *p = NULL;
    return value;
}
#define TAKE_PTR(var) ((__typeof__(var))take_ptr(&(var)))

/** take_fd() - hand over the descriptor at @slot, which becomes -1; use through TAKE_FD */
static inline int take_fd(int *slot)
{
    int fd = *slot;

    *slot = -1;
    return fd;
}
#define TAKE_FD(var) take_fd(&(var))

/** freep() - cleanup for malloc()ed memory: CLEANUP(freep) char *text = NULL; */
static inline void freep(void *slot)
{
    free(*(void **)slot);
}

#endif
