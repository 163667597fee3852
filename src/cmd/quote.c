/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer quote: get a quote from the quote service, for scripts and to find out what is wrong.
 *
 * A quote needs a report, and a report is made inside an enclave. It comes from a file, or from the
 * report enclave that Coffer brings, which puts the caller's bytes into its report. That enclave
 * runs in a process of its own: on hardware directly, elsewhere under `coffer run`, and then on the
 * node whose quote helper is asked, since a report is only good for quoting enclaves with the same
 * secret.
 *
 * The service's refusal has an exit status of its own (1): a script can tell "this report gets no
 * quote" from "nobody could be asked" (2).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aesm/client.h"
#include "base/fd.h"
#include "base/install.h"
#include "base/options.h"
#include "cmd/commands.h"
#include "codec/hex.h"
#include "platform/platform.h"
#include "sgx/arch.h"

#define DEFAULT_SOCKET "/var/run/aesmd/aesm.socket"
#define DEFAULT_STATE  "/var/lib/coffer"
#define NODE_SECRET    "platform/secret" /* in the state of the node that the helper serves */
#define REPORT_PROGRAM "coffer-report"
#define REPORT_ENCLAVE "report.signed"

enum {
    QUOTE_FILE_MODE = 0644,
    QUOTE_SIZE_MAX_HERE = 64 * 1024,
    DEADLINE_MAX_S = 24 * 60 * 60,
};

static const char *report_path, *report_data, *target_path, *out_path = "-";
static const char *deadline = "60";
static const char *via = DEFAULT_SOCKET, *enclave_path, *state_dir;

static const struct option_row rows[] = {
    {.name = "report",
     .value = "FILE",
     .text = &report_path,
     .help = "the enclave's report, 432 bytes"},
    {.name = "report-data",
     .value = "HEX",
     .text = &report_data,
     .help = "let the report enclave bind these bytes, 64 at most"},
    {.name = "enclave",
     .value = "FILE",
     .text = &enclave_path,
     .help = "with --report-data: another build of the report enclave"},
    {.name = "state",
     .value = "DIR",
     .text = &state_dir,
     .help = "with --report-data, without hardware: the helper's state (" DEFAULT_STATE ")"},
    {.name = "target-info",
     .value = "FILE",
     .text = &target_path,
     .help = "only write the target info that a report is made for"},
    {.name = "via",
     .value = "SOCKET",
     .text = &via,
     .help = "the quote service's socket (" DEFAULT_SOCKET ")"},
    {.name = "deadline",
     .value = "SECONDS",
     .text = &deadline,
     .help = "give up after this time in all (60)"},
    {.name = "out",
     .value = "FILE",
     .text = &out_path,
     .help = "write the quote there (standard output)"},
    {0},
};

static const struct options options = {
    .command = "quote",
    .usage = "--report FILE | --report-data HEX | --target-info FILE",
    .summary = "Get a quote for an enclave's report from this node's quote service.",
    .rows = rows,
    .notes = "Exit status: 0 the quote is written, 1 the service refused, 2 it could not be asked.",
};

/* The deadline holds for everything: the service, the report enclave, a file that is a pipe. */

static pid_t report_child; /* 0: none runs */

static void on_deadline(int signal_number)
{
    static const char text[] = "coffer quote: not done by the deadline (--deadline)\n";

    (void)signal_number;
    if (report_child > 0)
        kill(report_child, SIGKILL);
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        _exit(EXIT_UNDECIDED);
    _exit(EXIT_UNDECIDED);
}

/* Return: whether --deadline can be. */
static bool deadline_start(void)
{
    char *end = NULL;
    unsigned long seconds = strtoul(deadline, &end, 10);

    if (deadline[0] < '0' || deadline[0] > '9' || *end || seconds < 1 || seconds > DEADLINE_MAX_S)
        return false;
    signal(SIGALRM, on_deadline);
    alarm((unsigned)seconds);
    return true;
}

static void progress(const char *text)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "coffer quote: %s\n", text);
}

