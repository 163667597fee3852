/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processor time of one verification through libcoffer, in microseconds of this thread, in the
 * three ways that a relying party keeps things. Usage: bench_verify_calls UNIX_SECONDS DIRECTORY
 * COUNT, the directory in the test authority's form; prints "cold parse known".
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "coffer.h"

enum {
    FILE_SIZE_MAX = 1 << 20, /* bytes */
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_verify_calls: %s\n", what);
    exit(EXIT_FAILURE);
}

static struct coffer_bytes file_read(const char *directory, const char *name)
{
    char path[4096];
    char *into = malloc(FILE_SIZE_MAX);
    FILE *file;
    size_t size;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "rb");
    must(file && into, path);
    size = fread(into, 1, FILE_SIZE_MAX, file);
    fclose(file);
    return (struct coffer_bytes){into, size};
}

struct inputs {
    struct coffer_bytes root;
    struct coffer_bytes quote;
    struct coffer_pieces pieces;
    struct coffer_policy policy;
    int64_t now;
};

static struct inputs inputs_read(const char *now, const char *directory)
{
    struct inputs in = {
        .root = file_read(directory, "root.pem"),
        .quote = file_read(directory, "quote"),
        .pieces = {.size = sizeof(in.pieces),
                   .tcb_info = file_read(directory, "tcbinfo.json"),
                   .qe_identity = file_read(directory, "qeid.json"),
                   .pck_crl = file_read(directory, "pckcrl.der"),
                   .root_ca_crl = file_read(directory, "rootcrl.der"),
                   .tcb_info_issuer_chain = file_read(directory, "tcbchain.pem"),
                   .qe_identity_issuer_chain = file_read(directory, "qeidchain.pem"),
                   .pck_crl_issuer_chain = file_read(directory, "pckcrlchain.pem")},
        .now = strtoll(now, NULL, 10),
    };

    coffer_policy_init(&in.policy);
    return in;
}

static void verifier_make(const struct inputs *in, struct coffer_verifier **ret)
{
    must(coffer_verifier_new(in->root, 0, ret, NULL) == 0, "verifier");
}

static void collateral_make(const struct inputs *in, struct coffer_verifier *verifier,
                            struct coffer_collateral **ret)
{
    must(coffer_collateral_new(verifier, &in->pieces, ret, NULL) == 0, "collateral");
}

static void quote_judge(const struct inputs *in, struct coffer_verifier *verifier,
                        struct coffer_collateral *collateral)
{
    struct coffer_verdict *verdict;

    must(coffer_verify(verifier, collateral, in->quote, in->now, &in->policy, &verdict, NULL) == 0,
         "verdict");
    must(coffer_verdict_is_accepted(verdict), "the quote was refused");
    coffer_verdict_free(verdict);
}

static void cold_run(const struct inputs *in)
{
    struct coffer_verifier *verifier;
    struct coffer_collateral *collateral;

    verifier_make(in, &verifier);
    collateral_make(in, verifier, &collateral);
    quote_judge(in, verifier, collateral);
    coffer_collateral_free(collateral);
    coffer_verifier_free(verifier);
}

static double thread_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

int main(int argc, char **argv)
{
    struct coffer_verifier *verifier;
    struct coffer_collateral *collateral;
    double at[4];
    struct inputs in;
    int count;

    must(argc == 4, "usage: bench_verify_calls UNIX_SECONDS DIRECTORY COUNT");
    in = inputs_read(argv[1], argv[2]);
    count = atoi(argv[3]);
    must(count > 0, "the count is not above 0");
    at[0] = thread_us();
    for (int i = 0; i < count; i++)
        cold_run(&in);
    verifier_make(&in, &verifier);
    at[1] = thread_us();
    for (int i = 0; i < count; i++) {
        collateral_make(&in, verifier, &collateral);
        quote_judge(&in, verifier, collateral);
        coffer_collateral_free(collateral);
    }
    at[2] = thread_us();
    collateral_make(&in, verifier, &collateral);
    for (int i = 0; i < count; i++)
        quote_judge(&in, verifier, collateral);
    at[3] = thread_us();
    printf("%.3f %.3f %.3f\n", (at[1] - at[0]) / count, (at[2] - at[1]) / count,
           (at[3] - at[2]) / count);
    return EXIT_SUCCESS;
}
