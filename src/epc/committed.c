/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels without the EPC cgroup account EPC by no container. The mappings of the enclave device in
 * /proc/PID/maps are visible on every kernel. Their sum is the most that the enclaves of a process
 * may use; an enclave that reserves much and adds few pages counts for more than it holds.
 *
 * The process's cgroup names its container and pod. Kubelets write that path in two ways, by
 * systemd slices ("kubepods-burstable-podUID.slice/cri-containerd-ID.scope", the UID with
 * underscores) and by plain directories ("kubepods/burstable/podUID/ID"), and a static pod's UID
 * is a hash without dashes. Every component of the path is tried for both meanings.
 *
 * The names that people know come from the kubelet's log links in /var/log/containers. So no API
 * server has to be asked and no right is needed for it.
 *
 * Processes come and go during the walk. One that ended is passed over, and so is one that may not
 * be read: a scan is a report and not a decision.
 */
#include "epc/committed.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "platform/sysfs.h"
#include "base/text.h"

enum {
    ID_LEN = EPC_COMMITTED_ID_SIZE - 1,
    UID_LEN = EPC_COMMITTED_UID_SIZE - 1,
    STATIC_UID_LEN = 32,
};

void epc_committed_done(struct epc_committed *c)
{
    free(c->rows);
    *c = (struct epc_committed){0};
}

/* The names under which drivers and the device plugin show the device, however /dev is mounted. */
static bool path_is_enclave(struct span path)
{
    static const char *const names[] = {"/sgx_enclave", "/sgx/enclave", "/isgx"};
    const struct span deleted = span_str(" (deleted)");

    if (text_ends_with(path, deleted))
        path.len -= deleted.len;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (text_ends_with(path, span_str(names[i])))
            return true;
    return false;
}

/* proc(5): START-END PERMISSIONS OFFSET DEVICE INODE, blanks, PATH. */
static uint64_t mapping_size(struct span line)
{
    struct span range = text_split(&line, ' ');
    struct span start = text_split(&range, '-');
    uint64_t from;
    uint64_t to;

    for (int i = 0; i < 4; i++)
        text_split(&line, ' ');
    if (!path_is_enclave(text_trim(line)))
        return 0;
    if (!text_hex_parse(start, 16, &from) || !text_hex_parse(range, 16, &to) || to < from)
        return 0;
    return to - from;
}

uint64_t epc_committed_maps_parse(struct span maps)
{
    uint64_t total = 0;

    while (maps.len > 0) {
        uint64_t size = mapping_size(text_split(&maps, '\n'));

        total = total > UINT64_MAX - size ? UINT64_MAX : total + size;
    }
    return total;
}

/* "cri-containerd-ID.scope", "crio-ID.scope", "docker-ID.scope", or "ID" alone. */
static bool container_id_find(struct span part, char ret[static EPC_COMMITTED_ID_SIZE])
{
    const struct span scope = span_str(".scope");

    if (text_ends_with(part, scope))
        part.len -= scope.len;
    if (part.len < ID_LEN || (part.len > ID_LEN && part.data[part.len - ID_LEN - 1] != '-'))
        return false;
    part = span_from(part, part.len - ID_LEN);
    if (!text_is_hex(part))
        return false;
    memcpy(ret, part.data, ID_LEN);
    ret[ID_LEN] = '\0';
    return true;
}

/* As the API server makes them; a static pod's is a hash, 32 digits without dashes. */
static bool text_is_uid(const char *uid, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_dash = len == UID_LEN && (i == 8 || i == 13 || i == 18 || i == 23);

        if (is_dash ? uid[i] != '-' : text_hex_digit((uint8_t)uid[i]) < 0)
            return false;
    }
    return true;
}

static bool pod_uid_match(struct span part, size_t len, char ret[static EPC_COMMITTED_UID_SIZE])
{
    struct span uid;

    if (part.len < len + 3)
        return false;
    uid = span_from(part, part.len - len);
    if (memcmp(uid.data - 3, "pod", 3) != 0)
        return false;
    for (size_t i = 0; i < len; i++)
        ret[i] = (char)(uid.data[i] == '_' ? '-' : uid.data[i]);
    ret[len] = '\0';
    if (text_is_uid(ret, len))
        return true;
    ret[0] = '\0';
    return false;
}

/* "podUID", or "kubepods-burstable-podUID.slice" with underscores for the dashes. */
static bool pod_uid_find(struct span part, char ret[static EPC_COMMITTED_UID_SIZE])
{
    const struct span slice = span_str(".slice");

    if (text_ends_with(part, slice))
        part.len -= slice.len;
    return pod_uid_match(part, UID_LEN, ret) || pod_uid_match(part, STATIC_UID_LEN, ret);
}

void epc_committed_cgroup_parse(struct span cgroup, struct epc_committed_row *ret)
{
    ret->container_id[0] = '\0';
    ret->pod_uid[0] = '\0';
    while (cgroup.len > 0 && ret->container_id[0] == '\0') {
        struct span line = text_split(&cgroup, '\n');

        text_split(&line, ':'); /* hierarchy number */
        text_split(&line, ':'); /* controllers */
        while (line.len > 0) {
            struct span part = text_split(&line, '/');

            if (ret->pod_uid[0] != '\0' || !pod_uid_find(part, ret->pod_uid))
                container_id_find(part, ret->container_id);
        }
    }
}

