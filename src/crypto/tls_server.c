/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transport is an SSL object over a non-blocking socket. The handshake has no step of its own:
 * the first read runs it, and -EAGAIN says whether the socket must become readable or writable. All
 * that happens on one thread, so the buffer that puts the pieces of a write together is shared.
 *
 * One write is one record, at most TLS_SERVER_RECORD_SIZE bytes: a head and a small body leave
 * together. After -EAGAIN the caller comes with the same bytes, perhaps at another address, which
 * SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER allows.
 *
 * A resumed session is not verified again. The session id context therefore is a hash of the
 * certificate and of the clients' CA file: when one of them changes, tickets of before are refused
 * and the client shows its certificate again (RFC 8446 section 4.6.1 leaves that to the server).
 *
 * A peer that closes without close_notify is an orderly end here: requests carry their own length,
 * so that a request that was cut is never mistaken for a whole one.
 */
#include "crypto/tls_server.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "crypto/tls_ticket.h"

enum {
    FILE_SIZE_MAX = 1024 * 1024, /* bytes of a PEM file */
    FILES = 3,
    CONTEXT_ID_SIZE = 32,
};

struct tls_server {
    struct tls_server_settings settings;
    SSL_CTX *context;
    struct stat files[FILES]; /* as they were when @context was made */
    struct tls_tickets tickets;
};

struct tls_transport {
    struct transport transport; /* the first member */
    SSL *ssl;
};

static uint8_t record[TLS_SERVER_RECORD_SIZE];

static const char *library_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason ? reason : "unknown failure";
}

/* OpenSSL's contract is that of tls_ticket_use(). Without a server no more tickets are made. */
static int on_ticket(SSL *ssl, unsigned char name[TLS_TICKET_NAME_SIZE], unsigned char *iv,
                     EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts)
{
    struct tls_server *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    return s ? tls_ticket_use(&s->tickets, name, iv, cipher, mac, encrypts) : 0;
}

/* Contexts */

/* HTTP/1.1 is what the servers above speak. A client that offers only others is not refused: it may
 * offer them by default. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *userdata)
{
    static const unsigned char protocol[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)ssl;
    (void)userdata;
    if (SSL_select_next_proto(&chosen, out_len, protocol, sizeof(protocol) - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int file_hash(const char *path, EVP_MD_CTX *hash, struct err *err)
{
    CLEANUP(buf_done) struct buf content = buf_init(FILE_SIZE_MAX);
    int r = path ? fd_read_file(path, &content, err) : 0;

    if (r < 0)
        return r;
    if (EVP_DigestUpdate(hash, content.data, content.len) != 1)
        return err_set(err, -ENOMEM, "hash of %s", path);
    return 0;
}

static int session_id_set(SSL_CTX *context, const struct tls_server_settings *s, struct err *err)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    uint8_t id[CONTEXT_ID_SIZE];
    int r = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1
                ? 0
                : err_set(err, -ENOMEM, "TLS context");

    if (r == 0)
        r = file_hash(s->certificate_file, hash, err);
    if (r == 0)
        r = file_hash(s->client_ca_file, hash, err);
    if (r == 0 && (EVP_DigestFinal_ex(hash, id, NULL) != 1 ||
                   SSL_CTX_set_session_id_context(context, id, sizeof(id)) != 1))
        r = err_set(err, -ENOMEM, "TLS context");
    EVP_MD_CTX_free(hash);
    return r;
}

static void context_tune(SSL_CTX *context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, TLS_TICKET_KEY_S);
    SSL_CTX_set_num_tickets(context, 1); /* each costs a message in every handshake */
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
    SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
}

static int clients_require(SSL_CTX *context, const char *ca_file, struct err *err)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(ca_file);

    if (!names || SSL_CTX_load_verify_file(context, ca_file) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return err_set(err, -EBADMSG, "%s does not hold certificates: %s", ca_file,
                       library_reason());
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return 0;
}

static int context_fill(SSL_CTX *context, const struct tls_server_settings *s, struct err *err)
{
    int r = session_id_set(context, s, err);

    if (r < 0)
        return r;
    if (SSL_CTX_use_certificate_chain_file(context, s->certificate_file) != 1)
        return err_set(err, -EBADMSG, "%s does not hold a certificate: %s", s->certificate_file,
                       library_reason());
    if (SSL_CTX_use_PrivateKey_file(context, s->key_file, SSL_FILETYPE_PEM) != 1)
        return err_set(err, -EBADMSG, "%s does not hold the key of %s: %s", s->key_file,
                       s->certificate_file, library_reason());
    if (SSL_CTX_check_private_key(context) != 1)
        return err_set(err, -EBADMSG, "%s does not hold the key of %s", s->key_file,
                       s->certificate_file);
    return s->client_ca_file ? clients_require(context, s->client_ca_file, err) : 0;
}

static int files_stat(const struct tls_server_settings *s, struct stat ret[static FILES],
                      struct err *err)
{
    const char *const paths[FILES] = {s->certificate_file, s->key_file, s->client_ca_file};

    for (size_t i = 0; i < FILES; i++) {
        memset(&ret[i], 0, sizeof(ret[i]));
        if (paths[i] && stat(paths[i], &ret[i]) < 0)
            return err_errno(err, "%s", paths[i]);
    }
    return 0;
}