/* Does an enclave run here as it is: hardware, or a container with the software platform loaded? */
static bool has_enclaves(void)
{
    const struct platform_options probe = {.choice = PLATFORM_HARDWARE_ONLY};
    const char *preload = getenv("LD_PRELOAD");
    struct platform *platform = NULL;
    bool ready;

    if (preload && strstr(preload, "libcoffer-sgx.so"))
        return true;
    if (platform_new(&probe, &platform, NULL) < 0)
        return false;
    ready = platform_is_ready(platform_info(platform));
    platform_free(platform);
    return ready;
}

/* --state for `coffer run`, so that report and helper are of one node. NULL: its own default. */
static const char *state_word(char word[static PATH_SIZE])
{
    char secret[PATH_SIZE];

    snprintf(secret, sizeof(secret), "%s/%s", DEFAULT_STATE, NODE_SECRET);
    if (!state_dir && access(secret, R_OK) != 0)
        return NULL;
    snprintf(word, PATH_SIZE, "--state=%s", state_dir ? state_dir : DEFAULT_STATE);
    return word;
}

/* In the child: become the report program. */
_Noreturn static void report_exec(const char *program, const char *enclave)
{
    char word[PATH_SIZE];
    const char *state = state_word(word);

    if (has_enclaves())
        execl(program, program, enclave, (char *)NULL);
    else if (state)
        execl("/proc/self/exe", "coffer", "run", "--quiet", state, "--", program, enclave,
              (char *)NULL);
    else
        execl("/proc/self/exe", "coffer", "run", "--quiet", "--", program, enclave, (char *)NULL);
    fprintf(stderr, "coffer quote: cannot start %s: %s\n", program, strerror(errno));
    _exit(EXIT_UNDECIDED);
}

struct pipes {
    int to_child[2];
    int from_child[2];
};

static void pipes_done(struct pipes *p)
{
    for (size_t i = 0; i < 2; i++) {
        p->to_child[i] = fd_close(p->to_child[i]);
        p->from_child[i] = fd_close(p->from_child[i]);
    }
}

static int child_start(struct pipes *p, const char *program, const char *enclave, pid_t *ret,
                       struct err *err)
{
    *ret = fork();
    if (*ret < 0)
        return err_errno(err, "start %s", program);
    if (*ret == 0) {
        dup2(p->to_child[0], STDIN_FILENO);
        dup2(p->from_child[1], STDOUT_FILENO);
        pipes_done(p);
        report_exec(program, enclave);
    }
    report_child = *ret;
    p->to_child[0] = fd_close(p->to_child[0]);
    p->from_child[1] = fd_close(p->from_child[1]);
    return 0;
}

