/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer new: a project that builds, to start from. Its files are part of this program, so a
 * project fits the headers and libraries that it was installed with.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/options.h"
#include "base/path.h"
#include "cmd/commands.h"
#include "cmd/new_templates.h"

#define NAME_IN_TEXT "@NAME@"
#define NAME_IN_FILE "NAME"
#define IGNORE_FILE  "gitignore"

enum {
    NAME_SIZE_MAX = 32, /* characters */
    FILE_SIZE_MAX = 64 * 1024,
    FILE_MODE = 0644,
    DIRECTORY_MODE = 0755,
};

/* A name of files and of C identifiers. */
static bool is_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return len > 0 && len <= NAME_SIZE_MAX && name[len] == '\0' && name[0] >= 'a' && name[0] <= 'z';
}

/* @text with @name in each place of @mark. */
static void text_fill(const char *text, const char *mark, const char *name, struct buf *ret)
{
    const char *at;

    for (; (at = strstr(text, mark)) != NULL; text = at + strlen(mark)) {
        buf_put(ret, span_of(text, (size_t)(at - text)));
        buf_put_str(ret, name);
    }
    buf_put_str(ret, text);
}

static int file_write(const struct new_template *t, const char *name, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(PATH_SIZE), text = buf_init(FILE_SIZE_MAX);
    char path[PATH_SIZE];
    int r;

    if (strcmp(t->name, IGNORE_FILE) == 0)
        buf_put_u8(&file, '.');
    text_fill(t->name, NAME_IN_FILE, name, &file);
    text_fill(t->text, NAME_IN_TEXT, name, &text);
    if (buf_status(&file) < 0 || buf_status(&text) < 0)
        return err_set(err, -ENOMEM, "%s", t->name);
    r = path_join(name, buf_cstr(&file), path, err);
    if (r < 0)
        return r;
    r = fd_write_file(path, buf_span(&text), FILE_MODE, err);
    if (r == 0)
        puts(path);
    return r;
}

static int project_make(const char *name, struct err *err)
{
    if (mkdir(name, DIRECTORY_MODE) < 0)
        return err_errno(err, "make the directory %s", name);
    for (const struct new_template *t = new_templates; t->name; t++) {
        int r = file_write(t, name, err);

        if (r < 0)
            return r;
    }
    return 0;
}

int cmd_new(int argc, char **argv)
{
    const struct options o = {
        .command = "new",
        .usage = "[OPTIONS] NAME",
        .summary = "Make an enclave project that builds: a directory NAME with a Makefile and a "
                   "CMakeLists.txt, the enclave, its host program and its manifest.",
        .argument = "NAME",
        .notes = "NAME is made of lower-case letters, digits and underscores.\n"
                 "Exit status: 0 made, 2 not.",
    };
    struct err err = {0};
    int first, status;

    status = options_parse(&o, argc, argv, &first);
    if (status >= 0)
        return status;
    if (!is_name(argv[first]))
        return options_misuse(&o,
                              "\"%s\" is no name: it has to be made of lower-case letters, digits "
                              "and underscores, begin with a letter, and have at most %d of them",
                              argv[first], NAME_SIZE_MAX);
    if (project_make(argv[first], &err) < 0)
        return options_fail(&o, &err);
    printf("\nNext: cd %s && make run\n", argv[first]);
    return EXIT_YES;
}