static struct epc_committed_row *row_get(struct epc_committed *c,
                                         const struct epc_committed_row *like, struct err *err)
{
    enum { ROOM_FIRST = 16 };
    uint32_t at = 0;

    while (at < c->count && strcmp(c->rows[at].container_id, like->container_id) < 0)
        at++;
    if (at < c->count && strcmp(c->rows[at].container_id, like->container_id) == 0)
        return &c->rows[at];

    if (c->count == EPC_COMMITTED_ROWS_MAX) {
        err_set(err, -E2BIG, "more than %d containers with enclaves", EPC_COMMITTED_ROWS_MAX);
        return NULL;
    }
    if (c->count == c->room) {
        uint32_t room = c->room ? c->room * 2 : ROOM_FIRST;
        struct epc_committed_row *rows = realloc(c->rows, room * sizeof(*rows));

        if (!rows) {
            err_set(err, -ENOMEM, "rows for %u containers", room);
            return NULL;
        }
        c->rows = rows;
        c->room = room;
    }
    memmove(&c->rows[at + 1], &c->rows[at], (c->count - at) * sizeof(*c->rows));
    c->rows[at] = *like;
    c->count++;
    return &c->rows[at];
}

static int process_add(struct epc_committed *c, const char *dir, uint64_t size, struct err *err)
{
    struct epc_committed_row like = {0};
    struct epc_committed_row *row;
    char text[SYSFS_TEXT_MAX];
    struct span cgroup;

    if (sysfs_read(dir, "cgroup", text, sizeof(text), &cgroup) == 0)
        epc_committed_cgroup_parse(cgroup, &like);
    row = row_get(c, &like, err);
    if (!row)
        return c->count == EPC_COMMITTED_ROWS_MAX ? -E2BIG : -ENOMEM;
    row->size += size;
    row->process_count++;
    c->size += size;
    return 0;
}

static int process_scan(struct epc_committed *c, const char *proc, const char *pid,
                        struct buf *maps, struct err *err)
{
    char dir[PATH_MAX];
    char path[PATH_MAX];
    uint64_t size;
    int r;

    if (snprintf(dir, sizeof(dir), "%s/%s", proc, pid) >= (int)sizeof(dir) ||
        snprintf(path, sizeof(path), "%s/%s/maps", proc, pid) >= (int)sizeof(path))
        return 0;
    buf_clear(maps);
    r = fd_read_file(path, maps, err);
    if (r == -ENOMEM)
        return r;
    if (r < 0 && r != -EMSGSIZE)
        return 0;
    size = epc_committed_maps_parse(buf_span(maps));
    return size == 0 ? 0 : process_add(c, dir, size, err);
}

int epc_committed_scan(const char *proc, struct epc_committed *into, struct err *err)
{
    CLEANUP(buf_done) struct buf maps = buf_init(EPC_COMMITTED_MAPS_MAX);
    const struct dirent *entry;
    DIR *dir = opendir(proc);
    int r = 0;

    if (!dir)
        return err_errno(err, "read %s", proc);
    into->count = 0;
    into->size = 0;
    while (r == 0 && (entry = readdir(dir)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            r = process_scan(into, proc, entry->d_name, &maps, err);
    closedir(dir);
    return r;
}

static int part_copy(struct span part, char *ret, size_t size)
{
    if (part.len == 0 || part.len >= size)
        return -EINVAL;
    memcpy(ret, part.data, part.len);
    ret[part.len] = '\0';
    return 0;
}

int epc_committed_log_name_parse(const char *file, struct epc_container_name *ret,
                                 char ret_id[static EPC_COMMITTED_ID_SIZE])
{
    const struct span suffix = span_str(".log");
    struct span rest = span_str(file);
    struct epc_container_name name;
    struct span pod = text_split(&rest, '_');
    struct span namespace_name = text_split(&rest, '_');

    /* The rest is CONTAINER-ID.log; the container's name may hold dashes, the id does not. */
    if (!text_ends_with(rest, suffix) || rest.len < 1 + 1 + ID_LEN + suffix.len)
        return -EINVAL;
    rest.len -= suffix.len;
    if (rest.data[rest.len - ID_LEN - 1] != '-' || !text_is_hex(span_from(rest, rest.len - ID_LEN)))
        return -EINVAL;
    if (part_copy(pod, name.pod, sizeof(name.pod)) < 0 ||
        part_copy(namespace_name, name.namespace_name, sizeof(name.namespace_name)) < 0 ||
        part_copy(span_sub(rest, 0, rest.len - ID_LEN - 1), name.container,
                  sizeof(name.container)) < 0)
        return -EINVAL;
    memcpy(ret_id, rest.data + rest.len - ID_LEN, ID_LEN);
    ret_id[ID_LEN] = '\0';
    *ret = name;
    return 0;
}

int epc_committed_name(const char *log_dir, const char *container_id,
                       struct epc_container_name *ret)
{
    const struct dirent *entry;
    DIR *dir = opendir(log_dir);
    int r = -ENOENT;

    if (!dir)
        return -errno;
    while (r < 0 && (entry = readdir(dir))) {
        struct epc_container_name name;
        char id[EPC_COMMITTED_ID_SIZE];

        if (epc_committed_log_name_parse(entry->d_name, &name, id) == 0 &&
            strcmp(id, container_id) == 0) {
            *ret = name;
            r = 0;
        }
    }
    closedir(dir);
    return r;
}
