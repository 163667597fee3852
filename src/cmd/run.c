/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer run: an enclave application on the software platform.
 *
 * A state directory is a node: it has a secret and an EPC. The command gets libcoffer-sgx.so before
 * all other libraries, and in its environment the secret's directory and the socket of the node's
 * EPC ledger.
 *
 * The ledger has to be one for all commands of a directory, and no daemon should be needed for
 * that. The first command forks the ledger's server, which ends a second after its last client. A
 * file lock decides which of several commands that start at once is the first. `coffer run` itself
 * is a client for as long as its command runs, so that the server stays for a command whose
 * enclaves come late.
 *
 * A statically linked command would start without the library and see no SGX. It is started all
 * the same, since it may start dynamic programs, with a warning.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/install.h"
#include "base/options.h"
#include "base/size.h"
#include "cmd/commands.h"
#include "cmd/program.h"
#include "epc/server.h"
#include "platform/platform.h"
#include "software/secret.h"
#include "software/environment.h"

enum {
    LINGER_MS = 1000,          /* the ledger's server outlives its last client by this */
    EXIT_COMMAND_ABSENT = 127, /* as a shell says it */
    EXIT_COMMAND_NOT_RUN = 126,
    EXIT_SIGNAL_BASE = 128,
};

static const char *epc_text, *state_text, *tier = "auto", *overcommit_text = "page", *library_text,
                                          *cpuid_text;
static bool is_quiet;

static const struct option_row rows[] = {
    {.name = "epc",
     .value = "SIZE",
     .text = &epc_text,
     .help = "EPC of the node, e.g. 64Mi (default 168Mi)"},
    {.name = "epc-overcommit",
     .value = "MODE",
     .text = &overcommit_text,
     .help = "when it is full: page (default) or refuse"},
    {.name = "state",
     .value = "DIR",
     .text = &state_text,
     .help = "the node: its secret and ledger (default below $HOME)"},
    {.name = "tier",
     .value = "NAME",
     .text = &tier,
     .help = "how ENCLU is caught: auto, sigill, trap or call"},
    {.name = "cpuid",
     .value = "NAMES",
     .text = &cpuid_text,
     .help = "libraries whose CPUID tells of SGX too, or off"},
    {.name = "library",
     .value = "FILE",
     .text = &library_text,
     .help = "libcoffer-sgx.so (default: the installed one)"},
    {.name = "quiet", .flag = &is_quiet, .help = "do not say that nothing is protected"},
    {0},
};
static const struct options options = {
    .command = "run",
    .usage = "[OPTIONS] -- COMMAND [ARGUMENTS]",
    .summary = "Run an enclave application on the software SGX platform. It protects nothing:\n"
               "for development and tests only.",
    .rows = rows,
    .argument = "COMMAND",
    .notes = "Commands with the same --state are on one node: the same keys, one EPC.\n"
             "Exit status: the command's; 2 when it could not be started.",
    .stop_at_argument = true,
};

struct node {
    char state[PATH_SIZE];
    char secret[PATH_SIZE];
    char ledger[PATH_SIZE];
    char library[PATH_SIZE];
    uint64_t epc_size; /* bytes */
    enum epc_overcommit overcommit;
};

static int state_find(struct node *n, struct err *err)
{
    const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char dir[PATH_SIZE];

    if (state_text) {
        if (fd_make_dirs(state_text, 0700, err) < 0)
            return err->code;
        return realpath(state_text, n->state) ? 0 : err_errno(err, "--state=%s", state_text);
    }
    if (base && base[0] == '/')
        snprintf(dir, sizeof(dir), "%s", base);
    else if (home && home[0] == '/')
        snprintf(dir, sizeof(dir), "%s/.local/state", home);
    else
        return err_set(err, -ENOENT, "no $HOME: name a directory with --state");
    if (path_join(dir, "coffer", n->state, err) < 0)
        return err->code;
    return fd_make_dirs(n->state, 0700, err);
}

static int library_find(struct node *n, struct err *err)
{
    int r;

    if (library_text)
        return realpath(library_text, n->library) ? 0
                                                  : err_errno(err, "--library=%s", library_text);
    r = install_find("libcoffer-sgx.so", n->library, err);
    return r < 0 ? err_wrap(err, "name the software platform's library with --library") : 0;
}

static int node_prepare(struct node *n, struct err *err)
{
    struct software_secret secret;
    int r = state_find(n, err);

    if (r < 0)
        return r;
    r = path_join(n->state, "platform", n->secret, err);
    if (r < 0)
        return r;
    r = path_join(n->state, "ledger.sock", n->ledger, err);
    if (r < 0)
        return r;
    r = software_secret_load_or_create(n->secret, &secret, err);
    software_secret_wipe(&secret);
    if (r < 0)
        return r;
    r = library_find(n, err);
    if (r < 0)
        return r;
    n->epc_size = PLATFORM_SOFTWARE_EPC_DEFAULT;
    return epc_text ? size_parse(epc_text, &n->epc_size, err) : 0;
}

/* The ledger's server */

struct serving {
    struct loop *loop;
    struct loop_timer *timer;
    struct epc_server *server;
};

static void on_linger(void *userdata)
{
    struct serving *s = userdata;

    if (epc_server_client_count(s->server) == 0)
        loop_stop(s->loop);
    loop_timer_arm(s->timer, LINGER_MS);
}

/* In a process of its own. Closing @ready_fd tells the parent that the socket is there. The lock's
 * descriptor must be closed here: a lock lasts as long as any copy of its descriptor is open. */
