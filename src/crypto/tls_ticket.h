/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/tls_ticket.h: the keys of a TLS server's session tickets (RFC 5077 section 4, RFC 8446
 * section 4.6.1). They live in memory only and change by time: the current key seals tickets, it
 * and the one before it open them.
 */
#ifndef COFFER_CRYPTO_TLS_TICKET_H
#define COFFER_CRYPTO_TLS_TICKET_H

#include <openssl/evp.h>
#include <stdint.h>

enum {
    TLS_TICKET_KEY_S = 12 * 3600, /* seconds for which a key seals; it opens for as long again */
    TLS_TICKET_NAME_SIZE = 16,    /* bytes, as OpenSSL defines the name of a key */
    TLS_TICKET_KEY_SIZE = 32,     /* bytes */
};

struct tls_ticket_key {
    uint8_t name[TLS_TICKET_NAME_SIZE];
    uint8_t cipher[TLS_TICKET_KEY_SIZE], mac[TLS_TICKET_KEY_SIZE];
    int64_t made_ms; /* monotonic; 0: there is none */
};

/** struct tls_tickets - caller storage, zero-initialised; tls_ticket_done() */
struct tls_tickets {
    struct tls_ticket_key current, previous;
    int64_t (*now_ms)(void); /* NULL: clock_monotonic_ms() */
};

/** tls_ticket_done() - wipe the keys */
void tls_ticket_done(struct tls_tickets *t);

/**
 * tls_ticket_use() - choose a key and prepare both contexts with it, as OpenSSL's callback
 * SSL_CTX_set_tlsext_ticket_key_evp_cb() demands
 * @name, @iv:  of the ticket; written with @encrypts, read without
 * Return: 1 usable; 2 usable, and the client gets a new ticket; 0 no such key; -1 failure.
 */
int tls_ticket_use(struct tls_tickets *t, uint8_t name[static TLS_TICKET_NAME_SIZE], uint8_t *iv,
                   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts);

#endif
