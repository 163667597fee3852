/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this quote good, as of now and by Intel's root, and of the enclave or TD that is expected?
 * Usage: verify COLLATERAL.json QUOTE [EXPECTATIONS], the latter as `coffer verify --expect` takes
 * it.
 */
#include <coffer.h>
#include <stdio.h>
#include <time.h>

static struct coffer_bytes file_read(const char *path, char *into, size_t size)
{
    FILE *file = fopen(path, "rb");

    size = file ? fread(into, 1, size, file) : 0;
    if (file)
        fclose(file);
    return (struct coffer_bytes){into, size};
}

int main(int argc, char **argv)
{
    static char json[1 << 20], quote[1 << 16], lines[1 << 16];
    struct coffer_verifier *verifier = NULL;
    struct coffer_collateral *set = NULL;
    struct coffer_expectations *expected = NULL;
    struct coffer_verdict *verdict = NULL;
    struct coffer_error error = {.text = "usage: verify COLLATERAL.json QUOTE [EXPECTATIONS]"};
    struct coffer_policy policy;
    struct coffer_check check;
    int refused;

    coffer_policy_init(&policy);
    if (argc < 3 || argc > 4 || coffer_expectations_new(&expected, &error) ||
        (argc == 4 &&
         coffer_expectations_read(expected, file_read(argv[3], lines, sizeof(lines)), &error)) ||
        coffer_verifier_new((struct coffer_bytes){0}, 0, &verifier, &error) ||
        coffer_collateral_from_json(verifier, file_read(argv[1], json, sizeof(json)), &set,
                                    &error) ||
        coffer_verify_expecting(verifier, set, file_read(argv[2], quote, sizeof(quote)), time(NULL),
                                &policy, expected, &verdict, &error))
        fprintf(stderr, "verify: %s\n", error.text);
    for (size_t i = 0; verdict && coffer_verdict_check(verdict, i, &check); i++)
        if (!check.is_passed)
            printf("%s: %s\n", check.name, check.detail);
    for (size_t i = 0; verdict && coffer_verdict_note(verdict, i); i++)
        puts(coffer_verdict_note(verdict, i));
    refused = !coffer_verdict_is_accepted(verdict);
    puts(refused ? "refused" : "accepted");
    coffer_verdict_free(verdict);
    coffer_collateral_free(set);
    coffer_expectations_free(expected);
    coffer_verifier_free(verifier);
    return refused;
}
