/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quote verification against OpenSSL's P-256 verifications a second, E, measured beside: each round
 * measures E and then the figure, and the median of the rounds' ratios counts, so that a busy
 * machine slows both. Times are this thread's processor time, but for the two threads (see there).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <malloc.h>
#include <openssl/evp.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "verify_quotes.h"

enum {
    ROUND_COUNT = 9,
    NODE_COUNT = 16,
    NEW_COUNT = 64,   /* quotes by attestation keys of their own, of one node */
    KNOWN_COUNT = 64, /* quotes by one attestation key, of one node */
    E_COUNT = 1000,   /* verifications for one measurement of E */
    COLD_COUNT = 60,  /* cold starts of one round */
    CACHED_COUNT = 10000,
    THREAD_QUOTE_COUNT = 4000,
    THREAD_ROUND_COUNT = 11,
};

struct quotes {
    struct buf fresh[NODE_COUNT * NEW_COUNT];
    struct buf known[NODE_COUNT * KNOWN_COUNT];
};

struct lab {
    struct fleet fleet;
    struct quotes quotes;
    struct verifier *verifier;
    struct collateral_set *set;
    struct verify_policy policy;
};

static double now_of(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double thread_s(void)
{
    return now_of(CLOCK_THREAD_CPUTIME_ID);
}

static struct verifier *verifier_make(const struct lab *lab)
{
    struct verifier_options options = {.root_key = lab->fleet.root_key};
    struct verifier *v;

    must(verifier_new(&options, &v, NULL) == 0, "verifier");
    return v;
}

static void quotes_make(struct lab *lab)
{
    struct node node;
    struct ec_key *key, *fresh;
    size_t fresh_at = 0, known_at = 0;
    uint32_t serial = 0;

    for (int i = 0; i < NODE_COUNT; i++) {
        node_init(&lab->fleet, &node);
        must(ec_key_new(&key, NULL) == 0, "key");
        for (int k = 0; k < KNOWN_COUNT; k++)
            lab->quotes.known[known_at++] = node_quote(&node, key, serial++);
        for (int k = 0; k < NEW_COUNT; k++) {
            must(ec_key_new(&fresh, NULL) == 0, "key");
            node.attestation = NULL;
            lab->quotes.fresh[fresh_at++] = node_quote(&node, fresh, serial++);
            ec_key_free(fresh);
        }
        ec_key_free(key);
        node_done(&node);
    }
}

static void quote_verify(struct lab *lab, struct verifier *v, struct collateral_set *set,
                         const struct buf *quote)
{
    struct verdict *verdict;
    struct err err = {0};

    must(verify_quote(v, set, buf_span(quote), lab->fleet.now, &lab->policy, &verdict, &err) == 0,
         err.text);
    must(verdict_is_accepted(verdict), "a quote was refused");
    verdict_free(verdict);
}

/* The loop of `openssl speed`: one context, made once, that verifies the same signature again. */
static double e_measure(void)
{
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    EVP_PKEY *key = EVP_PKEY_new();
    EVP_PKEY_CTX *ctx;
    uint8_t digest[32] = {1}, signature[80];
    unsigned size = 0;
    double begin, s;

    must(ec && key && EC_KEY_generate_key(ec) && EVP_PKEY_set1_EC_KEY(key, ec), "openssl key");
    must(ECDSA_sign(0, digest, sizeof(digest), signature, &size, ec), "openssl signature");
    ctx = EVP_PKEY_CTX_new(key, NULL);
    must(ctx && EVP_PKEY_verify_init(ctx) == 1, "openssl context");
    begin = thread_s();
    for (int i = 0; i < E_COUNT; i++)
        must(EVP_PKEY_verify(ctx, signature, size, digest, sizeof(digest)) == 1, "openssl");
    s = thread_s() - begin;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    EC_KEY_free(ec);
    return E_COUNT / s;
}

static double rate_measure(struct lab *lab, const struct buf *quotes, size_t count)
{
    double begin = thread_s();

    /* By stride, so that neighbours come from different nodes. */
    for (size_t i = 0; i < count; i++)
        quote_verify(lab, lab->verifier, lab->set, &quotes[i * 67 % count]);
    return (double)count / (thread_s() - begin);
}

static double cold_measure(struct lab *lab)
{
    double s = 0;

    for (int i = 0; i < COLD_COUNT; i++) {
        struct verifier *v = verifier_make(lab);
        struct collateral_set *set;
        double begin = thread_s();

        must(collateral_set_new(v, &lab->fleet.bundle, &set, NULL) == 0, "collateral");
        quote_verify(lab, v, set, &lab->quotes.fresh[i]);
        s += thread_s() - begin;
        collateral_set_unref(set);
        verifier_free(v);
    }
    return s / COLD_COUNT;
}

static int double_compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), double_compare);
    return values[count / 2];
}

static void figure_print(const char *name, double value, const char *unit, double bar,
                         const char *better)
{
    printf("{\"name\": \"verify.%s\", \"value\": %.4g, \"unit\": \"%s\", \"bar\": %g, "
           "\"better\": \"%s\"}\n",
           name, value, unit, bar, better);
    fflush(stdout);
}

