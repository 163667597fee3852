/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of commands. A light command is a function of this program; a service is an executable
 * of its own, coffer-NAME, that takes this process over, so that each process pays only for the
 * libraries that it links.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/install.h"
#include "base/options.h"
#include "cmd/commands.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* NULL: a service */
    const char *summary;
};

/* One row a line: clang-format would fold long rows, and two new commands would then conflict. */
/* clang-format off */
static const struct command commands[] = {
    {"node", NULL, "the node agent: EPC as a resource, the device in the right pods"},
    {"doctor", cmd_doctor, "is this node ready for enclaves? each check with its remedy"},
    {"verify", cmd_verify, "decide offline whether a quote can be trusted, and say why"},
    {"inspect", cmd_inspect, "show what is in a quote, certificate, CRL or collateral"},
    {"run", cmd_run, "run an enclave application on the software SGX platform"},
    {"measure", cmd_measure, "the MRENCLAVE of an enclave"},
    {"sign", cmd_sign, "sign an enclave so that it can be loaded"},
    {"quote", cmd_quote, "a quote of this node's quote service for an enclave's report"},
    {"quote-helper", NULL, "quotes for every pod of this node: the AESM-compatible service"},
    {0},
};
/* clang-format on */

static void help_print(FILE *to)
{
    fputs("Usage: coffer COMMAND [OPTIONS] [ARGUMENTS]\n\n"
          "Confidential computing nodes for any Kubernetes.\n\nCommands:\n",
          to);
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  %-14s %s\n", c->name, c->summary);
    fputs("\ncoffer COMMAND --help explains one; coffer --version names this build.\n"
          "Exit status: 0 yes, 1 no, 2 could not tell.\n",
          to);
}

static int service_execute(const char *name, char **argv)
{
    char program[64], path[PATH_SIZE];
    struct err err = {0};

    snprintf(program, sizeof(program), "coffer-%s", name);
    if (install_find(program, path, &err) == 0) {
        execv(path, argv);
        err_errno(&err, "start %s", path);
    }
    fprintf(stderr, "coffer %s: %s\n", name, err.text);
    return EXIT_UNDECIDED;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";

    if (strcmp(name, "--version") == 0) {
        puts("coffer " COFFER_VERSION);
        return EXIT_YES;
    }
    if (strcmp(name, "--help") == 0) {
        help_print(argc > 1 ? stdout : stderr);
        return argc > 1 ? EXIT_YES : EXIT_UNDECIDED;
    }
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c->run ? c->run(argc - 1, argv + 1) : service_execute(name, argv + 1);
    fprintf(stderr, "coffer: no command \"%s\" (see coffer --help)\n", name);
    return EXIT_UNDECIDED;
}
