/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/http/route.h"

static void handle(void *userdata, struct http_exchange *exchange)
{
    (void)userdata;
    (void)exchange;
}

static const struct http_route routes[] = {
    {.methods = HTTP_GET, .pattern = "/", .handle = handle},
    {.methods = HTTP_GET | HTTP_PUT, .pattern = "/a", .handle = handle},
    {.methods = HTTP_DELETE, .pattern = "/a", .handle = handle},
    {.methods = HTTP_GET, .pattern = "/x/{}/y/{}", .handle = handle},
    {.methods = HTTP_GET, .pattern = "/files/{*}", .handle = handle},
    {0},
};

/* Return: the row, or minus the status. */
static int find(enum http_method method, const char *path, struct http_request *request,
                unsigned *ret_methods)
{
    const struct http_route *route = NULL;
    unsigned status;

    *request = (struct http_request){.method = method, .path = span_str(path)};
    status = http_route_find(routes, request, &route, ret_methods);
    return status ? -(int)status : (int)(route - routes);
}

static void paths_find_their_rows(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        int row;
    } rows[] = {
        {HTTP_GET, "/", 0},          {HTTP_HEAD, "/", 0},         {HTTP_PUT, "/a", 1},
        {HTTP_DELETE, "/a", 2},      {HTTP_GET, "/x/1/y/2", 3},   {HTTP_GET, "/files/b/c", 4},
        {HTTP_GET, "/b", -404},      {HTTP_GET, "/a/", -404},     {HTTP_GET, "//a", -404},
        {HTTP_GET, "/x//y/2", -404}, {HTTP_GET, "/x/1/y/", -404}, {HTTP_GET, "/x/1/y/2/3", -404},
        {HTTP_GET, "/files/", -404}, {HTTP_GET, "/%61", -404},    {HTTP_GET, "/x/../a", -404},
    };
    struct http_request request;
    unsigned methods;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_int_equal(find(rows[i].method, rows[i].path, &request, &methods), rows[i].row);
}

static void marked_segments_become_parameters(void **state)
{
    struct http_request request;
    unsigned methods;

    (void)state;
    assert_int_equal(find(HTTP_GET, "/x/ab/y/c%20d", &request, &methods), 3);
    assert_true(span_equal_str(request.parameters[0], "ab"));
    assert_true(span_equal_str(request.parameters[1], "c%20d"));
    assert_int_equal(find(HTTP_GET, "/files/b/c", &request, &methods), 4);
    assert_true(span_equal_str(request.parameters[0], "b/c"));
}

static void a_path_with_other_methods_names_them(void **state)
{
    struct http_request request;
    unsigned methods;

    (void)state;
    assert_int_equal(find(HTTP_POST, "/a", &request, &methods), -405);
    assert_int_equal(methods, HTTP_GET | HTTP_HEAD | HTTP_PUT | HTTP_DELETE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_their_rows),
        cmocka_unit_test(marked_segments_become_parameters),
        cmocka_unit_test(a_path_with_other_methods_names_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
