/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "crypto/tls_server.h"
#include "net/http/server.h"

enum {
    PATH_SIZE = 64,
    DAY_S = 86400,
    BIG = 300 * 1000, /* bytes: many records, and more than a socket takes */
    SAID_MAX = 1024 * 1024,
    TURNS = 100000,
};

struct fixture {
    char dir[32];
    char certificate[PATH_SIZE], key[PATH_SIZE], ca[PATH_SIZE];
    struct tls_server_settings settings;
    struct tls_server *tls;
    struct transport_source transport;
    struct loop *loop;
    struct http_server *http;
    SSL_CTX *client;
    SSL_SESSION *session; /* the last one that a server gave */
    struct buf said;
};

static struct fixture *fixture;

static void on_hello(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    buf_put_str(http_exchange_body(x), "hello");
    http_exchange_send(x, 200);
}

static void on_big(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    buf_put_zero(http_exchange_body(x), BIG);
    http_exchange_send(x, 200);
}

static void on_echo(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    buf_put(http_exchange_body(x), http_exchange_request(x)->body);
    http_exchange_send(x, 200);
}

static const struct http_route routes[] = {
    {.methods = HTTP_GET, .pattern = "/hello", .handle = on_hello},
    {.methods = HTTP_GET, .pattern = "/big", .handle = on_big},
    {.methods = HTTP_POST, .pattern = "/echo", .body_max = BIG, .handle = on_echo},
    {0},
};

/* A certificate that signs itself, with its key, in two files. */
static void identity_write(const char *certificate, const char *key_file, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    FILE *file;

    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), rand());
    X509_gmtime_adj(X509_getm_notBefore(x509), -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(x509), DAY_S);
    X509_set_pubkey(x509, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    file = fopen(certificate, "w");
    assert_int_equal(PEM_write_X509(file, x509), 1);
    fclose(file);
    file = fopen(key_file, "w");
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    X509_free(x509);
    EVP_PKEY_free(key);
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(fixture->session);
    fixture->session = session;
    return 1;
}

