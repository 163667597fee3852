/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local-attestation ENCLAVE listen SOCKET
 * local-attestation ENCLAVE connect SOCKET
 *
 * Two such processes prove to each other that their enclaves run on one platform. Exit status: 0
 * both reports hold, 1 the peer's report was refused, 2 something else failed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attest.h"
#include "coffer/sdk_host.h"

enum {
    REFUSED = 1,
    FAILED = 2,
};

static int complain(const char *what)
{
    perror(what);
    return -1;
}

static int address_of(const char *path, struct sockaddr_un *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(ret->sun_path)) {
        fprintf(stderr, "local-attestation: %s is too long for a socket\n", path);
        return -1;
    }
    strcpy(ret->sun_path, path);
    return 0;
}

static int peer_accept(const char *path)
{
    struct sockaddr_un address;
    int listener, peer;

    if (address_of(path, &address) < 0)
        return -1;
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(path);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 1) < 0)
        return complain(path);
    peer = accept(listener, NULL, NULL);
    if (peer < 0)
        complain("accept");
    close(listener);
    unlink(path);
    return peer;
}

static int peer_connect(const char *path)
{
    struct sockaddr_un address;
    int peer;

    if (address_of(path, &address) < 0)
        return -1;
    peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer < 0 || connect(peer, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return complain(path);
    return peer;
}

/** exchange() - send @size bytes of ours, then receive as many of the peer's over them */
static int exchange(int peer, void *bytes, size_t size)
{
    uint8_t *at = bytes;

    if (send(peer, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        return complain("send");
    while (size > 0) {
        ssize_t n = recv(peer, at, size, 0);

        if (n <= 0)
            return complain("receive");
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

static int attest_call(struct coffer_enclave *enclave, uint32_t index, struct attest_message *m)
{
    int64_t result = 0;
    enum coffer_status status = coffer_call(enclave, index, m, sizeof(*m), &result);

    if (status == COFFER_OK && result == COFFER_OK)
        return 0;
    if (status == COFFER_OK)
        status = (enum coffer_status)result;
    fprintf(stderr, "local-attestation: %s\n", coffer_status_text(status));
    return index == ATTEST_VERIFY ? REFUSED : FAILED;
}

static void print_hash(const char *name, const uint8_t hash[COFFER_HASH_SIZE])
{
    printf("%s ", name);
    for (int i = 0; i < COFFER_HASH_SIZE; i++)
        printf("%02x", hash[i]);
    putchar('\n');
}

static int attest(struct coffer_enclave *enclave, int peer)
{
    struct attest_message m = {0};
    int r = attest_call(enclave, ATTEST_GREET, &m);

    if (r != 0 || exchange(peer, &m.hello, sizeof(m.hello)) < 0)
        return FAILED;
    r = attest_call(enclave, ATTEST_PROVE, &m);
    if (r != 0 || exchange(peer, m.report, sizeof(m.report)) < 0)
        return FAILED;
    r = attest_call(enclave, ATTEST_VERIFY, &m);
    if (r != 0)
        return r;
    puts("the peer runs on this platform");
    print_hash("mrenclave", m.mrenclave);
    print_hash("mrsigner", m.mrsigner);
    return 0;
}

int main(int argc, char **argv)
{
    struct coffer_enclave *enclave;
    char text[COFFER_TEXT_SIZE];
    int peer, r = FAILED;

    if (argc != 4 || (strcmp(argv[2], "listen") != 0 && strcmp(argv[2], "connect") != 0)) {
        fputs("usage: local-attestation ENCLAVE listen|connect SOCKET\n", stderr);
        return FAILED;
    }
    if (coffer_load(argv[1], NULL, &enclave, text) < 0) {
        fprintf(stderr, "local-attestation: %s: %s\n", argv[1], text);
        return FAILED;
    }
    peer = strcmp(argv[2], "listen") == 0 ? peer_accept(argv[3]) : peer_connect(argv[3]);
    if (peer >= 0) {
        r = attest(enclave, peer);
        close(peer);
    }
    coffer_unload(enclave);
    return r;
}