static bool file_is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int context_replace(struct tls_server *s, const struct stat *files, struct err *err)
{
    SSL_CTX *context;
    int r;

    ERR_clear_error();
    context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return err_set(err, -ENOMEM, "TLS context: %s", library_reason());
    context_tune(context);
    SSL_CTX_set_app_data(context, s);
    r = context_fill(context, &s->settings, err);
    if (r < 0) {
        SSL_CTX_free(context);
        return r;
    }
    if (s->context)
        SSL_CTX_set_app_data(s->context, NULL); /* its connections issue no more tickets */
    SSL_CTX_free(s->context);
    s->context = context;
    memcpy(s->files, files, sizeof(s->files));
    return 0;
}

int tls_server_refresh(struct tls_server *s, struct err *err)
{
    struct stat files[FILES];
    bool is_same = s->context != NULL;
    int r = files_stat(&s->settings, files, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < FILES; i++)
        is_same = is_same && file_is_same(&files[i], &s->files[i]);
    if (is_same)
        return 0;
    r = context_replace(s, files, err);
    return r < 0 ? r : 1;
}

int tls_server_new(const struct tls_server_settings *settings, struct tls_server **ret,
                   struct err *err)
{
    CLEANUP(tls_server_freep) struct tls_server *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return err_set(err, -ENOMEM, "TLS server");
    s->settings = *settings;
    r = tls_server_refresh(s, err);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(s);
    return 0;
}

void tls_server_free(struct tls_server *s)
{
    if (!s)
        return;
    if (s->context)
        SSL_CTX_set_app_data(s->context, NULL);
    SSL_CTX_free(s->context);
    tls_ticket_done(&s->tickets);
    free(s);
}

void tls_server_freep(struct tls_server **s)
{
    tls_server_free(*s);
}

/* Transports */

static ssize_t failure_of(struct tls_transport *t, int result)
{
    const int saved = errno, kind = SSL_get_error(t->ssl, result);

    t->transport.wants_write = kind == SSL_ERROR_WANT_WRITE;
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
        return -EAGAIN;
    if (kind == SSL_ERROR_ZERO_RETURN)
        return 0;
    return kind == SSL_ERROR_SYSCALL && saved ? -saved : -EPROTO;
}

static ssize_t tls_read(struct transport *transport, uint8_t *to, size_t size)
{
    struct tls_transport *t = (struct tls_transport *)transport;
    size_t count = 0;
    int r;

    ERR_clear_error();
    errno = 0;
    r = SSL_read_ex(t->ssl, to, size, &count);
    transport->has_more = r == 1 && SSL_pending(t->ssl) > 0;
    return r == 1 ? (ssize_t)count : failure_of(t, r);
}

/* The bytes of one record: those of a single piece where they lie, otherwise a copy. */
static struct span record_of(const struct iovec *pieces, int count)
{
    size_t len = 0;

    if (count == 1 || pieces[0].iov_len >= sizeof(record))
        return span_of(pieces[0].iov_base, MIN(pieces[0].iov_len, sizeof(record)));
    for (int i = 0; i < count; i++) {
        const size_t part = MIN(pieces[i].iov_len, sizeof(record) - len);

        memcpy(record + len, pieces[i].iov_base, part);
        len += part;
    }
    return span_of(record, len);
}

static ssize_t tls_write(struct transport *transport, const struct iovec *pieces, int count)
{
    struct tls_transport *t = (struct tls_transport *)transport;
    const struct span bytes = record_of(pieces, count);
    size_t written = 0;
    int r;

    ERR_clear_error();
    errno = 0;
    r = SSL_write_ex(t->ssl, bytes.data, bytes.len, &written);
    if (r == 1)
        return (ssize_t)written;
    r = (int)failure_of(t, r);
    return r == 0 ? -EPIPE : r;
}

static void tls_end(struct transport *transport)
{
    struct tls_transport *t = (struct tls_transport *)transport;

    ERR_clear_error();
    if (SSL_is_init_finished(t->ssl))
        (void)SSL_shutdown(t->ssl);
    (void)shutdown(transport->fd, SHUT_WR);
}

static void tls_close(struct transport *transport)
{
    struct tls_transport *t = (struct tls_transport *)transport;

    SSL_free(t->ssl);
    (void)close(transport->fd);
    free(t);
}

static const struct transport_ops tls_ops = {
    .read = tls_read,
    .write = tls_write,
    .end = tls_end,
    .close = tls_close,
};

static int tls_accept(void *context, int fd, struct transport **ret, struct err *err)
{
    struct tls_server *s = context;
    struct tls_transport *t = calloc(1, sizeof(*t));

    ERR_clear_error();
    if (t)
        t->ssl = SSL_new(s->context);
    if (!t || !t->ssl || SSL_set_fd(t->ssl, fd) != 1) {
        if (t)
            SSL_free(t->ssl); /* leaves @fd open: OpenSSL does not own it */
        free(t);
        return err_set(err, -ENOMEM, "TLS connection");
    }
    SSL_set_accept_state(t->ssl);
    t->transport.ops = &tls_ops;
    t->transport.fd = fd;
    *ret = &t->transport;
    return 0;
}

struct transport_source tls_server_transport(struct tls_server *s)
{
    return (struct transport_source){.accept = tls_accept, .context = s};
}
