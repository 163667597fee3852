/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/peer.h: which pod a client belongs to. The kernel vouches for the process id of a unix
 * socket's peer (SO_PEERCRED); its cgroup path names container and pod. Used for fairness and
 * limits only, never for trust.
 */
#ifndef COFFER_AESM_PEER_H
#define COFFER_AESM_PEER_H

#include <sys/types.h>

#include "base/span.h"

enum {
    AESM_PEER_NAME_SIZE = 64,    /* bytes, NUL included */
    AESM_PEER_CACHE_COUNT = 256, /* process ids remembered */
    AESM_PEER_CACHE_LIFE_MS =
        5000, /* then the process id is looked up again: it may be another's */
};

/**
 * aesm_peer_name_parse() - the pod's or container's name in the text of /proc/PID/cgroup
 *
 * Understands the paths of kubelet with both cgroup drivers (".../kubepods-burstable-podUID.slice/
 * cri-containerd-ID.scope", ".../kubepods/burstable/podUID/ID"), on cgroup v1 and v2, nested and
 * seen from inside a cgroup namespace; outside Kubernetes, Docker's and Podman's container ids.
 *
 * @ret: "pod UID" with dashes, "container ID" (12 digits), or "host" when it is neither
 */
void aesm_peer_name_parse(struct span cgroup, char ret[static AESM_PEER_NAME_SIZE]);

/** struct aesm_peer_cache - zero-initialise; no release */
struct aesm_peer_cache {
    struct {
        pid_t pid;
        int64_t until_ms;
        char name[AESM_PEER_NAME_SIZE];
    } rows[AESM_PEER_CACHE_COUNT];
};

/**
 * aesm_peer_name_of() - the name of the process at the other end of a connected unix socket
 * @fd:   the connection
 * @proc: "/proc", or another directory in tests
 * Return: borrowed from the cache until the next call. A peer whose process id cannot be seen from
 * here (another PID namespace) is "uid N".
 */
const char *aesm_peer_name_of(struct aesm_peer_cache *cache, int fd, const char *proc,
                              int64_t now_ms);

#endif
