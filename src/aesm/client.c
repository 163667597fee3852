/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of the protocol is one connection for each request: connect, send a frame, receive a
 * frame. It blocks, since a command has nothing else to do meanwhile. The size of a response is
 * checked against AESM_RESPONSE_SIZE_MAX before anything is allocated for it: the socket's path is
 * the user's choice, and what listens there may be anything.
 *
 * Getting a quote takes three requests, as Intel's library does it: the enclave that
 * the report must be made for, the size of the quote, and the quote itself in a buffer of that
 * size.
 */
#include "aesm/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "aesm/answer.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/reader.h"

enum {
    RETRY_PAUSE_MS = 50,
    MS_PER_S = 1000,
    US_PER_MS = 1000,
};

/* Let the next call on @fd wait until @until_ms at most. Return: 0; -ETIMEDOUT when that is over.
 */
static int time_limit(int fd, int64_t until_ms, struct err *err)
{
    int64_t left_ms = until_ms - clock_monotonic_ms();
    const struct timeval timeout = {left_ms / MS_PER_S, left_ms % MS_PER_S * US_PER_MS};

    if (left_ms <= 0)
        return err_set(err, -ETIMEDOUT, "the quote service does not answer in time");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    return 0;
}

static int connection_open(const struct aesm_client *client, int64_t until_ms, int *ret,
                           struct err *err)
{
    CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(client->socket);

    if (fd < 0)
        return err_errno(err, "socket");
    if (len >= sizeof(address.sun_path))
        return err_set(err, -ENAMETOOLONG, "%s", client->socket);
    memcpy(address.sun_path, client->socket, len);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0';
    if (time_limit(fd, until_ms, err) < 0)
        return -ETIMEDOUT;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return err_errno(err, "connect to the quote service at %s", client->socket);
    *ret = TAKE_FD(fd);
    return 0;
}

/* A service that is restarted has no socket for a moment: try again until retry_ms is over. */
static int connection_await(const struct aesm_client *client, int64_t until_ms, int *ret,
                            struct err *err)
{
    const struct timespec pause = {.tv_nsec = RETRY_PAUSE_MS * US_PER_MS * 1000};
    int64_t retry_until_ms = clock_monotonic_ms() + client->retry_ms;
    int r;

    for (;;) {
        r = connection_open(client, until_ms, ret, err);
        if ((r != -ENOENT && r != -ECONNREFUSED) || clock_monotonic_ms() >= retry_until_ms)
            return r;
        nanosleep(&pause, NULL);
    }
}

static int request_send(int fd, struct span bytes, int64_t until_ms, struct err *err)
{
    while (bytes.len > 0) {
        ssize_t n;

        if (time_limit(fd, until_ms, err) < 0)
            return -ETIMEDOUT;
        n = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return err_set(err, -ETIMEDOUT, "the quote service does not read");
        if (n < 0)
            return err_errno(err, "send to the quote service");
        bytes = span_from(bytes, (size_t)n);
    }
    return 0;
}