static void rates_print(struct lab *lab)
{
    double fresh[ROUND_COUNT], known[ROUND_COUNT], cold[ROUND_COUNT], e[ROUND_COUNT];

    rate_measure(lab, lab->quotes.known, ARRAY_COUNT(lab->quotes.known));
    for (int i = 0; i < ROUND_COUNT; i++) {
        e[i] = e_measure();
        fresh[i] =
            rate_measure(lab, lab->quotes.fresh, ARRAY_COUNT(lab->quotes.fresh)) / (e[i] / 2);
        known[i] = rate_measure(lab, lab->quotes.known, ARRAY_COUNT(lab->quotes.known)) / e[i];
        cold[i] = cold_measure(lab) * e[i];
    }
    printf("{\"name\": \"verify.openssl_e\", \"value\": %.0f, \"unit\": \"1/s\", \"bar\": null, "
           "\"better\": \"higher\"}\n",
           median(e, ROUND_COUNT));
    figure_print("new_platform", median(fresh, ROUND_COUNT), "of E/2", 0.85, "higher");
    figure_print("known_platform", median(known, ROUND_COUNT), "of E", 0.85, "higher");
    figure_print("cold_ratio", median(cold, ROUND_COUNT), "1/E", 12, "lower");
}

/*
 * A thread's wall time less the time that it waited for a processor: on a quiet machine this is
 * wall time, on a busy one it leaves out what other programs took. Waiting for a lock counts.
 */
static double own_s(void)
{
    unsigned long long on_cpu, waited = 0;
    FILE *file = fopen("/proc/thread-self/schedstat", "r");

    if (file) {
        must(fscanf(file, "%llu %llu", &on_cpu, &waited) == 2, "/proc/thread-self/schedstat");
        fclose(file);
    }
    return now_of(CLOCK_MONOTONIC) - (double)waited * 1e-9;
}

struct runner {
    struct lab *lab;
    size_t from;
    pthread_barrier_t *start;
    double rate; /* quotes a second */
};

static void *runner_run(void *context)
{
    struct runner *r = context;
    double begin;

    pthread_barrier_wait(r->start);
    begin = own_s();
    for (size_t i = 0; i < THREAD_QUOTE_COUNT; i++)
        quote_verify(r->lab, r->lab->verifier, r->lab->set,
                     &r->lab->quotes.known[(r->from + i * 67) % ARRAY_COUNT(r->lab->quotes.known)]);
    r->rate = THREAD_QUOTE_COUNT / (own_s() - begin);
    return NULL;
}

static double threads_measure(struct lab *lab, unsigned count)
{
    pthread_barrier_t start;
    struct runner runners[2] = {{lab, 0, &start, 0}, {lab, 31, &start, 0}};
    pthread_t threads[2];
    double rate = 0;

    must(pthread_barrier_init(&start, NULL, count) == 0, "barrier");
    for (unsigned i = 0; i < count; i++)
        must(pthread_create(&threads[i], NULL, runner_run, &runners[i]) == 0, "thread");
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        rate += runners[i].rate;
    }
    pthread_barrier_destroy(&start);
    return rate;
}

static void threads_print(struct lab *lab)
{
    double ratios[THREAD_ROUND_COUNT];

    for (size_t i = 0; i < THREAD_ROUND_COUNT; i++) {
        double one = threads_measure(lab, 1);

        ratios[i] = threads_measure(lab, 2) / one;
    }
    figure_print("two_threads", median(ratios, THREAD_ROUND_COUNT), "of one", 1.8, "higher");
}

static double resident_mib(void)
{
    long pages = 0, ignored;
    FILE *file = fopen("/proc/self/statm", "r");

    must(file && fscanf(file, "%ld %ld", &ignored, &pages) == 2, "/proc/self/statm");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1024 * 1024);
}

/* The verifier is made inside the measurement: its tables too are part of the cache. */
static void cache_print(struct lab *lab)
{
    struct verifier *v;
    struct ec_key *key;
    double before;

    must(ec_key_new(&key, NULL) == 0, "key");
    malloc_trim(0);
    before = resident_mib();
    v = verifier_make(lab);
    for (uint32_t i = 0; i < CACHED_COUNT; i++) {
        struct node node;
        struct buf quote;

        node_init(&lab->fleet, &node);
        quote = node_quote(&node, key, i);
        /* Again, because what a platform that came back costs counts. */
        for (int k = 0; k < 2; k++)
            quote_verify(lab, v, lab->set, &quote);
        buf_done(&quote);
        node_done(&node);
    }
    figure_print("cache_10000_mib", resident_mib() - before, "MiB", 32, "lower");
    verifier_free(v);
    ec_key_free(key);
}

int main(void)
{
    static struct lab lab;

    fleet_init(&lab.fleet);
    lab.policy = verify_policy_default();
    lab.verifier = verifier_make(&lab);
    must(collateral_set_new(lab.verifier, &lab.fleet.bundle, &lab.set, NULL) == 0, "collateral");
    quotes_make(&lab);
    rates_print(&lab);
    threads_print(&lab);
    cache_print(&lab);
    for (size_t i = 0; i < ARRAY_COUNT(lab.quotes.fresh); i++)
        buf_done(&lab.quotes.fresh[i]);
    for (size_t i = 0; i < ARRAY_COUNT(lab.quotes.known); i++)
        buf_done(&lab.quotes.known[i]);
    collateral_set_unref(lab.set);
    verifier_free(lab.verifier);
    fleet_done(&lab.fleet);
    return EXIT_SUCCESS;
}
