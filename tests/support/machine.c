/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <ftw.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "vectors.h"

enum {
    LEAVES_MAX = 64,
    PATH_SIZE = 1024,
};

struct leaf {
    uint32_t leaf;
    uint32_t subleaf;
    uint32_t regs[4];
};

struct machine {
    char root[64];
    char sys[80];
    char dev[80];
    char proc[80];
    struct leaf leaves[LEAVES_MAX];
    size_t leaf_count;
    uint64_t hwcap2;
    struct platform_cpu_source cpu;
};

static void die(const char *what, const char *line)
{
    fprintf(stderr, "machine: %s: %s\n", what, line);
    abort();
}

static void replay_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
                         uint32_t ret_regs[static 4])
{
    const struct machine *m = context;

    memset(ret_regs, 0, 4 * sizeof(*ret_regs));
    for (size_t i = 0; i < m->leaf_count; i++)
        if (m->leaves[i].leaf == leaf && m->leaves[i].subleaf == subleaf)
            memcpy(ret_regs, m->leaves[i].regs, sizeof(m->leaves[i].regs));
}

static uint64_t replay_hwcap2(void *context)
{
    return ((const struct machine *)context)->hwcap2;
}

const char *machine_path(const struct machine *m, const char *path)
{
    static char full[PATH_SIZE];

    snprintf(full, sizeof(full), "%s/%s", m->root, path);
    return full;
}

static void make_parent(const struct machine *m, const char *path)
{
    char full[PATH_SIZE];

    snprintf(full, sizeof(full), "%s", machine_path(m, path));
    if (fd_make_dirs(dirname(full), 0755, NULL) < 0)
        die("mkdir", path);
}

static void make_file(const struct machine *m, const char *path, const char *text)
{
    FILE *file = fopen(machine_path(m, path), "w");

    if (!file)
        die("create", path);
    for (; *text; text++) {
        if (text[0] == '\\' && text[1] == 'n') {
            fputc('\n', file);
            text++;
        } else {
            fputc(*text, file);
        }
    }
    fputc('\n', file);
    fclose(file);
}

static void make_char(const struct machine *m, const char *path, const char *mode)
{
    mode_t bits = (mode_t)strtoul(mode, NULL, 8);

    if (mknod(machine_path(m, path), S_IFCHR | bits, makedev(1, 3)) < 0 ||
        chmod(machine_path(m, path), bits) < 0)
        die("mknod", path);
}

static void add_leaf(struct machine *m, const char *text)
{
    struct leaf *l = &m->leaves[m->leaf_count++];

    if (m->leaf_count > LEAVES_MAX ||
        sscanf(text, "%" SCNx32 " %" SCNx32 " %" SCNx32 " %" SCNx32 " %" SCNx32 " %" SCNx32,
               &l->leaf, &l->subleaf, &l->regs[0], &l->regs[1], &l->regs[2], &l->regs[3]) != 6)
        die("cpuid", text);
}

/* Cut the first word off *@rest. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " ");

    *rest = word + strcspn(word, " ");
    if (**rest)
        *(*rest)++ = '\0';
    *rest += strspn(*rest, " ");
    return word;
}

static void apply_path(struct machine *m, const char *verb, const char *path, const char *rest)
{
    if (strcmp(verb, "remove") == 0) {
        if (remove(machine_path(m, path)) < 0)
            die("remove", path);
        return;
    }
    make_parent(m, path);
    if (strcmp(verb, "file") == 0)
        make_file(m, path, rest);
    else if (strcmp(verb, "char") == 0)
        make_char(m, path, rest);
    else if (strcmp(verb, "dir") == 0 && fd_make_dirs(machine_path(m, path), 0755, NULL) == 0)
        return;
    else if (strcmp(verb, "link") != 0 || symlink(rest, machine_path(m, path)) < 0)
        die("cannot do", verb);
}

void machine_apply(struct machine *m, const char *line)
{
    char *copy = strdup(line);
    char *rest = copy;
    const char *verb;

    if (!copy)
        abort();
    verb = next_word(&rest);
    if (strcmp(verb, "cpuid") == 0) {
        add_leaf(m, rest);
    } else if (strcmp(verb, "hwcap2") == 0) {
        m->hwcap2 = strtoull(rest, NULL, 16);
    } else if (verb[0] != '\0' && verb[0] != '#') {
        const char *path = next_word(&rest);

        apply_path(m, verb, path, rest);
    }
    free(copy);
}

static bool may_make_nodes(const struct machine *m)
{
    if (mknod(machine_path(m, "probe"), S_IFCHR | 0600, makedev(1, 3)) < 0) {
        printf("skipped: this process may not make device nodes (run as root)\n");
        return false;
    }
    return remove(machine_path(m, "probe")) == 0;
}

static void load(struct machine *m, const char *name)
{
    CLEANUP(buf_done) struct buf text = buf_init(1 << 20);
    char path[VECTORS_PATH_SIZE];
    char relative[256];
    char *copy;
    char *save = NULL;

    snprintf(relative, sizeof(relative), "tests/data/machines/%s.machine", name);
    if (fd_read_file(source_path(relative, path), &text, NULL) < 0)
        die("read", path);
    copy = (char *)buf_take(&text, NULL);
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        machine_apply(m, line);
    free(copy);
}

struct machine *machine_new(const char *name)
{
    struct machine *m = calloc(1, sizeof(*m));

    if (!m)
        abort();
    strcpy(m->root, "/tmp/coffer-machine-XXXXXX");
    if (!mkdtemp(m->root))
        die("mkdtemp", m->root);
    if (!may_make_nodes(m)) {
        machine_free(m);
        return NULL;
    }
    snprintf(m->sys, sizeof(m->sys), "%s/sys", m->root);
    snprintf(m->dev, sizeof(m->dev), "%s/dev", m->root);
    snprintf(m->proc, sizeof(m->proc), "%s/proc", m->root);
    m->cpu = (struct platform_cpu_source){replay_cpuid, replay_hwcap2, m};
    load(m, name);
    return m;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void machine_free(struct machine *m)
{
    enum { DESCRIPTORS = 16 };

    if (!m)
        return;
    nftw(m->root, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
    free(m);
}

struct platform_sources machine_sources(const struct machine *m)
{
    return (struct platform_sources){
        .sys = m->sys,
        .dev = m->dev,
        .dev_host = "/dev",
        .proc = m->proc,
        .cpu = &m->cpu,
    };
}
