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
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/options.h"
#include "cmd/commands.h"
#include "evidence/evidence.h"
#include "verify/expectation.h"
#include "verify/verdict_text.h"
#include "verify/verify.h"

enum {
    PATH_SIZE = 4096,                  /* bytes of a path, NUL included */
    TRUST_ROOT_SIZE_MAX = 64 * 1024,   /* bytes of a --trust-root file */
    REPORT_SIZE_MAX = 4 * 1024 * 1024, /* bytes of output */
    SECONDS_MAX = 100 * 366 * 86400LL, /* of --grace and --skew */
};

struct arguments {
    const char *collateral;
    const char *at;
    const char *trust_root;
    const char *accept;
    const char *expect;
    const char *expected[EXPECTATION_ROW_MAX]; /* by the rows of expectation_row.h */
    const char *grace;
    const char *skew;
    const char *color;
    bool allow_debug;
    bool all;
    bool json;
    const char *quote;
};

/* What the arguments name, read and parsed. */
struct inputs {
    struct buf file; /* with the evidence */
    struct evidence evidence;
    struct buf collateral; /* the files' bytes, or the decoded strings of the JSON form */
    struct bundle bundle;
    bool has_collateral;
    uint8_t root_key[VERIFIER_ROOT_KEY_SIZE];
    bool has_root_key;
    int64_t now;
    struct verify_policy policy;
};

static int collateral_file_read(const char *path, struct inputs *in, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(BUNDLE_SIZE_MAX);
    int r = fd_read_file(path, &file, err);

    if (r < 0)
        return r;
    r = bundle_parse_json(buf_span(&file), &in->collateral, &in->bundle, err);
    return r < 0 ? err_wrap(err, "%s", path) : 0;
}

/* The pieces' spans are made when all files are in, because the buffer moves as it grows. */
static int collateral_directory_read(const char *path, struct inputs *in, struct err *err)
{
    size_t start[BUNDLE_PIECE_COUNT] = {0}, end[BUNDLE_PIECE_COUNT] = {0}, found = 0;
    char name[PATH_SIZE];
    int r;

    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++) {
        const char *file = bundle_file((enum bundle_piece)i);

        if (!file || snprintf(name, sizeof(name), "%s/%s", path, file) >= (int)sizeof(name) ||
            access(name, F_OK) < 0)
            continue;
        start[i] = in->collateral.len;
        r = fd_read_file(name, &in->collateral, err);
        if (r < 0)
            return r;
        end[i] = in->collateral.len;
        found++;
    }
    if (found == 0)
        return err_set(err, -ENOENT, "%s: holds no tcbinfo.json, qeid.json, pckcrl.der, ...", path);
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        in->bundle.piece[i] = span_sub(buf_span(&in->collateral), start[i], end[i] - start[i]);
    return 0;
}

static int collateral_read(const char *path, struct inputs *in, struct err *err)
{
    struct stat st = {0};

    if (!path)
        return 0;
    in->has_collateral = true;
    if (strcmp(path, "-") != 0 && stat(path, &st) < 0)
        return err_errno(err, "%s", path);
    if (strcmp(path, "-") != 0 && S_ISDIR(st.st_mode))
        return collateral_directory_read(path, in, err);
    return collateral_file_read(path, in, err);
}

static int trust_root_read(const char *path, struct inputs *in, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(TRUST_ROOT_SIZE_MAX);
    int r;

    if (!path)
        return 0;
    r = fd_read_file(path, &file, err);
    if (r < 0)
        return r;
    in->has_root_key = true;
    r = verifier_root_key_parse(buf_span(&file), in->root_key, err);
    return r < 0 ? err_wrap(err, "%s", path) : 0;
}

