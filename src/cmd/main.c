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
    {"new", cmd_new, "an enclave project that builds, to start from"},
    {"measure", cmd_measure, "the MRENCLAVE of an enclave"},
    {"sign", cmd_sign, "sign an enclave so that it can be loaded"},
    {"quote", cmd_quote, "a quote of this node's quote service for an enclave's report"},
    {"collateral", NULL, "collateral for verifiers, as a drop-in for Intel's PCCS"},
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
    fputs("\ncoffer help COMMAND explains one, man coffer-COMMAND tells all of it;\n"
          "coffer --version names this build.\n"
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

static bool is_one_of(const char *word, const char *long_name, const char *short_name)
{
    return strcmp(word, long_name) == 0 || strcmp(word, short_name) == 0;
}

static int command_run(const char *name, int argc, char **argv)
{
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c->run ? c->run(argc, argv) : service_execute(name, argv);
    fprintf(stderr, "coffer: no command \"%s\" (see coffer --help)\n", name);
    return EXIT_UNDECIDED;
}

int main(int argc, char **argv)
{
    static char help[] = "--help";
    const char *name = argc > 1 ? argv[1] : "";

    if (is_one_of(name, "--version", "-V")) {
        puts("coffer " COFFER_VERSION);
        return EXIT_YES;
    }
    if (argc > 2 && strcmp(name, "help") == 0)
        return command_run(argv[2], 2, (char *[]){argv[2], help, NULL});
    if (argc < 2 || strcmp(name, "help") == 0 || is_one_of(name, "--help", "-h")) {
        help_print(argc > 1 ? stdout : stderr);
        return argc > 1 ? EXIT_YES : EXIT_UNDECIDED;
    }
    return command_run(name, argc - 1, argv + 1);
}
