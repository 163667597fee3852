/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nghttp2 is a protocol engine without input and output: it takes bytes that arrived, calls back
 * for each frame in them, and gives the bytes to be sent next when it is asked. This file joins
 * that engine with a libevent bufferevent, which holds the bytes that wait for the socket.
 *
 * Two questions have to be answered with care. The first is when to ask nghttp2 for output. An
 * engine that is asked until it has nothing left would turn a list of 4 MiB into 4 MiB of memory
 * for each peer that does not read, and it would put the answer of a short call after that list.
 * Hence h2_pump() stops when H2_OUTPUT_MAX bytes wait; the write watermark of the bufferevent calls
 * on_drained() at half of that, and the next frames are made then. nghttp2 interleaves the
 * streams frame by frame, so a short answer waits for at most H2_OUTPUT_MAX bytes. The socket's own
 * send buffer is limited for the same reason (H2_SOCKET_BUFFER): the kernel would take megabytes.
 *
 * The second is when to free the connection. Nearly every function here runs callbacks of the
 * owner, and any of them may call h2_close(), while nghttp2 and this file still use the session
 * further up the stack. So each entrance from the loop counts itself in h->busy (h2_enter(),
 * h2_leave()). h2_close() only marks the connection and stops its events; the last h2_leave()
 * releases everything and calls the owner's destroy().
 *
 * A frame that is submitted outside of a read (an answer that is ready later) is written by a timer
 * of zero delay, h->kick: many submissions in one turn of the loop become one pass over the
 * session.
 */
#include "net/grpc/h2.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RESET_BURST = 1000,        /* streams that a peer may reset at once */
    RESET_RATE = 100,          /* streams a second that it may reset after that; GOAWAY for more */
    STREAMS_OF_A_SERVER = 100, /* streams that a client opens before the server names its limit */
};

static void h2_enter(struct h2 *h)
{
    h->busy++;
}

static void h2_leave(struct h2 *h)
{
    if (--h->busy > 0 || !h->closing)
        return;
    loop_timer_free(h->kick);
    bufferevent_free(h->bev);
    nghttp2_session_del(h->session);
    h->ops->destroy(h->owner);
}

void h2_close(struct h2 *h)
{
    if (h->closing)
        return;
    h2_enter(h);
    h->closing = true;
    bufferevent_disable(h->bev, EV_READ | EV_WRITE);
    loop_timer_disarm(h->kick);
    h2_leave(h);
}

static void h2_fail(struct h2 *h, const char *why)
{
    if (h->closing)
        return;
    h2_enter(h);
    h->ops->lost(h->owner, why);
    h2_close(h);
    h2_leave(h);
}

static void h2_pump(struct h2 *h)
{
    struct evbuffer *output = bufferevent_get_output(h->bev);

    while (!h->closing && evbuffer_get_length(output) < H2_OUTPUT_MAX) {
        const uint8_t *bytes = NULL;
        ssize_t len = nghttp2_session_mem_send(h->session, &bytes);

        if (len < 0) {
            h2_fail(h, nghttp2_strerror((int)len));
            return;
        }
        if (len == 0)
            break;
        if (evbuffer_add(output, bytes, (size_t)len) < 0) {
            h2_fail(h, "out of memory");
            return;
        }
    }
    if (!h->closing && evbuffer_get_length(output) == 0 && !nghttp2_session_want_read(h->session) &&
        !nghttp2_session_want_write(h->session))
        h2_fail(h, "connection ended by the protocol");
}

static void on_kick(void *userdata)
{
    struct h2 *h = userdata;

    h2_enter(h);
    h2_pump(h);
    h2_leave(h);
}

void h2_kick(struct h2 *h)
{
    if (!h->closing)
        loop_timer_arm(h->kick, 0);
}

