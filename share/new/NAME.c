/* The untrusted half: loads the enclave and calls it. */
#include "@NAME@.h"

#include <stdio.h>

#include "coffer/sdk_host.h"

int main(int argc, char **argv)
{
    struct @NAME@_count c = {.words = 0};
    struct coffer_enclave *enclave;
    char why[COFFER_TEXT_SIZE];
    enum coffer_status status;
    int64_t result = 0;

    if (coffer_load("@NAME@.signed", NULL, &enclave, why) < 0) {
        fprintf(stderr, "@NAME@: %s\n", why);
        return 1;
    }
    snprintf(c.text, sizeof(c.text), "%s", argc > 1 ? argv[1] : "hello from an enclave");
    status = coffer_call(enclave, @NAME@_COUNT, &c, sizeof(c), &result);
    coffer_unload(enclave);
    if (status == COFFER_OK)
        status = (enum coffer_status)result;
    if (status != COFFER_OK) {
        fprintf(stderr, "@NAME@: %s\n", coffer_status_text(status));
        return 1;
    }
    printf("\"%s\" has %u words\n", c.text, c.words);
    return 0;
}
