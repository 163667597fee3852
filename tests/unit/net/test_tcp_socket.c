/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/tcp_socket.h"

enum {
    BUFFER_SIZE = 16 * 1024, /* bytes */
};

static void addresses_are_parsed(void **state)
{
    struct tcp_address a;

    (void)state;
    assert_int_equal(tcp_socket_address_parse("127.0.0.1:80", &a, NULL), 0);
    assert_int_equal(a.storage.ss_family, AF_INET);
    assert_int_equal(ntohs(((struct sockaddr_in *)&a.storage)->sin_port), 80);
    assert_int_equal(tcp_socket_address_parse("[::1]:65535", &a, NULL), 0);
    assert_int_equal(a.storage.ss_family, AF_INET6);
    assert_int_equal(ntohs(((struct sockaddr_in6 *)&a.storage)->sin6_port), 65535);
    assert_int_equal(tcp_socket_address_parse(":::0", &a, NULL), 0); /* :: without brackets */
}

static void bad_addresses_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        ":",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:1x",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1: 1",
        "localhost:80",
        "[::1]",
        "[::1:80",
        "[]:80",
        "1.2.3:80",
        "0000000000000000000000000000000000000000000000000000000000000000:1",
    };
    struct tcp_address a;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct err err = {0};

        assert_int_equal(tcp_socket_address_parse(rows[i], &a, &err), -EINVAL);
        assert_true(err.text[0] != 0);
    }
}

static void a_client_reaches_a_free_port(void **state)
{
    CLEANUP(fd_closep) int listening = -1, client = -1;
    char address[32];
    unsigned port;

    (void)state;
    assert_int_equal(tcp_socket_listen("127.0.0.1:0", BUFFER_SIZE, &listening, NULL), 0);
    port = tcp_socket_port(listening);
    assert_true(port > 0);
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    assert_int_equal(tcp_socket_connect(address, 5000, &client, NULL), 0);
    assert_int_equal(tcp_socket_listen(address, BUFFER_SIZE, &client, NULL), -EADDRINUSE);
    assert_int_equal(tcp_socket_port(STDIN_FILENO), 0);
}

static int option_of(int fd, int level, int option)
{
    int value = 0;
    socklen_t size = sizeof(value);

    assert_int_equal(getsockopt(fd, level, option, &value, &size), 0);
    return value;
}

static void accepted_sockets_inherit_options(void **state)
{
    CLEANUP(fd_closep) int listening = -1, client = -1, accepted = -1;
    char address[32];

    (void)state;
    assert_int_equal(tcp_socket_listen("127.0.0.1:0", BUFFER_SIZE, &listening, NULL), 0);
    snprintf(address, sizeof(address), "127.0.0.1:%u", tcp_socket_port(listening));
    assert_int_equal(tcp_socket_connect(address, 5000, &client, NULL), 0);
    accepted = accept(listening, NULL, NULL);
    assert_true(accepted >= 0);
    assert_int_equal(option_of(accepted, SOL_SOCKET, SO_SNDBUF), 2 * BUFFER_SIZE);
    assert_int_equal(option_of(accepted, SOL_SOCKET, SO_RCVBUF), 2 * BUFFER_SIZE);
    assert_int_not_equal(option_of(accepted, IPPROTO_TCP, TCP_NODELAY), 0);
}

static void ipv6_takes_ipv4_as_well(void **state)
{
    CLEANUP(fd_closep) int listening = -1, client = -1;
    char address[32];

    (void)state;
    if (tcp_socket_listen("[::]:0", BUFFER_SIZE, &listening, NULL) < 0)
        skip(); /* no IPv6 here */
    snprintf(address, sizeof(address), "127.0.0.1:%u", tcp_socket_port(listening));
    assert_int_equal(tcp_socket_connect(address, 5000, &client, NULL), 0);
}

static void nobody_listens(void **state)
{
    CLEANUP(fd_closep) int listening = -1;
    char address[32];
    int client;

    (void)state;
    assert_int_equal(tcp_socket_listen("127.0.0.1:0", BUFFER_SIZE, &listening, NULL), 0);
    snprintf(address, sizeof(address), "127.0.0.1:%u", tcp_socket_port(listening));
    listening = fd_close(listening);
    assert_int_equal(tcp_socket_connect(address, 5000, &client, NULL), -ECONNREFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_parsed),
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(a_client_reaches_a_free_port),
        cmocka_unit_test(accepted_sockets_inherit_options),
        cmocka_unit_test(ipv6_takes_ipv4_as_well),
        cmocka_unit_test(nobody_listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
