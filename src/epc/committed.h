/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epc/committed.h: how much enclave address space each container has mapped, from /proc.
 *
 * Mainline Linux does not tell who holds which EPC pages. What it does tell is every process's
 * mappings of the enclave device: their sum is what the enclaves of a container have committed to,
 * an upper bound of their EPC. The agent needs the host's process namespace to see them.
 */
#ifndef COFFER_EPC_COMMITTED_H
#define COFFER_EPC_COMMITTED_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    COMMITTED_ID_SIZE = 65,        /* bytes of a container id, 64 hex digits and a NUL */
    COMMITTED_UID_SIZE = 37,       /* bytes of a pod's UID, NUL included */
    COMMITTED_ROWS_MAX = 4096,     /* containers in one scan */
    COMMITTED_MAPS_MAX = 32 << 20, /* bytes of one process's maps that are read */
};

/** struct committed_row - one container, or all processes outside containers (both ids "") */
struct committed_row {
    char container_id[COMMITTED_ID_SIZE];
    char pod_uid[COMMITTED_UID_SIZE]; /* with dashes; "" for a container outside Kubernetes */
    uint64_t size;                    /* bytes of enclave mappings, once per process */
    uint32_t process_count;           /* processes with at least one such mapping */
};

/** struct committed - initialise with {0}, release with committed_done() */
struct committed {
    struct committed_row *rows; /* ascending by container id */
    uint32_t count;
    uint32_t room;
    uint64_t size; /* bytes, all rows */
};

void committed_done(struct committed *c);

/**
 * committed_scan() - walk the processes below @proc and replace the content of @into
 *
 * Processes that end meanwhile are passed over, and so are those that may not be read; of maps
 * larger than COMMITTED_MAPS_MAX what is read counts. Costs one read of each process's maps: call
 * it when somebody asks, not in a short period.
 *
 * Return: 0; errno of reading @proc; -ENOMEM; -E2BIG above COMMITTED_ROWS_MAX.
 */
NODISCARD int committed_scan(const char *proc, struct committed *into, struct err *err);

/**
 * committed_parse_maps() - sum the mappings of an enclave device in the text of /proc/PID/maps
 * Return: bytes; lines that cannot be understood count nothing, and the sum stops at 2^64 - 1.
 */
uint64_t committed_parse_maps(struct span maps);

/**
 * committed_parse_cgroup() - container and pod in the text of /proc/PID/cgroup
 *
 * Understands the systemd and the cgroupfs layout of kubelet, cgroup v1 and v2, and the scope
 * names of containerd, CRI-O and Docker. @ret's ids are "" where there is none.
 */
void committed_parse_cgroup(struct span cgroup, struct committed_row *ret);

/** struct container_name - which container an id belongs to */
struct container_name {
    char namespace_name[64];
    char pod[254];
    char container[64];
};

/**
 * committed_parse_log_name() - the file names that kubelet keeps in /var/log/containers:
 * "POD_NAMESPACE_CONTAINER-ID.log"
 * @ret_id: receives the container id
 * Return: 0; -EINVAL for any other name.
 */
NODISCARD int committed_parse_log_name(const char *file, struct container_name *ret,
                                       char ret_id[static COMMITTED_ID_SIZE]);

/**
 * committed_name() - look a container id up in @log_dir ("/var/log/containers")
 * Return: 0; -ENOENT; errno of reading the directory.
 */
NODISCARD int committed_name(const char *log_dir, const char *container_id,
                             struct container_name *ret);

#endif