static _Noreturn void ledger_serve(const struct node *n, int ready_fd, int lock_fd)
{
    struct serving s = {0};
    struct err err = {0};

    close(lock_fd);
    setsid();
    signal(SIGPIPE, SIG_IGN);
    if (loop_new(&s.loop, &err) < 0 || loop_timer_new(s.loop, on_linger, &s, &s.timer, &err) < 0 ||
        epc_server_new(s.loop, n->ledger, n->epc_size, n->overcommit, &s.server, &err) < 0) {
        options_fail(&options, &err);
        _exit(EXIT_UNDECIDED);
    }
    close(ready_fd);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    loop_timer_arm(s.timer, LINGER_MS);
    if (loop_run(s.loop, &err) < 0)
        _exit(EXIT_UNDECIDED);
    epc_server_free(s.server);
    _exit(EXIT_YES);
}

/* Holding a connection keeps the server alive. Return: the descriptor, or negative errno. */
static int ledger_connect(const struct node *n, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (strlen(n->ledger) >= sizeof(address.sun_path))
        return err_set(err, -ENAMETOOLONG, "%s: a socket path holds at most %zu bytes", n->ledger,
                       sizeof(address.sun_path) - 1);
    strcpy(address.sun_path, n->ledger);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return err_errno(err, "EPC ledger %s", n->ledger);
    return TAKE_FD(fd);
}

static int ledger_start(const struct node *n, int lock_fd, struct err *err)
{
    CLEANUP(fd_closep) int reading = -1;
    int ends[2];
    char byte;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, "pipe");
    reading = ends[0];
    pid = fork();
    if (pid == 0)
        ledger_serve(n, ends[1], lock_fd);
    close(ends[1]);
    if (pid < 0)
        return err_errno(err, "fork");
    while (read(reading, &byte, 1) < 0 && errno == EINTR)
        ;
    return 0;
}

/* One of several commands that start at once makes the server; a lock decides which. */
static int ledger_join(const struct node *n, struct err *err)
{
    CLEANUP(fd_closep) int lock = -1;
    char path[PATH_SIZE];
    int fd;

    if (path_join(n->state, "ledger.lock", path, err) < 0)
        return err->code;
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) < 0)
        return err_errno(err, "%s", path);
    fd = ledger_connect(n, err);
    if (fd == -ENOENT || fd == -ECONNREFUSED) {
        int r = ledger_start(n, lock, err);

        if (r < 0)
            return r;
        fd = ledger_connect(n, err);
    }
    return fd;
}

/* The command */

static int environment_set(const struct node *n, struct err *err)
{
    const char *before = getenv("LD_PRELOAD");
    char preload[2 * PATH_SIZE];

    if (snprintf(preload, sizeof(preload), "%s%s%s", n->library, before && *before ? ":" : "",
                 before ? before : "") >= (int)sizeof(preload))
        return err_set(err, -E2BIG, "LD_PRELOAD is too long");
    if (setenv("LD_PRELOAD", preload, 1) < 0 || setenv(SOFTWARE_ENV_SECRET, n->secret, 1) < 0 ||
        setenv(SOFTWARE_ENV_LEDGER, n->ledger, 1) < 0 || setenv(SOFTWARE_ENV_TIER, tier, 1) < 0 ||
        (cpuid_text && setenv(SOFTWARE_ENV_CPUID, cpuid_text, 1) < 0))
        return err_errno(err, "environment");
    return 0;
}

static int command_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return EXIT_UNDECIDED;
    return WIFSIGNALED(status) ? EXIT_SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The terminal's signals go to the command as well; this process only waits for it. */
static int command_run(char **argv)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[0], argv);
        fprintf(stderr, "coffer run: %s: %s\n", argv[0], strerror(errno));
        _exit(errno == ENOENT ? EXIT_COMMAND_ABSENT : EXIT_COMMAND_NOT_RUN);
    }
    if (pid < 0)
        return EXIT_UNDECIDED;
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    return command_wait(pid);
}

static bool words_check(void)
{
    static const char *const tiers[] = {"auto", "sigill", "trap", "call"};
    bool is_tier = false;

    for (size_t i = 0; i < ARRAY_COUNT(tiers); i++)
        is_tier = is_tier || strcmp(tier, tiers[i]) == 0;
    if (!is_tier)
        options_misuse(&options, "--tier=%s: auto, sigill, trap or call", tier);
    else if (strcmp(overcommit_text, "page") != 0 && strcmp(overcommit_text, "refuse") != 0)
        options_misuse(&options, "--epc-overcommit=%s: page or refuse", overcommit_text);
    else
        return true;
    return false;
}

int cmd_run(int argc, char **argv)
{
    static struct node node;
    struct err err = {0};
    int first, status, ledger;

    status = options_parse(&options, argc, argv, &first);
    if (status >= 0)
        return status;
    if (!words_check())
        return EXIT_UNDECIDED;
    node.overcommit = strcmp(overcommit_text, "refuse") == 0 ? EPC_REFUSE : EPC_PAGE;
    if (node_prepare(&node, &err) < 0)
        return options_fail(&options, &err);
    ledger = ledger_join(&node, &err);
    if (ledger < 0 || environment_set(&node, &err) < 0)
        return options_fail(&options, &err);
    if (!is_quiet)
        fputs("coffer run: this protects nothing: development and tests only (--quiet hides it)\n",
              stderr);
    if (program_is_static(argv[first]))
        fprintf(stderr,
                "coffer run: warning: %s is statically linked: it sees no SGX, only dynamically "
                "linked programs that it starts do\n",
                argv[first]);
    return command_run(argv + first);
}
