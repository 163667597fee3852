/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_sgx transitions ENCLAVE: microseconds of EENTER and EEXIT, nothing between
 * bench_sgx signal ENCLAVE:      the same where EEXIT sites cannot be made fast
 * bench_sgx load ENCLAVE:        loading (measure, verify, map), divided by SHA-256 of 64 MiB
 * bench_sgx inside ENCLAVE:      work inside, divided by the same work outside
 * bench_sgx map ENCLAVE:         milliseconds of ECREATE and of mapping 60 GiB of its range
 * bench_sgx resident ENCLAVE:    MiB of memory that this takes
 * bench_sgx gcm ENCLAVE:         4 KiB under AES-128-GCM inside, its speed divided by OpenSSL's
 * Prints one number: the smallest of many runs. Runs that are compared take turns. The program
 * includes the source of the loader, so that it can enter without a call.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "crypto_bare/sha256.h"
#include "sdk/host/host.c" /* NOLINT(bugprone-suspicious-include) */
#include "sgx/secs.h"
#include "sgx_work.h"

enum {
    TRIPS = 200,
    TRANSITION_RUNS = 500,
    LOAD_RUNS = 24,
    LOAD_SIZE = 64 * 1024 * 1024, /* bytes */
    INSIDE_RUNS = 300,
    INSIDE_ROUNDS = 500 * 1000,
    MAP_RUNS = 20,
    GCM_RUNS = 300,
    GCM_ROUNDS = 200,
};

#define RANGE_SIZE (UINT64_C(64) << 30) /* bytes of an enclave's range */
#define MAP_SIZE   (UINT64_C(60) << 30) /* of them that are mapped */

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct coffer_enclave *load_or_die(const char *path)
{
    struct coffer_enclave *enclave;
    char text[COFFER_TEXT_SIZE];

    if (coffer_load(path, NULL, &enclave, text) == 0)
        return enclave;
    fprintf(stderr, "bench_sgx: %s\n", text);
    exit(EXIT_FAILURE);
}

/** transitions() - the runtime leaves an invalid entry at once, which takes EENTER and EEXIT
 *  only */
static double transitions(const char *path)
{
    struct coffer_enclave *enclave = load_or_die(path);
    struct sgx_enclave_run run = {.tcs = enclave->slots[0].tcs};
    struct sdk_call call = {0};
    double best = 1e9;

    for (int i = 0; i < TRANSITION_RUNS; i++) {
        double start = now_s();

        for (int k = 0; k < TRIPS; k++)
            sdk_host_enter(SDK_ENTER_RETURN, &call, SGX_EENTER, &run, enclave->vdso);
        best = MIN(best, (now_s() - start) / TRIPS);
    }
    if (run.function != SGX_EEXIT)
        exit(EXIT_FAILURE);
    coffer_unload(enclave);
    return best * 1e6;
}

/** signal_transitions() - the program itself maps the page that fast sites need
 *  (emulator/cpu/exit_jump.c) */
static double signal_transitions(const char *path)
{
    if (mmap((void *)0x01cc0000, SGX_PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
             -1, 0) == MAP_FAILED)
        exit(EXIT_FAILURE);
    return transitions(path);
}

static double load_ratio(const char *path)
{
    double best_load = 1e9, best_hash = 1e9;
    uint8_t digest[SHA256_SIZE];
    uint8_t *bytes = malloc(LOAD_SIZE);

    if (!bytes)
        exit(EXIT_FAILURE);
    memset(bytes, 0x5a, LOAD_SIZE);
    for (int i = 0; i < LOAD_RUNS; i++) {
        double start = now_s(), middle;
        struct coffer_enclave *enclave = load_or_die(path);

        middle = now_s();
        sha256(bytes, LOAD_SIZE, digest);
        best_hash = MIN(best_hash, now_s() - middle);
        best_load = MIN(best_load, middle - start);
        coffer_unload(enclave);
    }
    free(bytes);
    return best_load / best_hash;
}

static double inside_ratio(const char *path)
{
    static uint64_t table[SGX_WORK_TABLE];
    struct coffer_enclave *enclave = load_or_die(path);
    double best_inside = 1e9, best_outside = 1e9;

    for (int i = 0; i < INSIDE_RUNS; i++) {
        uint64_t rounds = INSIDE_ROUNDS, outside;
        int64_t inside = 0;
        double start = now_s(), middle;

        if (coffer_call(enclave, 0, &rounds, sizeof(rounds), &inside) != COFFER_OK)
            exit(EXIT_FAILURE);
        middle = now_s();
        memset(table, 0, sizeof(table));
        outside = sgx_work(table, INSIDE_ROUNDS);
        best_outside = MIN(best_outside, now_s() - middle);
        best_inside = MIN(best_inside, middle - start);
        if ((uint64_t)inside != outside)
            exit(EXIT_FAILURE);
    }
    coffer_unload(enclave);
    return best_inside / best_outside;
}

