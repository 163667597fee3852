/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server for bench/http_cost.py: one prebuilt answer on a free port. Usage: SIZE
 * [CERTIFICATE KEY], which makes it HTTPS.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/tls_server.h"
#include "net/http/server.h"

static struct http_prebuilt *prebuilt;

static void on_get(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    http_exchange_send_prebuilt(x, prebuilt);
}

static const struct http_route routes[] = {
    {.methods = HTTP_GET, .pattern = "/tcb", .handle = on_get},
    {0},
};

int main(int argc, char **argv)
{
    struct http_server_options options = {.address = "127.0.0.1:0", .routes = routes};
    struct tls_server_settings settings = {0};
    struct transport_source transport;
    struct tls_server *tls = NULL;
    const size_t size = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    CLEANUP(freep) char *body = malloc(size + 1);
    struct http_server *server = NULL;
    struct loop *loop = NULL;
    struct err err = {0};

    if (!body)
        return 1;
    memset(body, 'x', size);
    signal(SIGPIPE, SIG_IGN);
    if (argc > 3) {
        settings.certificate_file = argv[2];
        settings.key_file = argv[3];
        if (tls_server_new(&settings, &tls, &err) < 0) {
            fprintf(stderr, "bench_http_server: %s\n", err.text);
            return 1;
        }
        transport = tls_server_transport(tls);
        options.transport = &transport;
    }
    if (http_prebuilt_new(200, "application/json", span_of(NULL, 0), span_of(body, size), &prebuilt,
                          &err) < 0 ||
        loop_new(&loop, &err) < 0 || http_server_new(loop, &options, &server, &err) < 0) {
        fprintf(stderr, "bench_http_server: %s\n", err.text);
        return 1;
    }
    printf("%u\n", http_server_port(server));
    fflush(stdout);
    return loop_run(loop, &err) < 0;
}
