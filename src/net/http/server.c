/* SPDX-License-Identifier: Apache-2.0 */
/* libevent's evhttp, cut down to what a metrics endpoint needs. */
#include "net/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <sys/socket.h>

#include "net/http/get.h"

enum {
    HEADERS_SIZE_MAX = 8 * 1024, /* bytes of a request's head */
    IDLE_TIMEOUT_S = 10,
};

struct http_server {
    struct evhttp *http;
    const struct http_route *routes;
    void *userdata;
    unsigned port;
};

static const struct http_route *route_find(const struct http_server *server, const char *path)
{
    for (const struct http_route *r = server->routes; path && r->path; r++)
        if (strcmp(r->path, path) == 0)
            return r;
    return NULL;
}

static void answer_send(struct evhttp_request *request, struct http_answer *answer)
{
    struct evbuffer *body = evbuffer_new();
    int status = buf_status(&answer->body) < 0 || !body ? 500 : answer->status;

    if (body && status != 500)
        evbuffer_add(body, answer->body.data, answer->body.len);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                      answer->content_type);
    evhttp_send_reply(request, status, NULL, body);
    if (body)
        evbuffer_free(body);
}

static void on_request(struct evhttp_request *request, void *userdata)
{
    const struct http_server *server = userdata;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const struct http_route *route = route_find(server, uri ? evhttp_uri_get_path(uri) : NULL);
    struct http_answer answer = {
        .status = 200,
        .content_type = "text/plain; charset=utf-8",
        .body = buf_init(HTTP_BODY_SIZE_MAX),
    };

    if (route) {
        route->get(server->userdata, &answer);
    } else {
        answer.status = 404;
        buf_put_str(&answer.body, "not found; there is:");
        for (const struct http_route *r = server->routes; r->path; r++)
            buf_printf(&answer.body, " %s", r->path);
        buf_put_str(&answer.body, "\n");
    }
    answer_send(request, &answer);
    buf_done(&answer.body);
}

static unsigned bound_port(struct evhttp_bound_socket *bound)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);

    if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len) < 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static int listen_on(struct http_server *server, const char *address, struct err *err)
{
    struct evhttp_bound_socket *bound;
    char host[64];
    unsigned port = 0;
    int r = http_address_split(address, host, &port, err);

    if (r < 0)
        return r;
    errno = 0;
    bound = evhttp_bind_socket_with_handle(server->http, host, (ev_uint16_t)port);
    if (!bound)
        return err_errno(err, "listen on %s", address);
    server->port = bound_port(bound);
    return 0;
}

int http_server_new(struct loop *loop, const char *address, const struct http_route *routes,
                    void *userdata, struct http_server **ret, struct err *err)
{
    struct http_server *server = calloc(1, sizeof(*server));
    int r;

    if (!server)
        return err_set(err, -ENOMEM, "HTTP server");
    server->routes = routes;
    server->userdata = userdata;
    server->http = evhttp_new(loop_base(loop));
    if (!server->http) {
        free(server);
        return err_set(err, -ENOMEM, "HTTP server");
    }
    evhttp_set_max_headers_size(server->http, HEADERS_SIZE_MAX);
    evhttp_set_max_body_size(server->http, 0);
    evhttp_set_timeout(server->http, IDLE_TIMEOUT_S);
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_gencb(server->http, on_request, server);
    r = listen_on(server, address, err);
    if (r < 0) {
        http_server_free(server);
        return r;
    }
    *ret = server;
    return 0;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    evhttp_free(server->http);
    free(server);
}

unsigned http_server_port(const struct http_server *server)
{
    return server->port;
}
