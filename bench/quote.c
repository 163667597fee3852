/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of the quote service. One core is the helper's, the other this program's. S, OpenSSL's
 * P-256 signatures a second, is measured on the helper's core while the helper is idle.
 *
 * Both rates of quote.per_second_ratio count seconds on the processor, so that what else runs on
 * the machine falls out; with a core to itself the helper's second is the clock's. The ratio by the
 * clock stands beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aesm/answer.h"
#include "aesm/client.h"
#include "base/clock.h"
#include "base/fd.h"
#include "software/secret.h"
#include "sgx/keys.h"

enum {
    REPORT_COUNT = 2048, /* different reports, so that no two requests in flight are the same */
    IN_FLIGHT = 32,      /* connections at once at full load */
    ROUND_COUNT = 9,     /* of signing and quoting in turn: the ratio is the median */
    SIGN_US = 300000,
    FULL_LOAD_US = 600000,
    HALF_LOAD_US = 4000000,
    CONNECTIONS_MAX = 512, /* at once at half load */
    HONEST_COUNT = 150,
    HOSTILE_COUNT = 50,
    HONEST_QUOTES = 40,
    LATENCY_MAX = 400000,
    US_PER_S = 1000000,
    HELPER_TEXT_SIZE = 4096,
};

/* How often something happened in a second of the clock, and in a second on the processor. */
struct rate {
    double per_s;
    double per_cpu_s;
};

static char directory[] = "/tmp/coffer-bench-XXXXXX";
static char socket_path[128];
static struct buf requests[REPORT_COUNT];
static uint32_t quote_size; /* asked for exactly, as Intel's and Open Enclave's clients do */
static pid_t helper;

static void fail(const char *what)
{
    fprintf(stderr, "bench/quote: %s\n", what);
    if (helper > 0)
        kill(helper, SIGKILL);
    exit(1);
}

static void figure(const char *name, double value, const char *unit, double bar, bool higher)
{
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"bar\":%g,\"better\":\"%s\"}\n", name,
           value, unit, bar, higher ? "higher" : "lower");
    fflush(stdout);
}

static void note(const char *name, double value, const char *unit)
{
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"bar\":null,\"better\":\"higher\"}\n",
           name, value, unit);
    fflush(stdout);
}

static void pin(unsigned core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof(set), &set); /* on one core there is nothing to pin */
}

static void helper_start(const char *build)
{
    char program[512], socket_option[256], state_option[256];

    snprintf(program, sizeof(program), "%s/coffer-quote-helper", build);
    snprintf(socket_option, sizeof(socket_option), "--socket=%s", socket_path);
    snprintf(state_option, sizeof(state_option), "--state=%s/state", directory);
    helper = fork();
    if (helper != 0)
        return;
    pin(1);
    execl(program, program, socket_option, state_option, "--quote-backend=software", "--log=error",
          (char *)NULL);
    _exit(127);
}

static void helper_file(const char *name, char text[static HELPER_TEXT_SIZE])
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/%s", helper, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = read(fd, text, HELPER_TEXT_SIZE - 1);
    fd_close(fd);
    text[n > 0 ? n : 0] = '\0';
}

static double helper_mib(void)
{
    char text[HELPER_TEXT_SIZE];
    const char *line;

    helper_file("status", text);
    line = strstr(text, "VmRSS:");
    return line ? strtod(line + 6, NULL) / 1024 : 0;
}

/* Microseconds that the helper has run on a processor. */
static double helper_cpu_us(void)
{
    char text[HELPER_TEXT_SIZE];

    helper_file("schedstat", text);
    return strtod(text, NULL) / 1000;
}

static double thread_cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * US_PER_S + (double)t.tv_nsec / 1000;
}

/* The measurement of `openssl speed ecdsap256`, on the helper's core. */
static struct rate sign_rate(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    uint8_t digest[32] = {1}, signature[128];
    int64_t begin, now;
    unsigned count = 0;
    double cpu_us;

    pin(1);
    EVP_PKEY_sign_init(context);
    cpu_us = thread_cpu_us();
    begin = now = clock_monotonic_us();
    while (now - begin < SIGN_US) {
        for (int i = 0; i < 100; i++, count++) {
            size_t size = sizeof(signature);

            digest[count % 32]++;
            if (EVP_PKEY_sign(context, signature, &size, digest, sizeof(digest)) != 1)
                fail("OpenSSL does not sign");
        }
        now = clock_monotonic_us();
    }
    cpu_us = thread_cpu_us() - cpu_us;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    pin(0);
    return (struct rate){(double)count * US_PER_S / (double)(now - begin),
                         (double)count * US_PER_S / cpu_us};
}

