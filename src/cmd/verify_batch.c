/* SPDX-License-Identifier: Apache-2.0 */
/* coffer verify --batch: paths in, one line of JSON each out, by one verifier with its caches. */
#include "cmd/verify_batch.h"

#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "codec/json_writer.h"

enum {
    LINE_SIZE = 4096 + 1,                  /* bytes of a path, its line feed and NUL */
    BATCH_LINE_SIZE_MAX = 4 * 1024 * 1024, /* bytes of one line of output */
};

static void error_render(const char *path, const struct err *err, struct buf *out)
{
    struct json_writer w = json_writer_of(out, false);

    json_writer_object_begin(&w);
    json_writer_member_string(&w, "file", path);
    json_writer_member_bool(&w, "accepted", false);
    json_writer_member_string(&w, "error", err->text);
    json_writer_object_end(&w);
}

/* Return: the exit status that this file alone would have; -1 when standard output is gone. */
static int path_judge(const struct verify_session *s, const char *path)
{
    CLEANUP(buf_done) struct buf out = buf_init(BATCH_LINE_SIZE_MAX);
    CLEANUP(verdict_freep) struct verdict *verdict = NULL;
    struct err err = {0};
    int status = EXIT_UNDECIDED;

    if (verify_session_judge(s, path, &verdict, &err) < 0) {
        error_render(path, &err, &out);
    } else {
        status = verdict_is_accepted(verdict) ? EXIT_YES : EXIT_NO;
        verdict_json_render_file(verdict, path, &out);
    }
    buf_put_u8(&out, '\n');
    if (buf_status(&out) < 0 || fd_write_all(STDOUT_FILENO, buf_span(&out)) < 0)
        return -1;
    return status;
}

/* Return: false for a line that is too long, the rest of which is passed over. */
static bool line_end(FILE *list, char line[static LINE_SIZE])
{
    size_t len = strlen(line);
    int c;

    if (len > 0 && line[len - 1] == '\n') {
        line[len - 1] = '\0';
        return true;
    }
    if (len + 1 < LINE_SIZE)
        return true;
    while ((c = getc(list)) != EOF && c != '\n')
        ;
    return false;
}

static int lines_judge(const struct options *options, const struct verify_session *s, FILE *list)
{
    char line[LINE_SIZE];
    int worst = -1;

    while (fgets(line, sizeof(line), list)) {
        int status;

        if (!line_end(list, line))
            return options_fail(options, &(struct err){.text = "a path of the list is too long"});
        if (line[0] == '\0')
            continue;
        status = path_judge(s, line);
        if (status < 0)
            return options_fail(options, &(struct err){.text = "standard output: write failed"});
        worst = MAX(worst, status);
    }
    if (worst < 0)
        return options_fail(options, &(struct err){.text = "the list has no path"});
    return worst;
}

int verify_batch_run(const struct options *options, const struct verify_session *s,
                     const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *list = is_stdin ? stdin : fopen(path, "re");
    struct err err = {0};
    int status;

    if (!list) {
        err_errno(&err, "%s", path);
        return options_fail(options, &err);
    }
    status = lines_judge(options, s, list);
    if (!is_stdin)
        fclose(list);
    return status;
}
