/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collateral comes as one JSON file or as a directory, the policy as options and as a file.
 * Whatever cannot be read is an error before any verdict: a typing error in a policy must not end
 * in a verdict by another policy.
 */
#include "cmd/verify_session.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "collateral/served.h"
#include "evidence/evidence.h"

enum {
    PATH_SIZE = 4096,                  /* bytes of a path, NUL included */
    TRUST_ROOT_SIZE_MAX = 64 * 1024,   /* bytes of a --trust-root file */
    SECONDS_MAX = 100 * 366 * 86400LL, /* of --grace and --skew */
};

/* The inputs of a verifier and of its collateral. */
struct inputs {
    struct buf collateral; /* the files' bytes, or the decoded strings of the JSON form */
    struct bundle bundle;
    bool has_collateral;
    uint8_t root_key[VERIFIER_ROOT_KEY_SIZE];
    bool has_root_key;
};

static int collateral_file_read(const char *path, struct inputs *in, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(BUNDLE_SIZE_MAX);
    int r = fd_read_file(path, &file, err);

    if (r < 0)
        return r;
    if (served_is_flat(buf_span(&file))) {
        buf_put(&in->collateral, buf_span(&file));
        r = buf_status(&in->collateral);
        if (r == 0)
            r = served_flat_parse(buf_span(&in->collateral), &in->bundle, err);
    } else {
        r = bundle_parse_json(buf_span(&file), &in->collateral, &in->bundle, err);
    }
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
static int expectations_read(const struct verify_arguments *a, struct verify_policy *policy,
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

static int policy_read(const struct verify_arguments *a, struct verify_session *s, struct err *err)
{
    int r = 0;

    s->policy = verify_policy_default();
    s->policy.allow_debug = a->allow_debug;
    s->has_at = a->at != NULL;
    if (a->accept)
        r = verify_policy_parse_accept(span_str(a->accept), &s->policy.accept, err);
    if (r == 0 && a->at && clock_parse(span_str(a->at), &s->at, err) < 0)
        r = err_wrap(err, "--at");
    if (r == 0)
        r = seconds_parse("grace", a->grace, &s->policy.grace_s, err);
    if (r == 0)
        r = seconds_parse("skew", a->skew, &s->policy.skew_s, err);
    return r < 0 ? r : expectations_read(a, &s->policy, err);
}

static int verifier_open(const struct verify_arguments *a, size_t platform_max,
                         struct verify_session *s, struct err *err)
{
    struct inputs in = {.collateral = buf_init(BUNDLE_SIZE_MAX)};
    struct verifier_options options = {.platform_max = platform_max};
    int r = trust_root_read(a->trust_root, &in, err);

    options.root_key = in.has_root_key ? in.root_key : NULL;
    if (r == 0)
        r = collateral_read(a->collateral, &in, err);
    if (r == 0)
        r = verifier_new(&options, &s->verifier, err);
    if (r == 0 && in.has_collateral)
        r = collateral_set_new(s->verifier, &in.bundle, &s->set, err);
    buf_done(&in.collateral);
    return r;
}

int verify_session_open(const struct verify_arguments *a, size_t platform_max,
                        struct verify_session *ret, struct err *err)
{
    struct verify_session s = {0};
    int r = policy_read(a, &s, err);

    if (r == 0)
        r = verifier_open(a, platform_max, &s, err);
    if (r < 0) {
        verify_session_done(&s);
        return r;
    }
    *ret = s;
    return 0;
}

void verify_session_done(struct verify_session *s)
{
    collateral_set_unref(s->set);
    verifier_free(s->verifier);
    expectation_list_unref(s->policy.expect);
}

int verify_session_judge(const struct verify_session *s, const char *path, struct verdict **ret,
                         struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(EVIDENCE_SIZE_MAX);
    int64_t now = s->has_at ? s->at : clock_unix_s();
    struct evidence evidence;
    int r = fd_read_file(path, &file, err);

    if (r < 0)
        return r;
    r = evidence_find(buf_span(&file), &evidence, err);
    if (r < 0)
        return err_wrap(err, "%s", path);
    r = verify_evidence(s->verifier, s->set, &evidence, now, &s->policy, ret, err);
    evidence_done(&evidence);
    return r;
}
