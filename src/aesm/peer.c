/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/peer.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

enum {
    UID_SIZE = 36,              /* characters of a pod's UID with its dashes */
    CONTAINER_ID_SIZE = 64,     /* hexadecimal digits */
    CONTAINER_SHOWN = 12,       /* digits that people see */
    CGROUP_SIZE_MAX = 8 * 1024, /* bytes of /proc/PID/cgroup that are looked at */
    PATH_SIZE = 64,
};

/* A UUID in its usual form; systemd's slice names have underscores for the dashes. A static pod's
 * UID is a hash without either, which is not taken for a UID. */
static bool uid_read(struct span text, size_t at, char ret[static UID_SIZE + 1])
{
    struct span s = span_sub(text, at, UID_SIZE);

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < UID_SIZE; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = (char)s.data[i];

        if (is_dash ? c != '-' && c != '_' : text_hex_digit(s.data[i]) < 0)
            return false;
        ret[i] = (char)(is_dash ? '-' : c);
    }
    ret[UID_SIZE] = '\0';
    return true;
}

/* A run of exactly 64, or for a static pod 32, hexadecimal digits. */
static bool digits_match(struct span text, size_t at, size_t count)
{
    struct span s = span_sub(text, at, count);

    if (s.len == 0 || !text_is_hex(s))
        return false;
    return at + count == text.len || !isalnum(text.data[at + count]);
}

static bool pod_find(struct span text, char ret[static AESM_PEER_NAME_SIZE])
{
    char uid[UID_SIZE + 1];

    for (size_t i = 0; i + 3 < text.len; i++) {
        if (memcmp(text.data + i, "pod", 3) != 0)
            continue;
        if (uid_read(text, i + 3, uid)) {
            snprintf(ret, AESM_PEER_NAME_SIZE, "pod %s", uid);
            return true;
        }
        if (digits_match(text, i + 3, 32)) {
            snprintf(ret, AESM_PEER_NAME_SIZE, "pod %.32s", (const char *)text.data + i + 3);
            return true;
        }
    }
    return false;
}

static bool container_find(struct span text, char ret[static AESM_PEER_NAME_SIZE])
{
    for (size_t i = 1; i < text.len; i++) {
        if (isalnum(text.data[i - 1]) || !digits_match(text, i, CONTAINER_ID_SIZE))
            continue;
        snprintf(ret, AESM_PEER_NAME_SIZE, "container %.*s", CONTAINER_SHOWN,
                 (const char *)text.data + i);
        return true;
    }
    return false;
}

void aesm_peer_name_parse(struct span cgroup, char ret[static AESM_PEER_NAME_SIZE])
{
    if (!pod_find(cgroup, ret) && !container_find(cgroup, ret))
        snprintf(ret, AESM_PEER_NAME_SIZE, "host");
}

static void name_look_up(const struct ucred *peer, const char *proc,
                         char ret[static AESM_PEER_NAME_SIZE])
{
    uint8_t text[CGROUP_SIZE_MAX];
    char path[PATH_SIZE];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%d/cgroup", proc, peer->pid);
    fd = peer->pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
    fd_close(fd);
    if (n > 0)
        aesm_peer_name_parse(span_of(text, (size_t)n), ret);
    else
        snprintf(ret, AESM_PEER_NAME_SIZE, "uid %u", peer->uid);
}

const char *aesm_peer_name_of(struct aesm_peer_cache *cache, int fd, const char *proc,
                              int64_t now_ms)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);
    size_t row;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return "unknown";
    row = (size_t)peer.pid % AESM_PEER_CACHE_COUNT;
    if (cache->rows[row].pid != peer.pid || cache->rows[row].until_ms <= now_ms || peer.pid == 0) {
        cache->rows[row].pid = peer.pid;
        cache->rows[row].until_ms = now_ms + AESM_PEER_CACHE_LIFE_MS;
        name_look_up(&peer, proc, cache->rows[row].name);
    }
    return cache->rows[row].name;
}
