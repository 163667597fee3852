/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS client for bench/http_cost.py: PORT PATH CONNECTIONS ANSWERS keeps CONNECTIONS busy with
 * a request each; with 0 CONNECTIONS every answer has a new one, with a full handshake.
 */
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "net/tcp_socket.h"

enum {
    CONNECTIONS_MAX = 256,
    READ_SIZE = 64 * 1024, /* bytes */
    TIMEOUT_MS = 60000,
};

static char bytes[READ_SIZE];

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "bench_https_load: %s\n", what);
    exit(1);
}

static SSL *connection_new(SSL_CTX *context, const char *address)
{
    SSL *ssl = SSL_new(context);
    int fd;

    require(tcp_socket_connect(address, TIMEOUT_MS, &fd, NULL) == 0, "connect");
    require(ssl && SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1, "handshake");
    return ssl;
}

static void connection_free(SSL *ssl)
{
    int fd = SSL_get_fd(ssl);

    SSL_free(ssl);
    close(fd);
}

static void request_send(SSL *ssl, const char *request)
{
    require(SSL_write(ssl, request, (int)strlen(request)) > 0, "write");
}

/* Reads one answer, whose head comes in the first record. */
static void answer_read(SSL *ssl)
{
    int n = SSL_read(ssl, bytes, READ_SIZE - 1);
    const char *end, *length;
    size_t len, size;

    require(n > 0, "read");
    len = (size_t)n;
    bytes[len] = 0;
    end = strstr(bytes, "\r\n\r\n");
    length = strcasestr(bytes, "\r\nContent-Length: ");
    require(end && length && strncmp(bytes, "HTTP/1.1 200", 12) == 0, "answer");
    size = (size_t)(end + 4 - bytes) + strtoul(length + 18, NULL, 10);
    while (len < size) {
        n = SSL_read(ssl, bytes, READ_SIZE);
        require(n > 0, "read");
        len += (size_t)n;
    }
}

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    static SSL *connections[CONNECTIONS_MAX];
    char address[32], request[256];
    unsigned long count, answers;

    require(argc == 5 && context, "PORT PATH CONNECTIONS ANSWERS");
    snprintf(address, sizeof(address), "127.0.0.1:%s", argv[1]);
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
    count = strtoul(argv[3], NULL, 10);
    answers = strtoul(argv[4], NULL, 10);
    require(count <= CONNECTIONS_MAX, "CONNECTIONS");
    for (unsigned long i = 0; i < count; i++)
        connections[i] = connection_new(context, address);
    for (unsigned long done = 0; done < answers; done += count ? count : 1) {
        SSL *single = count ? NULL : connection_new(context, address);

        for (unsigned long i = 0; i < count; i++)
            request_send(connections[i], request);
        for (unsigned long i = 0; i < count; i++)
            answer_read(connections[i]);
        if (single) {
            request_send(single, request);
            answer_read(single);
            connection_free(single);
        }
    }
    return 0;
}
