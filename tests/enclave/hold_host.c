/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold ENCLAVE: load an enclave, report that on standard output, and keep it until standard input
 * ends. Exit status: 0; 1 when it could not be loaded.
 */
#include <stdio.h>

#include "coffer/sdk_host.h"
#include "probe.h"

int main(int argc, char **argv)
{
    struct coffer_enclave *enclave;
    char text[COFFER_TEXT_SIZE];
    int64_t result = 0;

    if (argc != 2)
        return 2;
    if (coffer_load(argv[1], NULL, &enclave, text) < 0) {
        fprintf(stderr, "hold: %s\n", text);
        return 1;
    }
    puts("loaded");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    if (coffer_call(enclave, PROBE_RELOCATED, NULL, 0, &result) != COFFER_OK || result != 1)
        return 1;
    coffer_unload(enclave);
    return 0;
}