static void on_read(struct bufferevent *bev, void *userdata)
{
    struct h2 *h = userdata;
    struct evbuffer *input = bufferevent_get_input(bev);

    h2_enter(h);
    h->has_input = true;
    while (!h->closing && evbuffer_get_length(input) > 0) {
        struct evbuffer_iovec piece;
        ssize_t taken;

        if (evbuffer_peek(input, -1, NULL, &piece, 1) < 1)
            break;
        taken = nghttp2_session_mem_recv(h->session, piece.iov_base, piece.iov_len);
        if (taken < 0) {
            h2_fail(h, nghttp2_strerror((int)taken));
            break;
        }
        evbuffer_drain(input, (size_t)taken);
    }
    h2_pump(h);
    h2_leave(h);
}

static void on_drained(struct bufferevent *bev, void *userdata)
{
    (void)bev;
    on_kick(userdata);
}

static void on_event(struct bufferevent *bev, short what, void *userdata)
{
    struct h2 *h = userdata;
    int error = EVUTIL_SOCKET_ERROR();

    (void)bev;
    if (what & BEV_EVENT_EOF)
        h2_fail(h, "connection closed by the peer");
    else if (what & BEV_EVENT_ERROR)
        h2_fail(h, strerror(error));
}

static int session_new(struct h2 *h, bool is_server, const nghttp2_session_callbacks *callbacks)
{
    nghttp2_option *option = NULL;
    int r = nghttp2_option_new(&option);

    if (r < 0)
        return r;
    /* Kubelets before 1.26 send the path of the socket as :authority, and nghttp2 refuses the
     * slashes in it. grpc/receive.c checks the header fields that this check would cover. */
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_option_set_peer_max_concurrent_streams(option, STREAMS_OF_A_SERVER);
    nghttp2_option_set_stream_reset_rate_limit(option, RESET_BURST, RESET_RATE);
    nghttp2_option_set_no_closed_streams(option, 1);
    r = is_server ? nghttp2_session_server_new2(&h->session, callbacks, h->owner, option)
                  : nghttp2_session_client_new2(&h->session, callbacks, h->owner, option);
    nghttp2_option_del(option);
    return r;
}

static int settings_submit(struct h2 *h)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW_SIZE},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_HEADER_LIST_MAX},
    };
    int r = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, ARRAY_COUNT(settings));

    if (r < 0)
        return r;
    return nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
                                                 4 * H2_WINDOW_SIZE);
}

int h2_start(struct h2 *h, int fd, const struct h2_setup *setup, struct err *err)
{
    const int send_buffer = H2_SOCKET_BUFFER;

    *h = (struct h2){.ops = setup->ops, .owner = setup->owner};
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer));
    h->bev = bufferevent_socket_new(loop_base(setup->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    if (!h->bev) {
        close(fd);
        return err_set(err, -ENOMEM, "HTTP/2 connection");
    }
    if (loop_timer_new(setup->loop, on_kick, h, &h->kick, err) < 0 ||
        session_new(h, setup->is_server, setup->callbacks) < 0 || settings_submit(h) < 0) {
        nghttp2_session_del(h->session);
        loop_timer_free(h->kick);
        bufferevent_free(h->bev);
        return err_set(err, -ENOMEM, "HTTP/2 connection");
    }
    bufferevent_setcb(h->bev, on_read, on_drained, on_event, h);
    bufferevent_setwatermark(h->bev, EV_WRITE, H2_OUTPUT_MAX / 2, 0);
    bufferevent_enable(h->bev, EV_READ | EV_WRITE);
    h2_kick(h);
    return 0;
}

nghttp2_nv h2_field(const char *name, struct span value)
{
    return (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name,
        .namelen = strlen(name),
        .value = (uint8_t *)(uintptr_t)value.data,
        .valuelen = value.len,
        .flags = NGHTTP2_NV_FLAG_NONE,
    };
}

nghttp2_session_callbacks *h2_callbacks_new(void)
{
    nghttp2_session_callbacks *callbacks = NULL;

    return nghttp2_session_callbacks_new(&callbacks) < 0 ? NULL : callbacks;
}
