/* SPDX-License-Identifier: Apache-2.0 */
#include "node/holders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"

enum {
    CGROUP_SIZE_MAX = 64 * 1024, /* bytes of /proc/PID/cgroup */
    PATH_SIZE = 4096,            /* bytes */
};

struct collection {
    const char *proc;
    struct epc_committed found;
    int status;
};

static struct epc_committed_row *row_find(struct epc_committed *found, const char *container_id)
{
    for (uint32_t i = 0; i < found->count; i++)
        if (strcmp(found->rows[i].container_id, container_id) == 0)
            return &found->rows[i];
    return NULL;
}

static struct epc_committed_row *row_add(struct collection *c, const struct epc_committed_row *of)
{
    struct epc_committed *f = &c->found;

    if (f->count == EPC_COMMITTED_ROWS_MAX) {
        c->status = -E2BIG;
        return NULL;
    }
    if (f->count == f->room) {
        uint32_t room = f->room ? f->room * 2 : 16;
        void *rows = reallocarray(f->rows, room, sizeof(*f->rows));

        if (!rows) {
            c->status = -ENOMEM;
            return NULL;
        }
        f->rows = rows;
        f->room = room;
    }
    f->rows[f->count] = *of;
    return &f->rows[f->count++];
}

static void container_read(const char *proc, pid_t pid, struct epc_committed_row *ret)
{
    CLEANUP(buf_done) struct buf cgroup = buf_init(CGROUP_SIZE_MAX);
    char path[PATH_SIZE];

    if (snprintf(path, sizeof(path), "%s/%d/cgroup", proc, (int)pid) < (int)sizeof(path) &&
        fd_read_file(path, &cgroup, NULL) == 0)
        epc_committed_cgroup_parse(buf_span(&cgroup), ret);
}

static void client_add(void *userdata, pid_t pid, uint64_t charged, uint64_t resident)
{
    struct collection *c = userdata;
    struct epc_committed_row of = {0};
    struct epc_committed_row *row;

    (void)resident;
    container_read(c->proc, pid, &of);
    row = row_find(&c->found, of.container_id);
    if (!row)
        row = row_add(c, &of);
    if (!row)
        return;
    row->size += charged;
    row->process_count++;
    c->found.size += charged;
}

static int row_compare(const void *a, const void *b)
{
    const struct epc_committed_row *x = a, *y = b;

    return strcmp(x->container_id, y->container_id);
}

int holders_collect(const struct epc_server *server, const char *proc, struct epc_committed *into,
                    struct err *err)
{
    struct collection c = {.proc = proc};

    epc_server_visit(server, client_add, &c);
    if (c.status < 0) {
        epc_committed_done(&c.found);
        return err_set(err, c.status, "enclaves of more than %d containers",
                       EPC_COMMITTED_ROWS_MAX);
    }
    if (c.found.count > 0)
        qsort(c.found.rows, c.found.count, sizeof(*c.found.rows), row_compare);
    epc_committed_done(into);
    *into = c.found;
    return 0;
}
