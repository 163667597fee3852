/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault ENCLAVE FILE put SECRET: seal SECRET into FILE
 * vault ENCLAVE FILE get:        print what is sealed in FILE
 *
 * Exit status: 0 done, 1 the enclave refused, 2 something else failed.
 */
#include <stdio.h>
#include <string.h>

#include "coffer/sdk_host.h"
#include "vault.h"

enum {
    REFUSED = 1,
    FAILED = 2,
};

static int file_write(const char *path, const struct vault_message *m)
{
    FILE *file = fopen(path, "wb");
    int ok = file && fwrite(m->bytes, 1, m->size, file) == m->size;

    if (file && fclose(file) != 0)
        ok = 0;
    if (!ok)
        perror(path);
    return ok ? 0 : FAILED;
}

static int file_read(const char *path, struct vault_message *m)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        perror(path);
        return FAILED;
    }
    m->size = (uint32_t)fread(m->bytes, 1, sizeof(m->bytes), file);
    fclose(file);
    return 0;
}

static int vault_call(struct coffer_enclave *enclave, uint32_t index, struct vault_message *m)
{
    int64_t result = 0;
    enum coffer_status status = coffer_call(enclave, index, m, sizeof(*m), &result);

    if (status != COFFER_OK) {
        fprintf(stderr, "vault: call: %s\n", coffer_status_text(status));
        return FAILED;
    }
    if (result != COFFER_OK) {
        fprintf(stderr, "vault: refused: %s\n", coffer_status_text((enum coffer_status)result));
        return REFUSED;
    }
    return 0;
}

static int put(struct coffer_enclave *enclave, const char *path, const char *secret)
{
    static struct vault_message m;
    size_t size = strlen(secret);
    int r;

    if (size > VAULT_SECRET_SIZE_MAX) {
        fprintf(stderr, "vault: at most %d bytes\n", VAULT_SECRET_SIZE_MAX);
        return FAILED;
    }
    m.size = (uint32_t)size;
    memcpy(m.bytes, secret, size);
    r = vault_call(enclave, VAULT_PUT, &m);
    return r != 0 ? r : file_write(path, &m);
}

static int get(struct coffer_enclave *enclave, const char *path)
{
    static struct vault_message m;
    int r = file_read(path, &m);

    if (r == 0)
        r = vault_call(enclave, VAULT_GET, &m);
    if (r == 0)
        printf("%.*s\n", (int)m.size, (const char *)m.bytes);
    return r;
}

int main(int argc, char **argv)
{
    struct coffer_enclave *enclave;
    char text[COFFER_TEXT_SIZE];
    int r;

    if (!(argc == 5 && strcmp(argv[3], "put") == 0) &&
        !(argc == 4 && strcmp(argv[3], "get") == 0)) {
        fputs("usage: vault ENCLAVE FILE put SECRET | vault ENCLAVE FILE get\n", stderr);
        return FAILED;
    }
    if (coffer_load(argv[1], NULL, &enclave, text) < 0) {
        fprintf(stderr, "vault: %s: %s\n", argv[1], text);
        return FAILED;
    }
    r = argc == 5 ? put(enclave, argv[2], argv[4]) : get(enclave, argv[2]);
    coffer_unload(enclave);
    return r;
}
