/* What both sides of @NAME@ share: the numbers of the calls and the bytes that they carry. */
#ifndef @NAME@_H
#define @NAME@_H

#include <stdint.h>

enum {
    @NAME@_COUNT = 0, /* entry points */
};

/** struct @NAME@_count - a call's argument and answer */
struct @NAME@_count {
    char text[64];  /* in; ends with a NUL */
    uint32_t words; /* out */
};

#endif
