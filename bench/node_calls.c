/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times calls to a device plugin's socket, with an HTTP/2 of its own so that only the agent's
 * stack is measured: bench_node_calls SOCKET DEVICES IDS TIMES [list]. With "list", each call is
 * made while a ListAndWatch answer is on its way on the same connection. Prints milliseconds:
 * "p50 p99 worst".
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "kube/device_list.h"

enum {
    FRAME_HEAD = 9,         /* bytes */
    FRAME_SIZE_MAX = 16384, /* bytes of a payload */
    WINDOW_FIRST = 65535,
    WINDOW_MORE = 1 << 30,
    DATA = 0,
    HEADERS = 1,
    SETTINGS = 4,
    PING = 6,
    WINDOW_UPDATE = 8,
    END_STREAM = 1,
    END_HEADERS = 4,
    ACK = 1,
};

struct peer {
    int fd;
    uint32_t next_stream;
    int64_t window;      /* bytes that we may send on the connection */
    uint32_t list;       /* stream of the list on its way; 0: none */
    uint64_t list_bytes; /* of it that have come */
    uint64_t uncredited; /* bytes received without WINDOW_UPDATE */
    size_t len, at;
    uint8_t input[1 << 16];
};

struct frame {
    uint32_t size;
    uint8_t type, flags;
    uint32_t stream;
    uint8_t payload[FRAME_SIZE_MAX];
};

static void die(const char *why)
{
    fprintf(stderr, "bench_node_calls: %s\n", why);
    exit(2);
}

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void send_all(const struct peer *p, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(p->fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            die("the agent closed the connection");
        bytes += n;
        len -= (size_t)n;
    }
}

static void send_frame(const struct peer *p, uint8_t type, uint8_t flags, uint32_t stream,
                       const void *payload, uint32_t size)
{
    uint8_t bytes[FRAME_HEAD + FRAME_SIZE_MAX];

    put32(bytes, size << 8 | type);
    bytes[4] = flags;
    put32(bytes + 5, stream);
    if (size > 0)
        memcpy(bytes + FRAME_HEAD, payload, size);
    send_all(p, bytes, FRAME_HEAD + size);
}

static void send_window(const struct peer *p, uint32_t stream, uint32_t more)
{
    uint8_t payload[4];

    put32(payload, more);
    send_frame(p, WINDOW_UPDATE, 0, stream, payload, sizeof(payload));
}

static void take(struct peer *p, uint8_t *to, size_t size)
{
    while (size > 0) {
        size_t n;

        if (p->at == p->len) {
            ssize_t got = read(p->fd, p->input, sizeof(p->input));

            if (got <= 0)
                die("the agent closed the connection");
            p->len = (size_t)got;
            p->at = 0;
        }
        n = MIN(size, p->len - p->at);
        memcpy(to, p->input + p->at, n);
        p->at += n;
        to += n;
        size -= n;
    }
}

/* The meaning of every frame for the connection and the list; calls look at the rest. */
static void account(struct peer *p, const struct frame *f)
{
    if (f->type == WINDOW_UPDATE && f->stream == 0)
        p->window += get32(f->payload) & 0x7fffffff;
    if (f->type == SETTINGS && !(f->flags & ACK))
        send_frame(p, SETTINGS, ACK, 0, NULL, 0);
    if (f->type == PING && !(f->flags & ACK))
        send_frame(p, PING, ACK, 0, f->payload, f->size);
    if (f->type != DATA)
        return;
    if (f->stream == p->list)
        p->list_bytes += f->size;
    p->uncredited += f->size;
    if (p->uncredited > WINDOW_MORE / 2) {
        send_window(p, 0, (uint32_t)p->uncredited);
        p->uncredited = 0;
    }
}

static void take_frame(struct peer *p, struct frame *f)
{
    uint8_t head[FRAME_HEAD];

    take(p, head, sizeof(head));
    f->size = get32(head) >> 8;
    f->type = head[3];
    f->flags = head[4];
    f->stream = get32(head + 5) & 0x7fffffff;
    if (f->size > FRAME_SIZE_MAX)
        die("a frame is too large");
    take(p, f->payload, f->size);
    account(p, f);
}

static void open_peer(struct peer *p, const char *path)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint8_t window[6] = {0, 4};

    *p = (struct peer){.next_stream = 1, .window = WINDOW_FIRST};
    if (strlen(path) >= sizeof(address.sun_path))
        die("the path is too long");
    strcpy(address.sun_path, path);
    p->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        die("cannot connect");
    send_all(p, (const uint8_t *)preface, sizeof(preface) - 1);
    put32(window + 2, WINDOW_MORE);
    send_frame(p, SETTINGS, 0, 0, window, sizeof(window));
    send_window(p, 0, WINDOW_MORE);
}