static int report_read(int fd, uint8_t report[static SGX_REPORT_SIZE])
{
    size_t len = 0;

    while (len < SGX_REPORT_SIZE) {
        ssize_t n = read(fd, report + len, SGX_REPORT_SIZE - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -EPIPE;
        len += (size_t)n;
    }
    return 0;
}

/* Give the child target info and data, take its report and its status. */
static int child_ask(struct pipes *p, pid_t child, struct span message,
                     uint8_t report[static SGX_REPORT_SIZE], struct err *err)
{
    int status = 0, r = fd_write_all(p->to_child[1], message);

    p->to_child[1] = fd_close(p->to_child[1]);
    if (r == 0)
        r = report_read(p->from_child[0], report);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    report_child = 0;
    if (r == 0 && status == 0)
        return 0;
    return err_set(err, -ECHILD, "the report enclave gave no report (status %d)",
                   WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int report_by_enclave(const struct aesm_client *client, struct span data,
                             uint8_t report[static SGX_REPORT_SIZE], struct err *err)
{
    uint8_t message[SGX_TARGETINFO_SIZE + SGX_REPORT_DATA_SIZE] = {0};
    char program[PATH_SIZE], enclave[PATH_SIZE];
    CLEANUP(pipes_done)
    struct pipes p = {{-1, -1}, {-1, -1}};
    pid_t child;
    int r = install_find(REPORT_PROGRAM, program, err);

    if (r < 0)
        return r;
    r = enclave_path ? 0 : install_find(REPORT_ENCLAVE, enclave, err);
    if (r < 0)
        return r;
    r = aesm_client_target_info(client, message, err);
    if (r < 0)
        return r;
    memcpy(message + SGX_TARGETINFO_SIZE, data.data, data.len);
    if (pipe(p.to_child) < 0 || pipe(p.from_child) < 0)
        return err_errno(err, "pipe");
    progress("the report enclave makes a report");
    r = child_start(&p, program, enclave_path ? enclave_path : enclave, &child, err);
    return r < 0 ? r : child_ask(&p, child, span_of(message, sizeof(message)), report, err);
}

static int report_from_file(uint8_t report[static SGX_REPORT_SIZE], struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(SGX_REPORT_SIZE);
    int r = fd_read_file(report_path, &file, err);

    if (r < 0)
        return r;
    if (file.len != SGX_REPORT_SIZE)
        return err_set(err, -EMSGSIZE, "%s has %zu bytes, a report has %d", report_path, file.len,
                       SGX_REPORT_SIZE);
    memcpy(report, file.data, SGX_REPORT_SIZE);
    return 0;
}

static int report_get(const struct aesm_client *client, uint8_t report[static SGX_REPORT_SIZE],
                      struct err *err)
{
    CLEANUP(buf_done) struct buf data = buf_init(SGX_REPORT_DATA_SIZE);

    if (report_path)
        return report_from_file(report, err);
    if (hex_decode(span_str(report_data), &data) < 0)
        return err_set(err, -EINVAL, "--report-data is not up to %d bytes of hexadecimal digits",
                       SGX_REPORT_DATA_SIZE);
    return report_by_enclave(client, buf_span(&data), report, err);
}

static int output(struct span bytes, const char *path, struct err *err)
{
    int r;

    if (strcmp(path, "-") != 0)
        return fd_write_file(path, bytes, QUOTE_FILE_MODE, err);
    if (isatty(STDOUT_FILENO))
        return err_set(err, -EINVAL, "a quote is binary: redirect standard output or use --out");
    r = fd_write_all(STDOUT_FILENO, bytes);
    return r < 0 ? err_set(err, r, "standard output: %s", strerror(-r)) : 0;
}

static int target_info_get(const struct aesm_client *client, struct err *err)
{
    uint8_t target[AESM_TARGET_INFO_SIZE];
    int r = aesm_client_target_info(client, target, err);

    return r < 0 ? r : output(span_of(target, sizeof(target)), target_path, err);
}

static int quote_get(const struct aesm_client *client, struct err *err)
{
    CLEANUP(buf_done) struct buf quote = buf_init(QUOTE_SIZE_MAX_HERE);
    uint8_t report[SGX_REPORT_SIZE];
    int r = report_get(client, report, err);

    if (r < 0)
        return r;
    progress("the quote service makes a quote");
    r = aesm_client_quote(client, report, &quote, err);
    return r < 0 ? r : output(buf_span(&quote), out_path, err);
}

int cmd_quote(int argc, char **argv)
{
    struct aesm_client client = {
        .timeout_ms = AESM_CLIENT_TIMEOUT_MS,
        .retry_ms = AESM_CLIENT_RETRY_MS,
    };
    struct err err = {0};
    int first, status, r;

    status = options_parse(&options, argc, argv, &first);
    if (status >= 0)
        return status;
    if (!!report_path + !!report_data + !!target_path != 1)
        return options_misuse(&options,
                              "give exactly one of --report, --report-data and --target-info");

    if (!deadline_start())
        return options_misuse(&options, "--deadline=%s is not within 1 to %d", deadline,
                              DEADLINE_MAX_S);
    client.socket = via;
    r = target_path ? target_info_get(&client, &err) : quote_get(&client, &err);
    if (r == -EPROTO) {
        fprintf(stderr, "coffer quote: %s\n", err.text);
        return EXIT_NO;
    }
    return r < 0 ? options_fail(&options, &err) : EXIT_YES;
}