/* Reports of an application enclave, each with its own data, as whole request frames. */
static void requests_make(void)
{
    const struct aesm_client client = {socket_path, 5000, 5000};
    struct sgx_secs secs = {.attributes = {SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_MODE64BIT, 3}};
    uint8_t target[AESM_TARGET_INFO_SIZE], data[SGX_REPORT_DATA_SIZE] = {0},
                                           report[SGX_REPORT_SIZE];
    struct sgx_platform platform;
    struct software_secret secret;
    struct buf quote = buf_init(64 * 1024);
    char dir[128];
    struct err err = {0};

    snprintf(dir, sizeof(dir), "%s/state/platform", directory);
    if (aesm_client_target_info(&client, target, &err) < 0 ||
        software_secret_load(dir, &secret, &err) < 0)
        fail(err.text);
    memcpy(platform.fuse, secret.fuse, sizeof(platform.fuse));
    memcpy(platform.cpusvn, secret.cpusvn, sizeof(platform.cpusvn));
    memcpy(platform.owner_epoch, secret.owner_epoch, sizeof(platform.owner_epoch));
    if (sgx_ereport(&platform, &secs, target, data, report) != SGX_SUCCESS ||
        aesm_client_quote(&client, report, &quote, &err) < 0)
        fail(err.text);
    quote_size = (uint32_t)quote.len;
    buf_done(&quote);
    for (unsigned i = 0; i < REPORT_COUNT; i++) {
        const struct aesm_field fields[] = {
            {.tag = 1, .is_bytes = true, .bytes = {report, sizeof(report)}},
            {.tag = 2, .is_bytes = true, .bytes = aesm_key_id()},
            {.tag = 4, .number = quote_size},
            {.tag = 9, .number = 15000},
        };

        memcpy(data, &i, sizeof(i));
        if (sgx_ereport(&platform, &secs, target, data, report) != SGX_SUCCESS)
            fail("no report");
        requests[i] = buf_init(AESM_REQUEST_SIZE_MAX);
        aesm_request_render(&requests[i], AESM_GET_QUOTE_EX, fields, ARRAY_COUNT(fields));
    }
}

static int dial(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, socket_path);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        fail("cannot connect");
    return fd;
}

static int request_send(unsigned number)
{
    const struct buf *request = &requests[number % REPORT_COUNT];
    int fd = dial();

    if (send(fd, request->data, request->len, MSG_NOSIGNAL) != (ssize_t)request->len)
        fail("cannot send");
    return fd;
}

/* Read the answer and close. Return: was it a quote? */
static bool response_take(int fd)
{
    uint8_t answer[64 * 1024];
    size_t len = 0;
    ssize_t n;

    while (len < quote_size && (n = recv(fd, answer + len, sizeof(answer) - len, 0)) > 0)
        len += (size_t)n;
    close(fd);
    return len > quote_size;
}

static struct rate full_load(void)
{
    int64_t begin = clock_monotonic_us(), now = begin;
    double cpu_us = helper_cpu_us();
    struct rate rate;
    int fds[IN_FLIGHT];
    unsigned sent = 0, done = 0;

    for (unsigned i = 0; i < IN_FLIGHT; i++)
        fds[i] = request_send(sent++);
    while (now - begin < FULL_LOAD_US) {
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            if (!response_take(fds[i]))
                fail("no quote");
            done++;
            fds[i] = request_send(sent++);
        }
        now = clock_monotonic_us();
    }
    rate.per_s = (double)done * US_PER_S / (double)(now - begin);
    rate.per_cpu_s = (double)done * US_PER_S / (helper_cpu_us() - cpu_us);
    for (unsigned i = 0; i < IN_FLIGHT; i++)
        response_take(fds[i]);
    return rate;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUND_COUNT, sizeof(values[0]), by_value);
    return values[ROUND_COUNT / 2];
}

/* Signing and quoting in turn, so that a neighbour's load falls on both. Return: quotes a second.
 */
static double ratio_measure(void)
{
    double ratios[ROUND_COUNT], cpu_ratios[ROUND_COUNT], signs[ROUND_COUNT], rates[ROUND_COUNT];

    for (size_t i = 0; i < ROUND_COUNT; i++) {
        struct rate sign = sign_rate(), quote = full_load();

        signs[i] = sign.per_s;
        rates[i] = quote.per_s;
        ratios[i] = quote.per_s / sign.per_s;
        cpu_ratios[i] = quote.per_cpu_s / sign.per_cpu_s;
    }
    note("quote.signatures_per_second", median(signs), "1/s");
    note("quote.per_second", median(rates), "1/s");
    note("quote.per_wall_second_ratio", median(ratios), "ratio");
    figure("quote.per_second_ratio", median(cpu_ratios), "ratio", 0.5, true);
    return rates[ROUND_COUNT / 2];
}

/* Requests leave at fixed times, however many answers are outstanding; the latency counts from when
 * one should have left. */