static uint8_t *put_field(uint8_t *to, const char *name, const char *value)
{
    size_t name_len = strlen(name), value_len = strlen(value);

    *to++ = 0;
    *to++ = (uint8_t)name_len;
    memcpy(to, name, name_len);
    to += name_len;
    *to++ = (uint8_t)value_len;
    memcpy(to, value, value_len);
    return to + value_len;
}

/* Sends a whole request. Return: its stream. */
static uint32_t send_request(struct peer *p, const char *method, const uint8_t *message,
                             uint32_t size)
{
    static struct frame scratch;
    static uint8_t body[1 << 20];
    uint8_t head[512], *end = head;
    uint32_t stream = p->next_stream;

    p->next_stream += 2;
    end = put_field(end, ":method", "POST");
    end = put_field(end, ":scheme", "http");
    end = put_field(end, ":path", method);
    end = put_field(end, ":authority", "localhost");
    end = put_field(end, "content-type", "application/grpc");
    send_frame(p, HEADERS, END_HEADERS, stream, head, (uint32_t)(end - head));
    body[0] = 0;
    put32(body + 1, size);
    memcpy(body + 5, message, size);
    size += 5;
    while (p->window < size)
        take_frame(p, &scratch);
    p->window -= size;
    for (uint32_t at = 0; at < size; at += FRAME_SIZE_MAX) {
        uint32_t len = MIN((uint32_t)FRAME_SIZE_MAX, size - at);

        send_frame(p, DATA, at + len == size ? END_STREAM : 0, stream, body + at, len);
    }
    return stream;
}

static void await(struct peer *p, uint32_t stream)
{
    static struct frame f;
    uint32_t bytes = 0;

    do {
        take_frame(p, &f);
        bytes += f.stream == stream && f.type == DATA ? f.size : 0;
    } while (f.stream != stream || !(f.flags & END_STREAM) ||
             (f.type != HEADERS && f.type != DATA));
    if (bytes <= 5)
        die("a call was refused");
}

/* AllocateRequest of @ids devices from @first on, wrapping around at @devices. */
static uint32_t make_request(uint8_t *to, uint32_t devices, uint32_t first, uint32_t ids)
{
    uint32_t size = ids * (2 + DEVICE_ID_SIZE);
    uint8_t *at = to;

    *at++ = 1 << 3 | 2;
    for (; size > 0x7f; size >>= 7)
        *at++ = (uint8_t)(size | 0x80);
    *at++ = (uint8_t)size;
    for (uint32_t i = 0; i < ids; i++) {
        *at++ = 1 << 3 | 2;
        *at++ = DEVICE_ID_SIZE;
        device_id_render((first + i) % devices, (char *)at);
        at += DEVICE_ID_SIZE;
    }
    return (uint32_t)(at - to);
}

static void list_keep_going(struct peer *p, uint32_t list_size)
{
    if (p->list && p->list_bytes < list_size / 4 * 3)
        return;
    if (p->list) /* the agent keeps the stream open: make room for the next */
        send_frame(p, 3, 0, p->list, "\0\0\0\10", 4);
    p->list = send_request(p, "/v1beta1.DevicePlugin/ListAndWatch", (const uint8_t *)"", 0);
    p->list_bytes = 0;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    static struct peer peer;
    static uint8_t request[1 << 20];
    struct device_list list;
    uint32_t devices, ids, times;
    int64_t *us;

    if (argc < 5)
        die("SOCKET DEVICES IDS TIMES [list]");
    devices = (uint32_t)strtoul(argv[2], NULL, 10);
    ids = (uint32_t)strtoul(argv[3], NULL, 10);
    times = (uint32_t)strtoul(argv[4], NULL, 10);
    us = calloc(times, sizeof(*us));
    if (!us || ids > 100000 || devices < ids)
        die("these numbers cannot be");
    list = device_list_of(&(struct device_amount){0, devices}, 1, true);
    open_peer(&peer, argv[1]);
    for (uint32_t i = 0; i < times; i++) {
        uint32_t size = make_request(request, devices, i * 7919, ids);
        int64_t start;

        if (argc > 5)
            list_keep_going(&peer, device_list_size(&list));
        start = clock_monotonic_us();
        await(&peer, send_request(&peer, "/v1beta1.DevicePlugin/Allocate", request, size));
        us[i] = clock_monotonic_us() - start;
    }
    qsort(us, times, sizeof(*us), compare);
    printf("%.3f %.3f %.3f\n", (double)us[times / 2] / 1000, (double)us[times * 99 / 100] / 1000,
           (double)us[times - 1] / 1000);
    return 0;
}