/** range_reserve() - reserve 2 * RANGE_SIZE of addresses, which contain an aligned range */
static uint8_t *range_reserve(void)
{
    uint8_t *room =
        mmap(NULL, 2 * RANGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (room == MAP_FAILED)
        exit(EXIT_FAILURE);
    return room;
}

/** range_open() - an enclave without pages, after ECREATE. Return: its descriptor. */
static int range_open(const uint8_t *base)
{
    static uint8_t wire[SGX_SECS_SIZE] __attribute__((aligned(SGX_PAGE_SIZE)));
    struct sgx_ioc_create create = {.src = (uint64_t)wire};
    struct sgx_secs secs = {.size = RANGE_SIZE, .ssa_frame_size = 1};
    int fd = open("/dev/sgx_enclave", O_RDWR | O_CLOEXEC);

    secs.base = (uint64_t)base;
    secs.attributes =
        (struct sgx_attributes){.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = SGX_XFRM_LEGACY};
    sgx_secs_render(&secs, wire);
    if (fd < 0 || ioctl(fd, SGX_IOC_CREATE, &create) < 0)
        exit(EXIT_FAILURE);
    return fd;
}

static double resident_mib(void)
{
    unsigned long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file || fscanf(file, "%lu %lu", &total, &resident) != 2) /* NOLINT(cert-err34-c) */
        exit(EXIT_FAILURE);
    fclose(file);
    return (double)resident * SGX_PAGE_SIZE / 1048576;
}

/** range_map() - the seconds of ECREATE and mmap(), and the memory that became resident */
static double range_map(double *ret_mib)
{
    uint8_t *room = range_reserve();
    uint8_t *base = room + (RANGE_SIZE - (uint64_t)room % RANGE_SIZE);
    double before = resident_mib(), start = now_s(), took;
    int fd = range_open(base);

    if (mmap(base, MAP_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0) !=
        base)
        exit(EXIT_FAILURE);
    took = now_s() - start;
    *ret_mib = resident_mib() - before;
    munmap(room, 2 * RANGE_SIZE);
    close(fd);
    return took;
}

static double map_ms(const char *path)
{
    double best = 1e9, mib;

    (void)path;
    for (int i = 0; i < MAP_RUNS; i++)
        best = MIN(best, range_map(&mib));
    return best * 1e3;
}

static double map_mib(const char *path)
{
    double mib;

    (void)path;
    range_map(&mib);
    return mib;
}

/** openssl_encrypt() - the same rounds as in the enclave, with a context that has the key
 *  already */
static void openssl_encrypt(EVP_CIPHER_CTX *context)
{
    static uint8_t text[SGX_WORK_TEXT], iv[12], tag[16];
    int done;

    for (int i = 0; i < GCM_ROUNDS; i++) {
        if (!EVP_EncryptInit_ex(context, NULL, NULL, NULL, iv) ||
            !EVP_EncryptUpdate(context, text, &done, text, sizeof(text)) ||
            !EVP_EncryptFinal_ex(context, text, &done) ||
            !EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, sizeof(tag), tag))
            exit(EXIT_FAILURE);
    }
}

static double gcm_ratio(const char *path)
{
    static const uint8_t key[16];
    struct coffer_enclave *enclave = load_or_die(path);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    double best_inside = 1e9, best_openssl = 1e9;

    if (!context || !EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, key, NULL))
        exit(EXIT_FAILURE);
    for (int i = 0; i < GCM_RUNS; i++) {
        struct sgx_work_encrypt todo = {.features = accel_detect(), .rounds = GCM_ROUNDS};
        double start = now_s(), middle;
        int64_t result;

        if (coffer_call(enclave, 1, &todo, sizeof(todo), &result) != COFFER_OK)
            exit(EXIT_FAILURE);
        middle = now_s();
        openssl_encrypt(context);
        best_openssl = MIN(best_openssl, now_s() - middle);
        best_inside = MIN(best_inside, middle - start);
    }
    EVP_CIPHER_CTX_free(context);
    coffer_unload(enclave);
    return best_openssl / best_inside;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        double (*measure)(const char *path);
    } rows[] = {
        {"signal", signal_transitions},
        {"transitions", transitions},
        {"load", load_ratio},
        {"inside", inside_ratio},
        {"map", map_ms},
        {"resident", map_mib},
        {"gcm", gcm_ratio},
    };

    for (size_t i = 0; argc == 3 && i < ARRAY_COUNT(rows); i++) {
        if (strcmp(rows[i].name, argv[1]) != 0)
            continue;
        printf("%.6f\n", rows[i].measure(argv[2]));
        return EXIT_SUCCESS;
    }
    fputs("usage: bench_sgx transitions|signal|load|inside|map|resident|gcm ENCLAVE\n", stderr);
    return EXIT_FAILURE;
}
