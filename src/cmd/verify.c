/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer verify: judge one quote offline, and say why.
 *
 * The command only collects: files become bytes, options become a policy, and verify_quote()
 * decides. Nothing is fetched and nothing is kept, so that the same files and the same --at give
 * the same verdict on every machine.
 *
 * The exit status separates "refused" (1) from "could not tell" (2). A script that tests for 0 is
 * right in both cases, and an operator can tell a bad quote from a mistyped path.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/options.h"
#include "cmd/commands.h"
#include "cmd/verify_batch.h"
#include "verify/ear.h"
#include "verify/verdict_text.h"

enum {
    REPORT_SIZE_MAX = 4 * 1024 * 1024, /* bytes of output */
};

/* Return: 1 coloured, 0 plain, -EINVAL for another word than auto, always and never. */
static int color_choose(const char *when)
{
    if (!when || strcmp(when, "auto") == 0)
        return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    if (strcmp(when, "always") == 0 || strcmp(when, "never") == 0)
        return when[0] == 'a';
    return -EINVAL;
}

static int verdict_print(const struct verify_arguments *a, const struct verdict *v, struct err *err)
{
    CLEANUP(buf_done) struct buf out = buf_init(REPORT_SIZE_MAX);
    int r;

    if (a->json) {
        verdict_json_render(v, true, &out);
        buf_put_u8(&out, '\n');
    } else {
        verdict_text_render(v, color_choose(a->color) > 0, a->all, &out);
    }
    r = buf_status(&out);
    if (r == 0)
        r = fd_write_all(STDOUT_FILENO, buf_span(&out));
    if (r < 0)
        return err_set(err, r, "write the report: %s", strerror(-r));
    if (!v->has_quote)
        fprintf(stderr, "coffer verify: %s: %s\n", a->argument,
                v->checks.check[CHECK_QUOTE_FORMAT].detail);
    return 0;
}

static int token_key_read(const char *path, struct ec_key **ret, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(EAR_KEY_SIZE_MAX);
    int r;

    if (!path)
        return 0;
    r = fd_read_file(path, &file, err);
    if (r < 0)
        return r;
    r = ear_key_parse(buf_span(&file), ret, err);
    explicit_bzero(file.data, file.len);
    return r < 0 ? err_wrap(err, "%s", path) : 0;
}

static int token_print(const struct verdict *v, struct ec_key *key, struct err *err)
{
    CLEANUP(buf_done) struct buf out = buf_init(EAR_TOKEN_SIZE_MAX);
    int r = ear_token_put(v, key, &out, err);

    if (r < 0)
        return r;
    buf_put_u8(&out, '\n');
    r = buf_status(&out);
    if (r == 0)
        r = fd_write_all(STDOUT_FILENO, buf_span(&out));
    return r < 0 ? err_set(err, r, "write the token: %s", strerror(-r)) : 0;
}

static int quote_run(const struct options *options, const struct verify_arguments *a,
                     const struct verify_session *session)
{
    CLEANUP(verdict_freep) struct verdict *verdict = NULL;
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    struct err err = {0};
    int r = token_key_read(a->token_key, &key, &err);

    if (r == 0)
        r = verify_session_judge(session, a->argument, &verdict, &err);
    if (r == 0)
        r = key ? token_print(verdict, key, &err) : verdict_print(a, verdict, &err);
    if (r < 0)
        return options_fail(options, &err);
    return verdict_is_accepted(verdict) ? EXIT_YES : EXIT_NO;
}

static int arguments_run(const struct options *options, const struct verify_arguments *a)
{
    struct verify_session session;
    struct err err = {0};
    int status;

    if (verify_session_open(a, a->batch ? 0 : 1, &session, &err) < 0)
        return options_fail(options, &err);
    status = a->batch ? verify_batch_run(options, &session, a->argument)
                      : quote_run(options, a, &session);
    verify_session_done(&session);
    return status;
}

/* Every name that can be expected is an option. */
static void expectation_options_add(struct verify_arguments *a, struct option_row *rows)
{
    const struct expectation_row *row;

    for (size_t i = 0; (row = expectation_row_at(i)); i++)
        rows[i] = (struct option_row){
            .name = row->name, .value = row->value, .text = &a->expected[i], .help = row->help};
}

int cmd_verify(int argc, char **argv)
{
    struct verify_arguments a = {0};
    const struct option_row own[] = {
        {.name = "collateral",
         .value = "FILE|DIR",
         .text = &a.collateral,
         .help = "TCB info, QE identity, CRLs and issuer chains: one JSON file, or a directory"},
        {.name = "at",
         .value = "TIME",
         .text = &a.at,
         .help = "judge as of this time (RFC 3339 or unix seconds; default now)"},
        {.name = "trust-root",
         .value = "FILE",
         .text = &a.trust_root,
         .help = "root certificate or public key to trust instead of Intel's"},
        {.name = "accept",
         .value = "STATUS,...",
         .text = &a.accept,
         .help = "acceptable TCB statuses (default UpToDate,SWHardeningNeeded)"},
        {.name = "allow-debug",
         .flag = &a.allow_debug,
         .help = "accept debug enclaves and debug TDs"},
        {.name = "grace",
         .value = "TIME",
         .text = &a.grace,
         .help = "accept TCB info, QE identity and CRLs that expired this long ago, "
                 "e.g. 7d (default 0)"},
        {.name = "skew",
         .value = "TIME",
         .text = &a.skew,
         .help = "accept what is valid only from this far ahead (default 300s)"},
        {.name = "color",
         .value = "WHEN",
         .text = &a.color,
         .help = "auto (default), always or never"},
        {.name = "all", .flag = &a.all, .help = "list the checks that passed, too"},
        {.name = "json", .flag = &a.json, .help = "the full report as one JSON object"},
        {.name = "token-key",
         .value = "FILE",
         .text = &a.token_key,
         .help = "write an attestation result (EAR) as a JWT, signed with this P-256 key"},
        {.name = "batch",
         .flag = &a.batch,
         .help = "QUOTE is a list of paths, one a line; write one JSON object a line"},
        {.name = "expect",
         .value = "FILE",
         .text = &a.expect,
         .help = "read what is expected from lines \"name = value\"; the names follow"},
    };
    struct option_row rows[ARRAY_COUNT(own) + EXPECTATION_ROW_MAX + 1] = {0};
    const struct options options = {
        .command = "verify",
        .usage = "[OPTIONS] QUOTE",
        .summary = "Decide offline whether an SGX or TDX quote can be trusted, and say why.",
        .argument = "QUOTE",
        .rows = rows,
        .notes = "QUOTE is a file that holds one quote, in any form: raw, hex, base64, JSON, YAML, "
                 "CBOR, or an\nRA-TLS certificate; - is standard input. Exit status: 0 accepted, "
                 "1 refused, 2 could not tell.",
    };
    int first, status;

    memcpy(rows, own, sizeof(own));
    expectation_options_add(&a, rows + ARRAY_COUNT(own));
    status = options_parse(&options, argc, argv, &first);
    if (status >= 0)
        return status;
    if (color_choose(a.color) < 0)
        return options_misuse(&options, "--color=%s: auto, always or never", a.color);
    if (a.token_key && (a.batch || a.json))
        return options_misuse(&options, "--token-key excludes --batch and --json");
    a.argument = argv[first];
    return arguments_run(&options, &a);
}
