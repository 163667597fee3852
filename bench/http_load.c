/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client for bench/http_cost.py: keeps connections busy with one request each until a number of
 * answers has come. All answers have the size of the first one. Usage: PORT PATH CONNECTIONS
 * ANSWERS
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/span.h"
#include "net/tcp_socket.h"

enum {
    CONNECTIONS_MAX = 256,
    READ_SIZE = 256 * 1024, /* bytes */
    TIMEOUT_MS = 60000,
};

static struct pollfd connections[CONNECTIONS_MAX];
static size_t received[CONNECTIONS_MAX]; /* bytes of the current answer */
static uint8_t bytes[READ_SIZE];

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    perror(what);
    exit(1);
}

static void request_send(int fd, const char *request)
{
    require(send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request), "send");
}

/* The length of an answer: its head, and what Content-Length says. */
static size_t answer_size(int fd, const char *request)
{
    size_t len = 0, size;
    const char *length;
    char *end = NULL;

    request_send(fd, request);
    while (!end) {
        ssize_t n = recv(fd, bytes + len, READ_SIZE - 1 - len, 0);

        require(n > 0, "recv");
        len += (size_t)n;
        bytes[len] = 0;
        end = strstr((char *)bytes, "\r\n\r\n");
    }
    length = strcasestr((char *)bytes, "\r\nContent-Length: ");
    require(length && strncmp((char *)bytes, "HTTP/1.1 200", 12) == 0, "answer");
    size = (size_t)(end + 4 - (char *)bytes) + strtoul(length + 18, NULL, 10);
    while (len < size) {
        ssize_t n = recv(fd, bytes, READ_SIZE, 0);

        require(n > 0, "recv");
        len += (size_t)n;
    }
    return size;
}

/* Return: whether an answer is complete. */
static bool answer_take(size_t i, size_t size)
{
    ssize_t n = recv(connections[i].fd, bytes, READ_SIZE, 0);

    require(n > 0, "recv");
    received[i] += (size_t)n;
    require(received[i] <= size, "answer of another size");
    if (received[i] < size)
        return false;
    received[i] = 0;
    return true;
}

int main(int argc, char **argv)
{
    size_t count, answers, done = 0, size = 0;
    char address[32], request[256];

    require(argc == 5, "PORT PATH CONNECTIONS ANSWERS");
    snprintf(address, sizeof(address), "127.0.0.1:%s", argv[1]);
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
    count = strtoul(argv[3], NULL, 10);
    answers = strtoul(argv[4], NULL, 10);
    require(count > 0 && count <= CONNECTIONS_MAX, "CONNECTIONS");
    for (size_t i = 0; i < count; i++) {
        require(tcp_socket_connect(address, TIMEOUT_MS, &connections[i].fd, NULL) == 0, "connect");
        connections[i].events = POLLIN;
        size = answer_size(connections[i].fd, request);
    }
    for (size_t i = 0; i < count; i++)
        request_send(connections[i].fd, request);
    while (done < answers) {
        require(poll(connections, count, TIMEOUT_MS) > 0, "poll");
        for (size_t i = 0; i < count; i++)
            if (connections[i].revents && answer_take(i, size)) {
                done++;
                request_send(connections[i].fd, request);
            }
    }
    return 0;
}
