/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of rows is the whole truth about a command's options: the parser, --help and every
 * message read it, so an option cannot be understood and undocumented. There are long options only.
 * They are easier to read in scripts and manifests, and getopt_long() would add abbreviations,
 * which turn a new option into a change of meaning of old command lines.
 *
 * Arguments gather at the end of argv: after the parse, argv[first..argc-1] are the arguments in
 * their order, and no memory was allocated. `coffer run` stops at its first argument, because all
 * later words belong to the command that it starts.
 *
 * Messages go to standard error and name the command. The exit status of a misuse is that of "could
 * not tell", so a script that asks "accepted?" or "ready?" cannot take a typing error for an
 * answer.
 */
#include "base/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/span.h"

enum {
    COLUMNS = 80,     /* of --help */
    HELP_COLUMN = 26, /* where the explanations start */
};

static const char *log_levels;
static const char *log_format;

static const struct option_row common_rows[] = {
    {.name = "log",
     .value = "LEVELS",
     .text = &log_levels,
     .help = "what to log, e.g. warn,kubelet=debug (default info)"},
    {.name = "log-format",
     .value = "FORMAT",
     .text = &log_format,
     .help = "logfmt (default) or json"},
    {0},
};

/*
 * Prints @text as one paragraph, which begins at @column of a line: lines are broken between words
 * so that they fit COLUMNS, and continued at @indent. The text's own line ends are blanks.
 */
static void words_print(const char *text, int column, int indent)
{
    for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
        int len = (int)strcspn(text, " \n");

        if (column > indent && column + 1 + len > COLUMNS) {
            printf("\n%*s", indent, "");
            column = indent;
        }
        column += printf("%s%.*s", column > indent ? " " : "", len, text);
        text += len;
    }
    putchar('\n');
}

static void row_print(const struct option_row *row)
{
    const char *open = row->is_optional ? "[=" : "=";
    int n = printf("  --%s%s%s%s", row->name, row->value ? open : "", row->value ? row->value : "",
                   row->value && row->is_optional ? "]" : "");

    printf("%s%*s", n >= HELP_COLUMN ? "\n" : "", n >= HELP_COLUMN ? HELP_COLUMN : HELP_COLUMN - n,
           "");
    words_print(row->help, HELP_COLUMN, HELP_COLUMN);
}

static void help_print(const struct options *o)
{
    int n = printf("Usage: coffer %s ", o->command);

    words_print(o->usage, n, n);
    putchar('\n');
    words_print(o->summary, 0, 0);
    printf("\nOptions:\n");
    for (const struct option_row *row = o->rows; row && row->name; row++)
        row_print(row);
    for (const struct option_row *row = common_rows; row->name; row++)
        row_print(row);
    printf("  -h, --help%*sthis text\n", HELP_COLUMN - 12, "");
    if (o->notes) {
        putchar('\n');
        words_print(o->notes, 0, 0);
    }
}

static const struct option_row *row_find(const struct option_row *rows, struct span name)
{
    for (; rows && rows->name; rows++)
        if (span_equal_str(name, rows->name))
            return rows;
    return NULL;
}

/* Applies argv[i]. Return: how many words it took, 0 after a message. */
static int word_apply(const struct options *o, int i, int argc, char **argv)
{
    const char *text = argv[i] + 2;
    const char *equals = strchr(text, '=');
    struct span name = span_of(text, equals ? (size_t)(equals - text) : strlen(text));
    const struct option_row *row = row_find(o->rows, name);

    if (!row)
        row = row_find(common_rows, name);
    if (!row) {
        options_misuse(o, "unknown option \"--%.*s\"", (int)name.len, text);
        return 0;
    }
    if (row->flag)
        *row->flag = true;
    if (!row->value && equals) {
        options_misuse(o, "--%s takes no value", row->name);
        return 0;
    }
    if (!row->value || (row->is_optional && !equals))
        return 1;
    if (!equals && i + 1 >= argc) {
        options_misuse(o, "--%s needs a value (%s)", row->name, row->value);
        return 0;
    }
    *row->text = equals ? equals + 1 : argv[i + 1];
    return equals ? 1 : 2;
}

/*
 * Reads the words from argv[1] on; arguments gather at argv[1..]. Return: how many there are, -1
 * after a message. *help is set when --help is met.
 */
static int words_read(const struct options *o, int argc, char **argv, bool *help)
{
    bool only_arguments = false;
    int count = 0;

    for (int i = 1; i < argc; i++) {
        bool is_option = !only_arguments && argv[i][0] == '-' && argv[i][1];
        int taken;

        if (!is_option) {
            only_arguments = only_arguments || o->stop_at_argument;
            argv[1 + count++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_arguments = true;
            continue;
        }
        *help = strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
        if (*help)
            return count;
        if (argv[i][1] != '-') {
            options_misuse(o, "unknown option \"%s\"", argv[i]);
            return -1;
        }
        taken = word_apply(o, i, argc, argv);
        if (!taken)
            return -1;
        i += taken - 1;
    }
    return count;
}

/* Return: -1; EXIT_UNDECIDED after a message when @count arguments are not what @o takes. */
static int arguments_check(const struct options *o, int count, char **arguments)
{
    if (!o->argument)
        return count ? options_misuse(o, "unexpected argument \"%s\"", arguments[0]) : -1;
    if (count == 1 || (count > 1 && o->stop_at_argument))
        return -1;
    return options_misuse(o, "one %s is needed, %d were given", o->argument, count);
}

int options_parse(const struct options *o, int argc, char **argv, int *ret_first)
{
    struct err err = {0};
    bool help = false;
    int count = words_read(o, argc, argv, &help);

    if (help) {
        help_print(o);
        return EXIT_YES;
    }
    if (count < 0)
        return EXIT_UNDECIDED;
    if (log_configure(log_levels, log_format, &err) < 0)
        return options_misuse(o, "%s", err.text);
    *ret_first = argc - count;
    memmove(argv + *ret_first, argv + 1, (size_t)count * sizeof(*argv));
    return arguments_check(o, count, argv + *ret_first);
}

int options_misuse(const struct options *o, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "coffer %s: ", o->command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (see coffer %s --help)\n", o->command);
    return EXIT_UNDECIDED;
}

int options_fail(const struct options *o, const struct err *err)
{
    fprintf(stderr, "coffer %s: %s\n", o->command, err->text);
    return EXIT_UNDECIDED;
}
