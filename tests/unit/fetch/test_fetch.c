/* SPDX-License-Identifier: Apache-2.0 */
/* Each test starts a server on loopback that answers one connection with given bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "fetch/fetch.h"

enum {
    REQUEST_SIZE = 16384,
    SHORT_MS = 500,
};

struct server {
    int fd;
    unsigned port;
    const char *answer; /* repeated @times; NULL: nothing is said, and the connection stays open */
    size_t times;
    SSL_CTX *tls; /* NULL: plain */
    char request[REQUEST_SIZE];
    pthread_t thread;
};

static void plain_serve(struct server *s, int fd)
{
    ssize_t n = read(fd, s->request, sizeof(s->request) - 1);

    s->request[n > 0 ? n : 0] = '\0';
    for (size_t i = 0; s->answer && i < s->times; i++)
        if (write(fd, s->answer, strlen(s->answer)) < 0)
            break;
    if (!s->answer)
        (void)!read(fd, s->request, 1); /* until the client leaves */
}

static void tls_serve(struct server *s, int fd)
{
    SSL *ssl = SSL_new(s->tls);

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        int n = SSL_read(ssl, s->request, sizeof(s->request) - 1);

        s->request[n > 0 ? n : 0] = '\0';
        SSL_write(ssl, s->answer, (int)strlen(s->answer));
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void *server_run(void *userdata)
{
    struct server *s = userdata;
    int fd = accept(s->fd, NULL, NULL);

    if (s->tls)
        tls_serve(s, fd);
    else
        plain_serve(s, fd);
    close(fd);
    return NULL;
}

static void server_start(struct server *s, const char *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(s->fd, 1), 0);
    s->port = ntohs(address.sin_port);
    s->answer = answer;
    s->times = s->times ? s->times : 1;
    assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static void server_stop(struct server *s)
{
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    close(s->fd);
}

/* @form->url is a path. With a CA file the server is asked over TLS. */
static int ask(const struct fetch_options *options, const struct fetch_request *form, unsigned port,
               struct fetch_answer *ret)
{
    CLEANUP(fetch_freep) struct fetch *f = NULL;
    struct fetch_request request = *form;
    struct err err = {0};
    char url[256];
    int r;

    snprintf(url, sizeof(url), "%s://127.0.0.1:%u%s", options->ca_file ? "https" : "http", port,
             form->url);
    request.url = url;
    assert_int_equal(fetch_new(options, &f, &err), 0);
    r = fetch_run(f, &request, ret, &err);
    assert_int_equal(r, err.code);
    if (r < 0)
        assert_null(strstr(err.text, "secret"));
    return r;
}

static int get(const char *answer, struct fetch_answer *ret)
{
    struct server s = {0};
    int r;

    server_start(&s, answer);
    r = ask(&(struct fetch_options){.total_ms = SHORT_MS},
            &(struct fetch_request){.url = "/tcb?key=secret"}, s.port, ret);
    server_stop(&s);
    return r;
}

static void an_answer_is_taken_apart(void **state)
{
    struct fetch_answer a;

    (void)state;
    assert_int_equal(get("HTTP/1.1 100 Continue\r\nTCB-Info-Issuer-Chain: early\r\n\r\n"
                         "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n"
                         "tcb-info-ISSUER-chain:  %2D%2D \r\nWarning: a\r\nWarning: b\r\n\r\nhello",
                         &a),
                     0);
    assert_int_equal(a.status, 404);
    assert_true(span_equal_str(buf_span(&a.body), "hello"));
    assert_true(span_equal_str(fetch_header(&a, "TCB-Info-Issuer-Chain"), "%2D%2D"));
    assert_true(span_equal_str(fetch_header(&a, "warning"), "a"));
    assert_int_equal(fetch_header(&a, "Warn").len, 0);
    fetch_answer_done(&a);
}

static void a_post_carries_its_body_and_headers(void **state)
{
    static const char *const headers[] = {"user-token: abc", "Content-Type: application/json",
                                          NULL};
    const struct fetch_request request = {
        .url = "/platforms",
        .headers = headers,
        .is_post = true,
        .body = span_str("{\"a\":1}"),
    };
    struct server s = {0};
    struct fetch_answer a;

    (void)state;
    server_start(&s, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(ask(&(struct fetch_options){0}, &request, s.port, &a), 0);
    server_stop(&s);
    assert_int_equal(a.status, 201);
    assert_memory_equal(s.request, "POST /platforms HTTP/1.1\r\n", 26);
    assert_non_null(strstr(s.request, "\r\nuser-token: abc\r\n"));
    assert_non_null(strstr(s.request, "\r\n\r\n{\"a\":1}"));
    fetch_answer_done(&a);
}

static void a_redirect_is_an_answer(void **state)
{
    struct fetch_answer a;

    (void)state;
    assert_int_equal(get("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                         "Content-Length: 0\r\n\r\n",
                         &a),
                     0);
    assert_int_equal(a.status, 302);
    fetch_answer_done(&a);
}

static void bad_answers_are_told_apart(void **state)
{
    struct fetch_answer a;

    (void)state;
    assert_int_equal(get("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", &a), -EBADMSG);
    assert_int_equal(get("this is no HTTP\r\n\r\n", &a), -EBADMSG);
    assert_int_equal(get("", &a), -EBADMSG);
    assert_int_equal(get("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nx", &a), -EMSGSIZE);
    assert_int_equal(get(NULL, &a), -ETIMEDOUT);
}

/* Without a length the server may send for ever: both limits act on what really comes. */
static void endless_answers_are_ended(void **state)
{
    static char block[65536], field[1100];
    struct server s = {.times = 1000};
    struct fetch_answer a;

    (void)state;
    memset(block, 'x', sizeof(block) - 1);
    memcpy(block, "HTTP/1.1 200 OK\r\n\r\n", 19);
    server_start(&s, block);
    assert_int_equal(
        ask(&(struct fetch_options){0}, &(struct fetch_request){.url = "/"}, s.port, &a),
        -EMSGSIZE);
    server_stop(&s);

    memset(field, 'x', sizeof(field) - 1);
    memcpy(field, "a: ", 3);
    memcpy(field + sizeof(field) - 3, "\r\n", 2);
    memset(block, 0, sizeof(block));
    strcpy(block, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 58; i++)
        strcat(block, field);
    s = (struct server){.times = 2}; /* the second status line stands where a field should */
    server_start(&s, block);
    assert_int_not_equal(ask(&(struct fetch_options){.total_ms = SHORT_MS},
                             &(struct fetch_request){.url = "/"}, s.port, &a),
                         0);
    server_stop(&s);
}

static void unusable_urls_are_refused(void **state)
{
    static char longest[FETCH_URL_SIZE_MAX + 2];
    CLEANUP(fetch_freep) struct fetch *f = NULL;
    struct fetch_answer a;
    struct err err = {0};

    (void)state;
    memset(longest, 'a', sizeof(longest) - 1);
    memcpy(longest, "http://", 7);
    assert_int_equal(fetch_new(&(struct fetch_options){0}, &f, &err), 0);
    assert_int_equal(fetch_run(f, &(struct fetch_request){.url = longest}, &a, &err), -EINVAL);
    assert_int_equal(fetch_run(f, &(struct fetch_request){.url = "file:///etc/passwd"}, &a, &err),
                     -EINVAL);
    assert_int_equal(fetch_run(f, &(struct fetch_request){.url = "http://127.0.0.1:1/"}, &a, &err),
                     -EHOSTUNREACH);
}

/* -- TLS -- */

static SSL_CTX *tls_make(const char *ca_file, const char *name)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    FILE *out = fopen(ca_file, "w");

    assert_non_null(out);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    X509_add_ext(cert, names, -1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509(out, cert), 1);
    fclose(out);
    SSL_CTX_use_certificate(tls, cert);
    SSL_CTX_use_PrivateKey(tls, key);
    X509_EXTENSION_free(names);
    X509_free(cert);
    EVP_PKEY_free(key);
    return tls;
}

static int tls_get(const char *name, bool is_trusted)
{
    char ca_file[] = "/tmp/coffer-test-fetch-XXXXXX";
    const char *trusted = is_trusted ? ca_file : "/etc/ssl/certs/ca-certificates.crt";
    struct server s = {0};
    struct fetch_answer a;
    int fd = mkstemp(ca_file), r;

    assert_true(fd >= 0);
    close(fd);
    s.tls = tls_make(ca_file, name);
    server_start(&s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    r = ask(&(struct fetch_options){.ca_file = trusted},
            &(struct fetch_request){.url = "/?key=secret"}, s.port, &a);
    server_stop(&s);
    SSL_CTX_free(s.tls);
    unlink(ca_file);
    if (r == 0)
        fetch_answer_done(&a);
    return r;
}

static void certificates_are_checked(void **state)
{
    (void)state;
    assert_int_equal(tls_get("IP:127.0.0.1", true), 0);
    assert_int_equal(tls_get("IP:127.0.0.1", false), -EPROTO);
    assert_int_equal(tls_get("DNS:elsewhere.test", true), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_taken_apart),
        cmocka_unit_test(a_post_carries_its_body_and_headers),
        cmocka_unit_test(a_redirect_is_an_answer),
        cmocka_unit_test(bad_answers_are_told_apart),
        cmocka_unit_test(endless_answers_are_ended),
        cmocka_unit_test(unusable_urls_are_refused),
        cmocka_unit_test(certificates_are_checked),
    };

    signal(SIGPIPE, SIG_IGN);
    unsetenv("http_proxy"); /* loopback is asked directly, whatever the machine's settings are */
    unsetenv("https_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    unsetenv("HTTPS_PROXY");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
