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
    const struct option_row rows[] = {
        {.name = "bytes", .flag = &a.bytes, .help = "with the offset and size of every field"},
        {.name = "json", .flag = &a.json, .help = "the account as one JSON object"},
        {0},
    };
    const struct options options = {
        .command = "inspect",
        .usage = "[OPTIONS] FILE",
        .summary = "Show what is in a quote, certificate, CRL, TCB info or identity.",
        .rows = rows,
        .argument = "FILE",
        .notes = "FILE is known by its content, in every form that coffer verify reads; - is "
                 "standard input.\nNothing is verified: coffer verify does that.",
    };
    struct err err = {0};
    int first, status;

    status = options_parse(&options, argc, argv, &first);
    if (status >= 0)
        return status;
    a.path = argv[first];
    return arguments_run(&a, &err) < 0 ? options_fail(&options, &err) : EXIT_YES;
}
