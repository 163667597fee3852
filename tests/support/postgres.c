/* SPDX-License-Identifier: Apache-2.0 */
#include "postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    NOBODY = 65534,
    WAIT_TRIES = 1000, /* looks at a server that starts or ends */
    WAIT_PAUSE_MS = 20,
    PATH_SIZE = 256,
};

/* Debian keeps each version's programs in a directory of its own; the newest comes last. */
static bool program_find(const char *name, char path[static PATH_SIZE])
{
    glob_t found;
    char pattern[PATH_SIZE];
    bool is_found;

    snprintf(pattern, sizeof(pattern), "/usr/lib/postgresql/*/bin/%s", name);
    if (glob(pattern, 0, NULL, &found) != 0)
        return false;
    is_found = found.gl_pathc > 0;
    if (is_found)
        snprintf(path, PATH_SIZE, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return is_found;
}

/* Run a program as an ordinary user, its output in DIRECTORY/log. It ends with this process. */
static pid_t program_start(const struct postgres_server *s, const char *const *arguments)
{
    char log_path[PATH_SIZE];
    pid_t pid = fork();
    int log_file;

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    snprintf(log_path, sizeof(log_path), "%s/log", s->directory);
    if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    log_file = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(log_file, STDOUT_FILENO);
    dup2(log_file, STDERR_FILENO);
    execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

/* The server writes its state into the last line of this file. */
static bool is_ready(const struct postgres_server *s)
{
    char path[PATH_SIZE], line[PATH_SIZE];
    bool is_found = false;
    FILE *file;

    snprintf(path, sizeof(path), "%s/data/postmaster.pid", s->directory);
    file = fopen(path, "r");
    if (!file)
        return false;
    while (fgets(line, sizeof(line), file))
        is_found = strncmp(line, "ready", 5) == 0;
    fclose(file);
    return is_found;
}

void postgres_server_up(struct postgres_server *s)
{
    char program[PATH_SIZE], data[PATH_SIZE];
    const char *arguments[] = {
        program, "-D",        data, "-k", s->directory, "-c", "listen_addresses=",
        "-c",    "fsync=off", NULL};

    assert_true(program_find("postgres", program));
    snprintf(data, sizeof(data), "%s/data", s->directory);
    s->pid = program_start(s, arguments);
    for (int i = 0; i < WAIT_TRIES && !is_ready(s); i++)
        usleep(WAIT_PAUSE_MS * 1000);
    assert_true(is_ready(s));
}

void postgres_server_down(struct postgres_server *s, int signal)
{
    if (s->pid == 0)
        return;
    kill(s->pid, signal);
    for (int i = 0; i < WAIT_TRIES && waitpid(s->pid, NULL, WNOHANG) == 0; i++)
        usleep(WAIT_PAUSE_MS * 1000);
    assert_int_equal(kill(s->pid, 0), -1);
    s->pid = 0;
}

bool postgres_server_make(struct postgres_server *s)
{
    char program[PATH_SIZE], data[PATH_SIZE];
    const char *arguments[] = {program, "-D", data,   "-U",         "coffer",    "-A",
                               "trust", "-E", "UTF8", "--locale=C", "--no-sync", NULL};
    int status;

    memset(s, 0, sizeof(*s));
    if (!program_find("initdb", program)) {
        print_message("skipped: PostgreSQL is not installed\n");
        return false;
    }
    strcpy(s->directory, "/tmp/coffer-test-pg-XXXXXX");
    assert_non_null(mkdtemp(s->directory));
    if (geteuid() == 0)
        assert_int_equal(chown(s->directory, NOBODY, NOBODY), 0);
    snprintf(data, sizeof(data), "%s/data", s->directory);
    assert_true(waitpid(program_start(s, arguments), &status, 0) > 0);
    assert_int_equal(status, 0);
    postgres_server_up(s);
    snprintf(s->target, sizeof(s->target), "host=%s user=coffer dbname=postgres", s->directory);
    return true;
}

void postgres_server_remove(struct postgres_server *s)
{
    char command[PATH_SIZE];

    if (!s->directory[0])
        return;
    postgres_server_down(s, SIGQUIT);
    snprintf(command, sizeof(command), "rm -r %s", s->directory);
    assert_int_equal(system(command), 0);
    s->directory[0] = '\0';
}