static void serve(struct fixture *f)
{
    struct http_server_options options = {.routes = routes, .transport = &f->transport};

    assert_int_equal(tls_server_new(&f->settings, &f->tls, NULL), 0);
    f->transport = tls_server_transport(f->tls);
    assert_int_equal(http_server_new(f->loop, &options, &f->http, NULL), 0);
    f->client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(f->client, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(f->client, on_session);
}

static int set_up(void **state)
{
    struct fixture *f = fixture = calloc(1, sizeof(*f));

    strcpy(f->dir, "/tmp/coffer-tls-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->certificate, PATH_SIZE, "%s/tls.crt", f->dir);
    snprintf(f->key, PATH_SIZE, "%s/tls.key", f->dir);
    snprintf(f->ca, PATH_SIZE, "%s/ca.crt", f->dir);
    identity_write(f->certificate, f->key, "first");
    f->settings = (struct tls_server_settings){f->certificate, f->key, NULL};
    f->said = buf_init(SAID_MAX);
    *state = f;
    return loop_new(&f->loop, NULL);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    http_server_free(f->http);
    tls_server_free(f->tls);
    loop_free(f->loop);
    SSL_SESSION_free(f->session);
    SSL_CTX_free(f->client);
    buf_done(&f->said);
    (void)unlink(f->certificate);
    (void)unlink(f->key);
    (void)unlink(f->ca);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

static SSL *client_connect(struct fixture *f)
{
    SSL *ssl = SSL_new(f->client);
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(http_server_adopt(f->http, fds[0], NULL), 0);
    assert_int_equal(SSL_set_fd(ssl, fds[1]), 1);
    SSL_set_connect_state(ssl);
    return ssl;
}

static void client_close(SSL *ssl)
{
    int fd = SSL_get_fd(ssl);

    (void)SSL_shutdown(ssl);
    SSL_free(ssl);
    fd_close(fd);
}

static bool is_waiting(const SSL *ssl, int result)
{
    const int kind = SSL_get_error(ssl, result);

    return kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE;
}

/* Sends @request and reads until @answer_len bytes have come or the server has gone.
 * Return: whether all came. */
static bool talk(struct fixture *f, SSL *ssl, struct span request, size_t answer_len)
{
    size_t sent = 0;

    buf_clear(&f->said);
    for (int turn = 0; turn < TURNS && f->said.len < answer_len; turn++) {
        uint8_t bytes[4096];
        size_t count = 0;
        int r = 1;

        if (sent < request.len) {
            r = SSL_write_ex(ssl, request.data + sent, MIN(request.len - sent, (size_t)4096),
                             &count);
            sent += r == 1 ? count : 0;
        }
        if (r != 1 && !is_waiting(ssl, r))
            return false;
        while ((r = SSL_read_ex(ssl, bytes, sizeof(bytes), &count)) == 1)
            buf_put(&f->said, span_of(bytes, count));
        if (!is_waiting(ssl, r))
            return f->said.len >= answer_len;
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
    }
    return true;
}

static bool hello_comes(struct fixture *f, SSL *ssl)
{
    return talk(f, ssl, span_str("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), 100) &&
           strstr(buf_cstr(&f->said), "\r\n\r\nhello");
}

static void both_versions_are_served(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct fixture *f = *state;

    serve(f);
    for (size_t i = 0; i < ARRAY_COUNT(versions); i++) {
        SSL *ssl;

        SSL_CTX_set_min_proto_version(f->client, versions[i]);
        SSL_CTX_set_max_proto_version(f->client, versions[i]);
        ssl = client_connect(f);
        assert_true(hello_comes(f, ssl));
        assert_true(hello_comes(f, ssl)); /* on the same connection */
        assert_int_equal(SSL_version(ssl), versions[i]);
        client_close(ssl);
    }
}

static void older_versions_are_refused(void **state)
{
    struct fixture *f = *state;
    SSL *ssl;

    serve(f);
    SSL_CTX_set_security_level(f->client, 0);
    SSL_CTX_set_min_proto_version(f->client, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(f->client, TLS1_1_VERSION);
    ssl = client_connect(f);
    assert_false(hello_comes(f, ssl));
    client_close(ssl);
}

static void http_is_agreed_on(void **state)
{
    static const unsigned char offers[] = "\x02h2\x08http/1.1";
    const unsigned char *chosen;
    struct fixture *f = *state;
    unsigned len;
    SSL *ssl;

    serve(f);
    assert_int_equal(SSL_CTX_set_alpn_protos(f->client, offers, sizeof(offers) - 1), 0);
    ssl = client_connect(f);
    assert_true(hello_comes(f, ssl));
    SSL_get0_alpn_selected(ssl, &chosen, &len);
    assert_true(span_equal_str(span_of(chosen, len), "http/1.1"));
    client_close(ssl);
}

static void long_answers_and_bodies_pass(void **state)
{
    CLEANUP(buf_done) struct buf request = buf_init(SAID_MAX);
    struct fixture *f = *state;
    SSL *ssl;

    serve(f);
    ssl = client_connect(f);
    assert_true(talk(f, ssl, span_str("GET /big HTTP/1.1\r\nHost: x\r\n\r\n"), BIG));
    buf_printf(&request, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", BIG);
    buf_put_zero(&request, BIG);
    assert_true(talk(f, ssl, buf_span(&request), BIG));
    assert_true(hello_comes(f, ssl));
    client_close(ssl);
}

static void sessions_are_resumed(void **state)
{
    struct fixture *f = *state;

    serve(f);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL *ssl;

        SSL_CTX_set_max_proto_version(f->client, version);
        for (int i = 0; i < 2; i++) {
            ssl = client_connect(f);
            if (i > 0)
                SSL_set_session(ssl, f->session);
            assert_true(hello_comes(f, ssl));
            assert_int_equal(SSL_session_reused(ssl), i);
            client_close(ssl);
        }
    }
}

static void a_new_certificate_is_taken_and_old_tickets_are_not(void **state)
{
    struct fixture *f = *state;
    SSL *ssl, *older;
    char name[16];

    serve(f);
    older = client_connect(f);
    assert_true(hello_comes(f, older));
    assert_int_equal(tls_server_refresh(f->tls, NULL), 0);
    identity_write(f->certificate, f->key, "second");
    assert_int_equal(tls_server_refresh(f->tls, NULL), 1);
    ssl = client_connect(f);
    SSL_set_session(ssl, f->session);
    assert_true(hello_comes(f, ssl));
    assert_int_equal(SSL_session_reused(ssl), 0);
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl)), NID_commonName,
                              name, sizeof(name));
    assert_string_equal(name, "second");
    assert_true(hello_comes(f, older)); /* connections of before go on */
    client_close(ssl);
    client_close(older);
}

static void bad_files_leave_the_old_ones_in_use(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    char other[PATH_SIZE];
    SSL *ssl;

    serve(f);
    snprintf(other, sizeof(other), "%s/other", f->dir);
    identity_write(f->certificate, other, "second"); /* whose key is elsewhere */
    assert_int_equal(tls_server_refresh(f->tls, &err), -EBADMSG);
    assert_non_null(strstr(err.text, f->key));
    assert_int_equal(truncate(f->certificate, 0), 0);
    assert_int_equal(tls_server_refresh(f->tls, &err), -EBADMSG);
    assert_int_equal(unlink(f->certificate), 0);
    assert_int_equal(tls_server_refresh(f->tls, &err), -ENOENT);
    ssl = client_connect(f);
    assert_true(hello_comes(f, ssl));
    client_close(ssl);
    unlink(other);
}

static void files_that_cannot_be_used_are_named(void **state)
{
    struct fixture *f = *state;
    struct tls_server *tls = NULL;
    struct err err = {0};

    f->settings.client_ca_file = f->ca;
    assert_int_equal(tls_server_new(&f->settings, &tls, &err), -ENOENT);
    assert_non_null(strstr(err.text, f->ca));
    fd_close(open(f->ca, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(tls_server_new(&f->settings, &tls, &err), -EBADMSG);
    assert_non_null(strstr(err.text, f->ca));
    assert_null(tls);
}

static void clients_show_a_certificate_when_they_must(void **state)
{
    struct fixture *f = *state;
    char key[PATH_SIZE];
    SSL *ssl;

    snprintf(key, sizeof(key), "%s/client.key", f->dir);
    identity_write(f->ca, key, "client");
    f->settings.client_ca_file = f->ca;
    serve(f);
    ssl = client_connect(f);
    assert_false(hello_comes(f, ssl));
    client_close(ssl);
    assert_int_equal(SSL_CTX_use_certificate_file(f->client, f->ca, SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(f->client, key, SSL_FILETYPE_PEM), 1);
    ssl = client_connect(f);
    assert_true(hello_comes(f, ssl));
    client_close(ssl);
    /* another authority: tickets of before do not help */
    identity_write(f->ca, key, "other");
    assert_int_equal(tls_server_refresh(f->tls, NULL), 1);
    ssl = client_connect(f);
    SSL_set_session(ssl, f->session);
    assert_false(hello_comes(f, ssl));
    client_close(ssl);
    unlink(key);
}

static void noise_ends_the_connection(void **state)
{
    static const char noise[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    struct fixture *f = *state;
    char byte[64];
    int fds[2], r;

    serve(f);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(http_server_adopt(f->http, fds[0], NULL), 0);
    assert_int_equal(write(fds[1], noise, sizeof(noise) - 1), sizeof(noise) - 1);
    while ((r = (int)recv(fds[1], byte, sizeof(byte), 0)) != 0 && (r > 0 || errno == EAGAIN))
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
    assert_int_equal(http_server_counters(f->http).requests, 0);
    fd_close(fds[1]);
}

static void connections_survive_the_tls_server(void **state)
{
    struct fixture *f = *state;
    SSL *ssl;

    serve(f);
    ssl = client_connect(f);
    assert_true(hello_comes(f, ssl));
    tls_server_free(f->tls);
    f->tls = NULL;
    assert_true(hello_comes(f, ssl));
    client_close(ssl);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_versions_are_served),
        TEST(older_versions_are_refused),
        TEST(http_is_agreed_on),
        TEST(long_answers_and_bodies_pass),
        TEST(sessions_are_resumed),
        TEST(a_new_certificate_is_taken_and_old_tickets_are_not),
        TEST(bad_files_leave_the_old_ones_in_use),
        TEST(files_that_cannot_be_used_are_named),
        TEST(clients_show_a_certificate_when_they_must),
        TEST(noise_ends_the_connection),
        TEST(connections_survive_the_tls_server),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
