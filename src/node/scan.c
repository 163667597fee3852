/* SPDX-License-Identifier: Apache-2.0 */
#include "node/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "service/child.h"

#define LOG_AREA "scan"
#include "base/log.h"

enum {
    RESULT_SIZE_MAX = EPC_COMMITTED_ROWS_MAX * sizeof(struct epc_committed_row), /* bytes */
    PIECE_SIZE = 16 * 1024,                                                      /* bytes */
};

struct scan {
    struct loop *loop;
    const char *proc;
    struct epc_committed result;
    struct buf arriving; /* rows as they lie in memory: both ends of the pipe are this program */
    struct loop_watch *watch;
    int fd;             /* of the pipe; -1: no scan is under way */
    int64_t started_ms; /* clock_monotonic_ms() of the last one, 0: never */
};

int scan_new(struct loop *loop, const char *proc, struct scan **ret, struct err *err)
{
    struct scan *s = calloc(1, sizeof(*s));

    if (!s)
        return err_set(err, -ENOMEM, "scan of %s", proc);
    *s = (struct scan){.loop = loop, .proc = proc, .fd = -1, .arriving = buf_init(RESULT_SIZE_MAX)};
    *ret = s;
    return 0;
}

static void scan_stop(struct scan *s)
{
    loop_watch_free(s->watch);
    s->watch = NULL;
    s->fd = fd_close(s->fd);
    buf_done(&s->arriving);
}

void scan_free(struct scan *s)
{
    if (!s)
        return;
    scan_stop(s);
    epc_committed_done(&s->result);
    free(s);
}

static void result_take(struct scan *s)
{
    struct epc_committed found = {0};
    size_t len = 0;

    if (buf_status(&s->arriving) < 0 || s->arriving.len % sizeof(*found.rows) != 0) {
        log_warn("scan of enclave mappings lost", "bytes=%zu", s->arriving.len);
        return;
    }
    if (s->arriving.len > 0)
        found.rows = (struct epc_committed_row *)(void *)buf_take(&s->arriving, &len);
    found.count = found.room = (uint32_t)(len / sizeof(*found.rows));
    for (uint32_t i = 0; i < found.count; i++)
        found.size += found.rows[i].size;
    epc_committed_done(&s->result);
    s->result = found;
}

static void on_readable(void *userdata)
{
    struct scan *s = userdata;
    uint8_t piece[PIECE_SIZE];
    ssize_t len = read(s->fd, piece, sizeof(piece));

    if (len > 0) {
        buf_put(&s->arriving, span_of(piece, (size_t)len));
        return;
    }
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    result_take(s);
    scan_stop(s);
}

/* Runs in the new process. */
static void scan_write(const char *proc, int fd)
{
    struct epc_committed found = {0};
    struct err err = {0};

    if (epc_committed_scan(proc, &found, &err) < 0) {
        log_warn("cannot scan enclave mappings", "reason=\"%s\"", err.text);
        _exit(1);
    }
    _exit(fd_write_all(fd, span_of(found.rows, found.count * sizeof(*found.rows))) < 0);
}

static void scan_start(struct scan *s)
{
    int ends[2];
    pid_t pid;

    s->started_ms = clock_monotonic_ms();
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid = child_fork();
    if (pid == 0)
        scan_write(s->proc, ends[1]);
    close(ends[1]);
    s->fd = ends[0];
    if (pid < 0 || fd_set_nonblocking(s->fd) < 0 ||
        loop_watch_fd(s->loop, s->fd, on_readable, s, &s->watch, NULL) < 0)
        scan_stop(s);
}

const struct epc_committed *scan_result(struct scan *s)
{
    if (s->fd < 0 && (!s->started_ms || clock_monotonic_ms() - s->started_ms >= SCAN_PERIOD_MS))
        scan_start(s);
    return &s->result;
}
