/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/route.h"

#include <assert.h>

static struct span segment_take(struct span *path)
{
    const uint8_t *slash = path->len ? memchr(path->data, '/', path->len) : NULL;
    struct span segment = span_sub(*path, 0, slash ? (size_t)(slash - path->data) : path->len);

    *path = span_from(*path, segment.len);
    return segment;
}

/* Walks both texts; a mark takes a segment, or the rest, which must not be empty. */
static bool pattern_matches(const char *pattern, struct span path, struct span *parameters)
{
    size_t count = 0;

    while (*pattern) {
        const bool is_rest = strncmp(pattern, "{*}", 3) == 0;

        if (is_rest || strncmp(pattern, "{}", 2) == 0) {
            struct span taken = is_rest ? path : segment_take(&path);

            assert(count < HTTP_PARAMETERS_MAX);
            if (!taken.len)
                return false;
            parameters[count++] = taken;
            if (is_rest)
                return true;
            pattern += 2;
            continue;
        }
        if (!path.len || path.data[0] != (uint8_t)*pattern)
            return false;
        path = span_from(path, 1);
        pattern++;
    }
    return path.len == 0;
}

unsigned http_route_find(const struct http_route *routes, struct http_request *request,
                         const struct http_route **ret, unsigned *ret_methods)
{
    *ret_methods = 0;
    for (const struct http_route *r = routes; r->pattern; r++) {
        const unsigned methods = r->methods & HTTP_GET ? r->methods | HTTP_HEAD : r->methods;

        if (!pattern_matches(r->pattern, request->path, request->parameters))
            continue;
        if (methods & request->method) {
            *ret = r;
            return 0;
        }
        *ret_methods |= methods;
    }
    return *ret_methods ? 405 : 404;
}
