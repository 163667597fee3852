/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/server_internal.h: what the files of the server share: server.c has the socket, the
 * deadlines and the limits, connection.c the life of one connection, intake.c its requests,
 * output.c its answers, exchange.c the functions for handlers.
 */
#ifndef COFFER_NET_HTTP_SERVER_INTERNAL_H
#define COFFER_NET_HTTP_SERVER_INTERNAL_H

#include "net/http/chunked.h"
#include "net/http/server.h"

/** enum http_connection_state - where a connection is in the round of request and answer */
enum http_connection_state {
    HTTP_AT_HEAD,    /* a head is arriving, or nothing is */
    HTTP_AT_BODY,    /* a body is arriving */
    HTTP_AT_HANDLER, /* a handler has to answer */
    HTTP_AT_ANSWER,  /* the answer waits for the socket */
    HTTP_AT_LINGER,  /* refused: the peer may still send while it reads why */
    HTTP_AT_END,     /* closed; the struct waits for its last user */
};

struct http_exchange {
    struct http_connection *connection;
    const struct http_request *request; /* NULL when the handler has returned */
    struct buf body, fields;            /* of the answer */
    const char *content_type;
    bool is_pending; /* a handler has it and has not answered */
};

struct http_connection {
    struct listener_entry entry;
    struct http_server *server; /* NULL when the server has gone, with HTTP_AT_END */
    struct transport *transport;
    struct loop_watch *watch;
    enum http_connection_state state;
    int64_t deadline_ms;
    unsigned busy;       /* functions of this connection on the stack */
    int64_t began_ms;    /* of the request under way; 0 between two requests */
    bool has_ended;      /* the peer sends nothing more */
    bool has_backlog;    /* the next turn of the loop goes on with @in */
    uint64_t kick_round; /* the last one that went on with this connection */
    size_t kept;         /* bytes counted in the server's memory */

    /* the request */
    struct buf in;   /* bytes that have arrived and were not taken */
    size_t scanned;  /* bytes of a head that were looked at */
    struct buf head; /* of the request whose body is arriving */
    struct http_chunked chunked;
    bool is_chunked;
    uint64_t body_left; /* bytes, without @is_chunked */
    struct buf body;

    /* the answer */
    bool omits_body, keeps_alive, is_old; /* HEAD; another request may follow; HTTP/1.0 */
    struct buf out, out_body;
    struct http_prebuilt *prebuilt; /* instead of @out_body */
    size_t sent;                    /* bytes of @out and of what follows it */
    size_t linger_left;             /* bytes that a refused peer may still send */

    struct http_exchange exchange;
};

struct http_server {
    struct loop *loop;
    struct http_server_options options;
    struct http_limits limits;
    struct listener *listener;
    struct loop_timer *timer; /* at next_ms */
    struct loop_timer *kick;  /* armed while a connection has a backlog */
    int64_t next_ms;          /* the earliest deadline, INT64_MAX for none */
    uint64_t kick_round;
    size_t memory; /* bytes that connections keep */
    struct http_counters counters;
    int64_t date_s;
    char date[HTTP_DATE_SIZE];   /* of @date_s */
    struct http_request request; /* the one in a handler */
    struct buf out;              /* an allocation for the next answer's head */
    uint8_t scratch[HTTP_HEAD_SIZE_MAX + HTTP_READ_SIZE];
};

/** http_connection_new() - Return: 0, and @fd is the connection's; -ENOMEM, and it is not. */
NODISCARD int http_connection_new(struct http_server *server, int fd,
                                  const struct listener_peer *peer, struct err *err);

/** http_connection_close() - end it now; also from inside its own functions */
void http_connection_close(struct http_connection *c);

/** http_connection_expire() - its deadline has passed */
void http_connection_expire(struct http_connection *c);

/** http_connection_resume() - go on with what has arrived */
void http_connection_resume(struct http_connection *c);

/** http_connection_of() - the connection that has this place in the listener's list */
struct http_connection *http_connection_of(struct listener_entry *entry);

/** http_connection_enter(), _leave() - around what uses @c: only the last leave may free it, and it
 *  also arranges what the connection waits for */
void http_connection_enter(struct http_connection *c);
void http_connection_leave(struct http_connection *c);

/** http_intake_process() - take requests until one is not complete or not answered
 *  @bytes: advanced over what was taken */
void http_intake_process(struct http_connection *c, struct span *bytes);

/** http_intake_begin() - the time of a request begins, unless it has */
void http_intake_begin(struct http_connection *c);

/** http_intake_forget() - release what was kept of a request */
void http_intake_forget(struct http_connection *c);

/** http_output_answer() - send the exchange's answer: @prebuilt, or its body */
void http_output_answer(struct http_connection *c, unsigned status, struct http_prebuilt *prebuilt);

/** http_output_refuse() - answer in place of a handler; without @keeps the connection ends after it
 */
PRINTF_LIKE(4, 5)
void http_output_refuse(struct http_connection *c, unsigned status, bool keeps, const char *format,
                        ...);

/** http_output_flush() - send more of an answer that waits for the socket */
void http_output_flush(struct http_connection *c);

/** http_output_forget() - release what was kept of an answer */
void http_output_forget(struct http_connection *c);

/** http_server_deadline() - @c must have gone on before @at_ms, or it expires */
void http_server_deadline(struct http_connection *c, int64_t at_ms);

/** http_server_account() - count what @c keeps now, and make room when it is too much */
void http_server_account(struct http_connection *c);

/** http_server_kick() - @c has a backlog: resume it when the loop turns */
void http_server_kick(struct http_connection *c);

/** http_server_date() - the text of a Date field, rendered once a second */
const char *http_server_date(struct http_server *server);

/** http_exchange_reset() - empty, for the next request of a connection */
void http_exchange_reset(struct http_exchange *x);

#endif
