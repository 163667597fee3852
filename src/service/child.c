/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child is a process with a timer. When it ends, the timer starts it again after a delay that
 * doubles with each early end, so that a service that cannot start costs little; a child that ran
 * steadily begins with the short delay again. The kernel ends the child when the parent ends
 * (PR_SET_PDEATHSIG), however that happens.
 */
#include "service/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/install.h"

#define LOG_AREA "child"
#include "base/log.h"

enum {
    TROUBLE_SIZE = 128, /* bytes */
};

struct child {
    const char *name;
    const char *arguments[CHILD_ARGUMENTS_MAX + 2]; /* name first, NULL last */
    char path[PATH_SIZE];
    struct loop_timer *timer;
    pid_t pid; /* 0: not running */
    int64_t started_ms;
    int64_t retry_ms;
    uint64_t starts;
    unsigned ends; /* in a row, none after CHILD_STEADY_MS */
    char trouble[TROUBLE_SIZE];
};

/* Only async-signal-safe calls. */
static void signals_reset(void)
{
    static const int handled[] = {SIGTERM, SIGINT, SIGCHLD, SIGPIPE};
    sigset_t none;

    for (size_t i = 0; i < ARRAY_COUNT(handled); i++)
        signal(handled[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t child_fork(void)
{
    pid_t parent = getpid(), pid;
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid != 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signals_reset();
    if (getppid() != parent)
        _exit(127);
    return 0;
}

static void child_start(void *userdata)
{
    struct child *c = userdata;

    c->started_ms = clock_monotonic_ms();
    c->starts++;
    c->pid = child_fork();
    if (c->pid == 0) {
        execv(c->path, (char *const *)(uintptr_t)c->arguments);
        _exit(127);
    }
    if (c->pid < 0) {
        c->pid = 0;
        snprintf(c->trouble, sizeof(c->trouble), "cannot start: %s", strerror(errno));
        log_error("cannot start", "service=%s reason=\"%s\"", c->name, strerror(errno));
        loop_timer_arm(c->timer, c->retry_ms);
        return;
    }
    log_info("started", "service=%s pid=%d", c->name, (int)c->pid);
}

void child_reap(struct child *c)
{
    int status = 0;

    if (!c->pid || waitpid(c->pid, &status, WNOHANG) == 0)
        return;
    c->pid = 0;
    if (clock_monotonic_ms() - c->started_ms > CHILD_STEADY_MS) {
        c->retry_ms = CHILD_RETRY_FIRST_MS;
        c->ends = 0;
    }
    snprintf(c->trouble, sizeof(c->trouble),
             "ended by itself, %s %d, %u times in a row; see its log",
             WIFSIGNALED(status) ? "signal" : "status",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), ++c->ends);
    log_warn("ended", "service=%s %s=%d next_ms=%lld", c->name,
             WIFSIGNALED(status) ? "signal" : "status",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), (long long)c->retry_ms);
    loop_timer_arm(c->timer, c->retry_ms);
    c->retry_ms = MIN(c->retry_ms * 2, (int64_t)CHILD_RETRY_LAST_MS);
}

int child_new(struct loop *loop, const char *name, const char *const *arguments, struct child **ret,
              struct err *err)
{
    struct child *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return err_set(err, -ENOMEM, "%s", name);
    c->name = name;
    c->retry_ms = CHILD_RETRY_FIRST_MS;
    c->arguments[0] = name;
    for (size_t i = 0; arguments[i] && i < CHILD_ARGUMENTS_MAX; i++)
        c->arguments[i + 1] = arguments[i];
    r = install_find(name, c->path, err);
    if (r == 0)
        r = loop_timer_new(loop, child_start, c, &c->timer, err);
    if (r < 0) {
        child_free(c);
        return r;
    }
    child_start(c);
    *ret = c;
    return 0;
}

void child_free(struct child *c)
{
    if (!c)
        return;
    if (c->pid)
        kill(c->pid, SIGTERM); /* child_reap_others() takes its status */
    loop_timer_free(c->timer);
    free(c);
}

void child_reap_others(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

const char *child_trouble(const struct child *c)
{
    bool is_proven = c->pid && clock_monotonic_ms() - c->started_ms >= CHILD_PROVEN_MS;

    return is_proven ? "" : c->trouble;
}

uint64_t child_starts(const struct child *c)
{
    return c->starts;
}