static int bytes_receive(int fd, struct buf *into, size_t size, int64_t until_ms, struct err *err)
{
    while (size > 0) {
        uint8_t *to = buf_reserve(into, size);
        ssize_t n;

        if (!to)
            return err_set(err, buf_status(into), "response of the quote service");
        if (time_limit(fd, until_ms, err) < 0)
            return -ETIMEDOUT;
        n = recv(fd, to, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return err_set(err, -ETIMEDOUT, "the quote service does not answer");
        if (n < 0 && errno != ECONNRESET)
            return err_errno(err, "receive from the quote service");
        if (n <= 0)
            return err_set(err, -ECONNRESET, "the quote service closed without an answer");
        into->len += (size_t)n;
        size -= (size_t)n;
    }
    return 0;
}

static int message_receive(int fd, struct buf *message, int64_t until_ms, struct err *err)
{
    struct reader r;
    uint32_t size;
    int n;

    buf_clear(message);
    n = bytes_receive(fd, message, AESM_FRAME_HEADER_SIZE, until_ms, err);
    if (n < 0)
        return n;
    r = reader_of(buf_span(message));
    size = reader_u32le(&r);
    if (size > AESM_RESPONSE_SIZE_MAX)
        return err_set(err, -EBADMSG, "the quote service announces %u bytes", size);
    buf_clear(message);
    return bytes_receive(fd, message, size, until_ms, err);
}

int aesm_client_ask(const struct aesm_client *client, enum aesm_kind kind,
                    const struct aesm_field *fields, size_t count, struct buf *message,
                    struct aesm_response *ret, struct err *err)
{
    CLEANUP(buf_done) struct buf request = buf_init(AESM_FRAME_HEADER_SIZE + AESM_REQUEST_SIZE_MAX);
    CLEANUP(fd_closep) int fd = -1;
    int64_t until_ms = clock_monotonic_ms() + client->timeout_ms + client->retry_ms;
    int r;

    aesm_request_render(&request, kind, fields, count);
    r = buf_status(&request);
    if (r < 0)
        return err_set(err, r, "%s request", aesm_kind_name(kind));
    r = connection_await(client, until_ms, &fd, err);
    if (r < 0)
        return r;
    r = request_send(fd, buf_span(&request), until_ms, err);
    if (r < 0)
        return r;
    r = message_receive(fd, message, until_ms, err);
    if (r < 0)
        return r;
    r = aesm_response_parse(buf_span(message), ret, err);
    if (r < 0)
        return r;
    if (ret->kind != kind)
        return err_set(err, -EBADMSG, "the quote service answered %s to a request of %s",
                       aesm_kind_name(ret->kind), aesm_kind_name(kind));
    return 0;
}

static int code_check(const struct aesm_response *a, struct err *err)
{
    if (a->code == AESM_SUCCESS)
        return 0;
    return err_set(err, -EPROTO, "the quote service refused (%s, AESM error %u): %s",
                   aesm_kind_name(a->kind), a->code, aesm_code_text(a->code));
}

int aesm_client_target_info(const struct aesm_client *client,
                            uint8_t ret[static AESM_TARGET_INFO_SIZE], struct err *err)
{
    CLEANUP(buf_done) struct buf message = buf_init(AESM_RESPONSE_SIZE_MAX);
    const struct aesm_field fields[] = {
        {.tag = 1, .is_bytes = true, .bytes = aesm_key_id()},
        {.tag = 3, .number = 1},
        {.tag = 4, .number = AESM_PUB_KEY_ID_SIZE},
    };
    struct aesm_response a = {0};
    int r =
        aesm_client_ask(client, AESM_INIT_QUOTE_EX, fields, ARRAY_COUNT(fields), &message, &a, err);

    if (r < 0)
        return r;
    r = code_check(&a, err);
    if (r < 0)
        return r;
    if (a.bytes[2].bytes.len != AESM_TARGET_INFO_SIZE)
        return err_set(err, -EBADMSG,
                       "the quote service sent a target info of %zu bytes, expected %d",
                       a.bytes[2].bytes.len, AESM_TARGET_INFO_SIZE);
    memcpy(ret, a.bytes[2].bytes.data, AESM_TARGET_INFO_SIZE);
    return 0;
}

static int size_ask(const struct aesm_client *client, uint64_t *ret, struct err *err)
{
    CLEANUP(buf_done) struct buf message = buf_init(AESM_RESPONSE_SIZE_MAX);
    const struct aesm_field field = {.tag = 1, .is_bytes = true, .bytes = aesm_key_id()};
    struct aesm_response a = {0};
    int r = aesm_client_ask(client, AESM_GET_QUOTE_SIZE_EX, &field, 1, &message, &a, err);

    if (r < 0)
        return r;
    r = code_check(&a, err);
    if (r < 0)
        return r;
    *ret = a.numbers[2];
    return 0;
}

int aesm_client_quote(const struct aesm_client *client, const uint8_t *report, struct buf *quote,
                      struct err *err)
{
    CLEANUP(buf_done) struct buf message = buf_init(AESM_RESPONSE_SIZE_MAX);
    struct aesm_response a = {0};
    uint64_t size;
    int r = size_ask(client, &size, err);

    if (r < 0)
        return r;
    const struct aesm_field fields[] = {
        {.tag = 1, .is_bytes = true, .bytes = {report, AESM_REPORT_SIZE}},
        {.tag = 2, .is_bytes = true, .bytes = aesm_key_id()},
        {.tag = 4, .number = size},
    };

    r = aesm_client_ask(client, AESM_GET_QUOTE_EX, fields, ARRAY_COUNT(fields), &message, &a, err);
    if (r < 0)
        return r;
    r = code_check(&a, err);
    if (r < 0)
        return r;
    buf_put(quote, a.bytes[2].bytes);
    r = buf_status(quote);
    return r < 0 ? err_set(err, r, "quote") : 0;
}