static double half_load_p99_ms(double rate)
{
    static double latency[LATENCY_MAX];
    static int64_t due_at[CONNECTIONS_MAX];
    struct pollfd open[CONNECTIONS_MAX];
    double interval_us = US_PER_S / (rate / 2);
    int64_t begin = clock_monotonic_us(), now = begin;
    struct timespec wait = {0};
    size_t sent = 0, count = 0, opened = 0;

    while (now - begin < HALF_LOAD_US && count < LATENCY_MAX) {
        int64_t due = begin + (int64_t)((double)sent * interval_us);

        if (now >= due && opened < CONNECTIONS_MAX) {
            due_at[opened] = due;
            open[opened++] =
                (struct pollfd){.fd = request_send((unsigned)sent++), .events = POLLIN};
        }
        due = begin + (int64_t)((double)sent * interval_us);
        wait.tv_nsec = MAX(due - clock_monotonic_us(), (int64_t)0) * 1000;
        ppoll(open, opened, &wait, NULL);
        now = clock_monotonic_us();
        for (size_t i = 0; i < opened;) {
            if (!open[i].revents) {
                i++;
                continue;
            }
            if (!response_take(open[i].fd))
                fail("no quote");
            latency[count++] = (double)(clock_monotonic_us() - due_at[i]) / 1000;
            open[i] = open[--opened];
            due_at[i] = due_at[opened];
        }
    }
    while (opened > 0)
        response_take(open[--opened].fd);
    qsort(latency, count, sizeof(latency[0]), by_value);
    return latency[count * 99 / 100];
}

static atomic_uint honest_left, honest_failures;
static atomic_bool stop;

static void *honest_main(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;

    for (unsigned i = 0; i < HONEST_QUOTES; i++) {
        if (!response_take(request_send(number * HONEST_QUOTES + i)))
            honest_failures++;
    }
    honest_left--;
    return NULL;
}

static void hostile_act(unsigned kind, unsigned round)
{
    const struct buf *request = &requests[round % REPORT_COUNT];
    int fd = dial();

    if (kind == 0) { /* half-open */
        usleep(500000);
    } else if (kind == 1) { /* slow */
        for (size_t i = 0; i < 50 && !stop; i++) {
            if (send(fd, request->data + i, 1, MSG_NOSIGNAL) < 0)
                break;
            usleep(10000);
        }
    } else if (kind == 2) { /* garbage */
        uint8_t garbage[4000];

        memset(garbage, (int)round, sizeof(garbage));
        if (send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL) < 0)
            usleep(1000);
    } else if (kind == 3) { /* deaf: asks and does not read */
        if (send(fd, request->data, request->len, MSG_NOSIGNAL) > 0)
            usleep(200000);
    } else if (send(fd, request->data, request->len / 2, MSG_NOSIGNAL) > 0) { /* leaves half way */
        usleep(1000);
    }
    close(fd);
}

static void *hostile_main(void *argument)
{
    unsigned kind = (unsigned)(uintptr_t)argument % 5;

    for (unsigned round = 0; !stop; round++)
        hostile_act(kind, round);
    return NULL;
}

static double crowd_peak_mib(void)
{
    pthread_t threads[HONEST_COUNT + HOSTILE_COUNT];
    double peak = 0;

    honest_left = HONEST_COUNT;
    for (uintptr_t i = 0; i < HOSTILE_COUNT; i++)
        pthread_create(&threads[HONEST_COUNT + i], NULL, hostile_main, (void *)i);
    for (uintptr_t i = 0; i < HONEST_COUNT; i++)
        pthread_create(&threads[i], NULL, honest_main, (void *)i);
    while (honest_left > 0) {
        peak = MAX(peak, helper_mib());
        usleep(10000);
    }
    stop = true;
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    if (honest_failures > 0)
        fail("an honest client got no quote");
    return peak;
}

static void helper_stop(void)
{
    char command[128];
    int status;

    kill(helper, SIGTERM);
    waitpid(helper, &status, 0);
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    if (system(command) != 0)
        fprintf(stderr, "bench/quote: %s is left\n", directory);
}

int main(void)
{
    const char *build = getenv("COFFER_BUILD_ROOT");
    double idle, rate;

    if (!build || !mkdtemp(directory))
        fail("COFFER_BUILD_ROOT is not set");
    snprintf(socket_path, sizeof(socket_path), "%s/aesm.socket", directory);
    pin(0);
    prctl(PR_SET_TIMERSLACK, 1);
    helper_start(build);
    requests_make();
    sleep(1);
    idle = helper_mib();
    rate = ratio_measure();
    figure("quote.p99_half_load_ms", half_load_p99_ms(rate), "ms", 5, false);
    figure("quote.rss_idle_mib", idle, "MiB", 6, false);
    figure("quote.rss_200_clients_mib", crowd_peak_mib(), "MiB", 16, false);
    helper_stop();
    return 0;
}