/* "90", "90s", "15m", "36h", "7d" */
static int seconds_parse(const char *name, const char *text, int64_t *ret, struct err *err)
{
    static const struct {
        const char *suffix;
        int64_t factor;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end;
    long long value;

    if (!text)
        return 0;
    errno = 0;
    value = strtoll(text, &end, 10);
    for (size_t i = 0; end != text && i < ARRAY_COUNT(units); i++) {
        if (strcmp(end, units[i].suffix) != 0)
            continue;
        if (errno || value < 0 || value > SECONDS_MAX / units[i].factor)
            break;
        *ret = value * units[i].factor;
        return 0;
    }
    return err_set(err, -EINVAL, "--%s=%s: not a length of time like 300, 15m, 36h or 7d", name,
                   text);
}

static int data_read(void *unused, struct span path, struct buf *into, struct err *err)
{
    char name[PATH_SIZE];

    (void)unused;
    if (path.len == 0 || path.len >= sizeof(name))
        return err_set(err, -EINVAL, "expected the path of a file");
    memcpy(name, path.data, path.len);
    name[path.len] = '\0';
    return fd_read_file(name, into, err);
}

static int expect_file_read(const char *path, const struct expectation_files *files,
                            struct verify_policy *policy, struct err *err)
{
    CLEANUP(buf_done) struct buf text = buf_init(EXPECTATION_FILE_SIZE_MAX);
    int r = fd_read_file(path, &text, err);

    if (r < 0)
        return r;
    r = expectation_read(policy, buf_span(&text), files, err);
    return r < 0 ? err_wrap(err, "%s", path) : 0;
}

/* The file first, so that an error about a name given twice is about the option. */
static int expectations_read(const struct arguments *a, struct verify_policy *policy,
                             struct err *err)
{
    const struct expectation_files files = {.read = data_read};
    const struct expectation_row *row;
    struct err local = {0};
    int r = a->expect ? expect_file_read(a->expect, &files, policy, err) : 0;

    for (size_t i = 0; r == 0 && (row = expectation_row_at(i)); i++)
        if (a->expected[i])
            r = expectation_set(policy, span_str(row->name), span_str(a->expected[i]), &files,
                                &local);
    return local.code ? err_set(err, local.code, "--%s", local.text) : r;
}

static int policy_read(const struct arguments *a, struct inputs *in, struct err *err)
{
    int r = 0;

    in->policy = verify_policy_default();
    in->policy.allow_debug = a->allow_debug;
    in->now = clock_unix_s();
    if (a->accept)
        r = verify_policy_parse_accept(span_str(a->accept), &in->policy.accept, err);
    if (r == 0 && a->at && clock_parse(span_str(a->at), &in->now, err) < 0)
        r = err_wrap(err, "--at");
    if (r == 0)
        r = seconds_parse("grace", a->grace, &in->policy.grace_s, err);
    if (r == 0)
        r = expectations_read(a, &in->policy, err);
    return r < 0 ? r : seconds_parse("skew", a->skew, &in->policy.skew_s, err);
}

static int inputs_read(const struct arguments *a, struct inputs *in, struct err *err)
{
    int r = policy_read(a, in, err);

    if (r == 0)
        r = trust_root_read(a->trust_root, in, err);
    if (r == 0)
        r = collateral_read(a->collateral, in, err);
    if (r == 0)
        r = fd_read_file(a->quote, &in->file, err);
    if (r < 0)
        return r;
    r = evidence_find(buf_span(&in->file), &in->evidence, err);
    return r < 0 ? err_wrap(err, "%s", a->quote) : 0;
}

static int inputs_judge(const struct inputs *in, struct verdict **ret, struct err *err)
{
    CLEANUP(verifier_freep) struct verifier *verifier = NULL;
    CLEANUP(collateral_set_unrefp) struct collateral_set *set = NULL;
    struct verifier_options options = {.root_key = in->has_root_key ? in->root_key : NULL,
                                       .platform_max = 1};
    int r = verifier_new(&options, &verifier, err);

    if (r == 0 && in->has_collateral)
        r = collateral_set_new(verifier, &in->bundle, &set, err);
    if (r < 0)
        return r;
    return verify_evidence(verifier, set, &in->evidence, in->now, &in->policy, ret, err);
}

/* Return: 1 coloured, 0 plain, -EINVAL for another word than auto, always and never. */
static int color_choose(const char *when)
{
    if (!when || strcmp(when, "auto") == 0)
        return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    if (strcmp(when, "always") == 0 || strcmp(when, "never") == 0)
        return when[0] == 'a';
    return -EINVAL;
}

static int verdict_print(const struct arguments *a, const struct verdict *v, struct err *err)
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
        fprintf(stderr, "coffer verify: %s: %s\n", a->quote,
                v->checks.check[CHECK_QUOTE_FORMAT].detail);
    return 0;
}

static int arguments_run(const struct options *options, const struct arguments *a)
{
    CLEANUP(verdict_freep) struct verdict *verdict = NULL;
    struct inputs in = {.file = buf_init(EVIDENCE_SIZE_MAX),
                        .collateral = buf_init(BUNDLE_SIZE_MAX)};
    struct err err = {0};
    int r = inputs_read(a, &in, &err);

    if (r == 0)
        r = inputs_judge(&in, &verdict, &err);
    if (r == 0)
        r = verdict_print(a, verdict, &err);
    buf_done(&in.file);
    evidence_done(&in.evidence);
    buf_done(&in.collateral);
    expectation_list_unref(in.policy.expect);
    if (r < 0)
        return options_fail(options, &err);
    return verdict_is_accepted(verdict) ? EXIT_YES : EXIT_NO;
}

/* Every name that can be expected is an option. */
static void expectation_options_add(struct arguments *a, struct option_row *rows)
{
    const struct expectation_row *row;

    for (size_t i = 0; (row = expectation_row_at(i)); i++)
        rows[i] = (struct option_row){
            .name = row->name, .value = row->value, .text = &a->expected[i], .help = row->help};
}

int cmd_verify(int argc, char **argv)
{
    struct arguments a = {0};
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
    a.quote = argv[first];
    return arguments_run(&options, &a);
}
