/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/options.h: one table a command describes its options; parsing, the --help text and the
 * messages for misuse come from it. Long options only, as --name=value or --name value.
 */
#ifndef COFFER_BASE_OPTIONS_H
#define COFFER_BASE_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"

/** Exit statuses of every command: design contract */
enum {
    EXIT_YES = 0,       /* done, accepted, ready */
    EXIT_NO = 1,        /* refused, not ready */
    EXIT_UNDECIDED = 2, /* usage, unreadable input, unreachable service */
};

/** struct option_row - one option; a table ends with an all-zero row */
struct option_row {
    const char *name;  /* without the dashes */
    const char *value; /* the value's name in --help, e.g. "FILE"; NULL for a switch */
    const char **text; /* receives the value; for repeated use the last wins */
    bool *flag;        /* set true when the switch is given */
    const char *help;  /* one line */
    bool is_optional;  /* the value may be left out (only --name=value gives it then) */
};

struct options {
    const char *command; /* "verify" */
    const char *usage;   /* "[OPTIONS] QUOTE" */
    const char *summary; /* one sentence */
    const struct option_row *rows;
    const char *notes;     /* printed below the options; may be NULL */
    const char *argument;  /* the name of the one argument that is needed; NULL: there is none */
    bool stop_at_argument; /* options end at @argument, and any words follow it (coffer run) */
};

/**
 * options_parse() - parse argv[1..argc-1]; --help, -h, --log and --log-format work everywhere
 * @ret_first: index of the first argument that is not an option (== argc when there is none)
 *
 * Return: -1 when the command can start; otherwise the exit status to end with: EXIT_YES after the
 * text of --help on standard output, EXIT_UNDECIDED after a message on standard error.
 */
NODISCARD int options_parse(const struct options *o, int argc, char **argv, int *ret_first);

/** options_misuse() - print "coffer COMMAND: message" and the hint at --help
 *  Return: EXIT_UNDECIDED. */
PRINTF_LIKE(2, 3) int options_misuse(const struct options *o, const char *format, ...);

/** options_fail() - print "coffer COMMAND: reason"; Return: EXIT_UNDECIDED */
int options_fail(const struct options *o, const struct err *err);

#endif
