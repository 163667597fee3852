/* SPDX-License-Identifier: Apache-2.0 */
/* sign KEY: signs any SIGSTRUCT from standard input and writes it to standard output. */
#include <string.h>
#include <unistd.h>

#include "crypto/rsa.h"
#include "sgx/sigstruct.h"

/* offsets in bytes: SDM 35.14 */
enum {
    MODULUS = 128,
    SIGNATURE = 516,
    Q1 = 1040,
    Q2 = 1424,
};

static int read_all(uint8_t *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(STDIN_FILENO, to + done, size - done);

        if (got <= 0)
            return -1;
        done += (size_t)got;
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint8_t wire[SGX_SIGSTRUCT_SIZE], digest[SHA256_SIZE];
    struct rsa_signer *signer;
    struct err err = {0};

    if (argc != 2 || rsa_signer_new(argv[1], &signer, &err) < 0)
        return 2;
    if (read_all(wire, sizeof(wire)) < 0)
        return 1;
    memcpy(wire + MODULUS, rsa_signer_modulus(signer), RSA3072_SIZE);
    sgx_sigstruct_digest(wire, digest);
    if (rsa_signer_sign(signer, digest, wire + SIGNATURE, &err) < 0 ||
        !rsa3072_quotients(wire + MODULUS, wire + SIGNATURE, wire + Q1, wire + Q2))
        return 1;
    rsa_signer_free(signer);
    return write(STDOUT_FILENO, wire, sizeof(wire)) == (ssize_t)sizeof(wire) ? 0 : 1;
}
