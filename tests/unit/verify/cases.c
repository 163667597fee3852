/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "vectors.h"

enum {
    BLOB_SIZE_MAX = 64 * 1024, /* bytes */
    COLUMN_MAX = 40,
};

struct table {
    char *names[COLUMN_MAX];
    char *cells[COLUMN_MAX];
    size_t count;
};

static size_t line_split(char *line, char **cells)
{
    size_t count = 0;

    line[strcspn(line, "\r\n")] = '\0';
    for (char *cell; count < COLUMN_MAX && (cell = strsep(&line, "\t"));)
        cells[count++] = cell;
    return count;
}

static const char *cell_of(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->names[i], name) == 0)
            return t->cells[i];
    fprintf(stderr, "cases.tsv has no column %s\n", name);
    abort();
}

static struct buf blob_load(const char *name)
{
    struct buf b = buf_init(BLOB_SIZE_MAX);
    char relative[256], path[VECTORS_PATH_SIZE];

    snprintf(relative, sizeof(relative), "cases/blobs/%s", name);
    if (!vectors_path(relative, path) || fd_read_file(path, &b, NULL) < 0)
        abort();
    return b;
}

static void text_copy(char *to, size_t size, const char *from)
{
    if (snprintf(to, size, "%s", from) >= (int)size)
        abort();
}

static void case_load(const struct table *t, struct real_case *c)
{
    static const struct {
        enum bundle_piece piece;
        const char *column;
    } pieces[] = {
        {BUNDLE_TCB_INFO, "tcbinfo"},
        {BUNDLE_QE_IDENTITY, "qeid"},
        {BUNDLE_PCK_CRL, "pckcrl"},
        {BUNDLE_ROOT_CA_CRL, "rootcrl"},
        {BUNDLE_TCB_INFO_CHAIN, "tcbchain"},
        {BUNDLE_QE_IDENTITY_CHAIN, "qeidchain"},
        {BUNDLE_PCK_CRL_CHAIN, "pckcrlchain"},
    };

    memset(c, 0, sizeof(*c));
    text_copy(c->version, sizeof(c->version), cell_of(t, "ver"));
    text_copy(c->status, sizeof(c->status), cell_of(t, "status"));
    text_copy(c->launch_status, sizeof(c->launch_status), cell_of(t, "launch_status"));
    text_copy(c->current_status, sizeof(c->current_status), cell_of(t, "current_status"));
    text_copy(c->tcb_date, sizeof(c->tcb_date), cell_of(t, "tcb_date"));
    text_copy(c->advisories, sizeof(c->advisories), cell_of(t, "advisory_ids"));
    c->evaluation_number = (unsigned)strtoul(cell_of(t, "tcb_eval_num"), NULL, 10);
    c->is_debug = strcmp(cell_of(t, "debug"), "1") == 0;
    c->is_leaf_young = strcmp(cell_of(t, "leaf_notbefore_after_verify_at"), "1") == 0;
    c->verify_at = strtoll(cell_of(t, "verify_at"), NULL, 10);
    c->quote = blob_load(cell_of(t, "quote"));
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++)
        c->piece[pieces[i].piece] = blob_load(cell_of(t, pieces[i].column));
}

size_t real_cases_load(struct real_case cases[static CASES_MAX])
{
    char path[VECTORS_PATH_SIZE], header[4096], line[8192];
    struct table t = {0};
    size_t count = 0;
    FILE *file;

    if (!vectors_path("cases/cases.tsv", path))
        return 0;
    file = fopen(path, "r");
    if (!file || !fgets(header, sizeof(header), file))
        abort();
    t.count = line_split(header, t.names);
    while (count < CASES_MAX && fgets(line, sizeof(line), file)) {
        if (line_split(line, t.cells) != t.count)
            abort();
        case_load(&t, &cases[count++]);
    }
    fclose(file);
    return count;
}

void real_case_done(struct real_case *c)
{
    buf_done(&c->quote);
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        buf_done(&c->piece[i]);
}

struct bundle real_case_bundle(const struct real_case *c)
{
    struct bundle bundle;

    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        bundle.piece[i] = buf_span(&c->piece[i]);
    return bundle;
}

bool real_case_is_good(const struct real_case *c)
{
    return !c->is_debug && !c->is_leaf_young &&
           (strcmp(c->status, "UpToDate") == 0 || strcmp(c->status, "SWHardeningNeeded") == 0);
}
