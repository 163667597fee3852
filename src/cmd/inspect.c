/* SPDX-License-Identifier: Apache-2.0 */
/* coffer inspect: what is in a quote, a certificate, a CRL or a piece of collateral. */
#include "cmd/inspect.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/options.h"
#include "cmd/commands.h"

struct arguments {
    const char *path;
    bool bytes;
    bool json;
};

static int arguments_run(const struct arguments *args, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(INSPECT_SIZE_MAX);
    CLEANUP(buf_done) struct buf out = buf_init(ACCOUNT_SIZE_MAX);
    struct account a;
    int r = fd_read_file(args->path, &file, err);

    if (r < 0)
        return r;
    a = account_of(&out, args->json, args->bytes, buf_span(&file));
    r = inspect_any(&a, buf_span(&file), err);
    if (r < 0)
        return err_wrap(err, "%s", args->path);
    r = fd_write_all(STDOUT_FILENO, buf_span(&out));
    return r < 0 ? err_set(err, r, "write the account: %s", strerror(-r)) : 0;
}

int cmd_inspect(int argc, char **argv)
{
    struct arguments a = {0};
    /* clang-format off */
    const struct option_row rows[] = {
        {"bytes", NULL, NULL, &a.bytes, "with the offset and size of every field", false},
        {"json", NULL, NULL, &a.json, "the account as one JSON object", false},
        {0},
    };
    /* clang-format on */
    const struct options options = {
        .command = "inspect",
        .usage = "[OPTIONS] FILE",
        .summary = "Show what is in a quote, certificate, CRL, TCB info or identity.",
        .rows = rows,
        .notes = "FILE is known by its content: raw, PEM, DER, JSON, hex or base64; - is standard "
                 "input.\nNothing is verified: coffer verify does that.",
    };
    struct err err = {0};
    int first;

    switch (options_parse(&options, argc, argv, &first)) {
    case OPTIONS_HELP:
        return EXIT_YES;
    case OPTIONS_FAILED:
        return EXIT_UNDECIDED;
    case OPTIONS_PARSED:
        break;
    }
    if (argc - first != 1)
        return options_misuse(&options, "one FILE is needed, %d were given", argc - first);
    a.path = argv[first];
    return arguments_run(&a, &err) < 0 ? options_fail(&options, &err) : EXIT_YES;
}
