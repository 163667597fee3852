/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epc/committed.h: how much enclave address space each container has mapped, from /proc.
 *
 * Linux does not tell which process holds which EPC pages. It does tell every process's mappings of
 * the enclave device. Their sum is what the enclaves of a container have committed to,
 * an upper bound of their EPC. The agent needs the host's process namespace to see them.
 */
#ifndef COFFER_EPC_COMMITTED_H
#define COFFER_EPC_COMMITTED_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    EPC_COMMITTED_ID_SIZE = 65,        /* bytes of a container id, 64 hex digits and a NUL */
    EPC_COMMITTED_UID_SIZE = 37,       /* bytes of a pod's UID, NUL included */
    EPC_COMMITTED_ROWS_MAX = 4096,     /* containers in one scan */
    EPC_COMMITTED_MAPS_MAX = 32 << 20, /* bytes of one process's maps that are read */
};

/** struct epc_committed_row - one container, or all processes outside containers (both ids "") */
struct epc_committed_row {
    char container_id[EPC_COMMITTED_ID_SIZE];
    char pod_uid[EPC_COMMITTED_UID_SIZE]; /* with dashes; "" for a container outside Kubernetes */
    uint64_t size;                        /* bytes of enclave mappings, once per process */
    uint32_t process_count;               /* processes with at least one such mapping */
};

/** struct epc_committed - initialise with {0}, release with epc_committed_done() */
struct epc_committed {
    struct epc_committed_row *rows; /* ascending by container id */
    uint32_t count;
    uint32_t room;
    uint64_t size; /* bytes, all rows */
};

void epc_committed_done(struct epc_committed *c);

/**
 * epc_committed_scan() - walk the processes below @proc and replace the content of @into
 *
 * Processes that end meanwhile are passed over, and so are those that may not be read; of maps
 * larger than EPC_COMMITTED_MAPS_MAX what is read counts. Costs one read of each process's maps:
 * call it when somebody asks, not in a short period.
 *
 * Return: 0; errno of reading @proc; -ENOMEM; -E2BIG above EPC_COMMITTED_ROWS_MAX.
 */
NODISCARD int epc_committed_scan(const char *proc, struct epc_committed *into, struct err *err);

/**
 * epc_committed_maps_parse() - sum the mappings of an enclave device in the text of /proc/PID/maps
 * Return: bytes; lines that cannot be understood count nothing, and the sum stops at 2^64 - 1.
 */
uint64_t epc_committed_maps_parse(struct span maps);

/**
 * epc_committed_cgroup_parse() - container and pod in the text of /proc/PID/cgroup
 *
 * Understands the systemd and the cgroupfs layout of kubelet, cgroup v1 and v2, and the scope
 * names of containerd, CRI-O and Docker. @ret's ids are "" where there is none.
 */
void epc_committed_cgroup_parse(struct span cgroup, struct epc_committed_row *ret);

/** struct epc_container_name - which container an id belongs to */
struct epc_container_name {
    char namespace_name[64];
    char pod[254];
    char container[64];
};

/**
 * epc_committed_log_name_parse() - the file names that kubelet keeps in /var/log/containers:
 * "POD_NAMESPACE_CONTAINER-ID.log"
 * @ret_id: receives the container id
 * Return: 0; -EINVAL for any other name.
 */
NODISCARD int epc_committed_log_name_parse(const char *file, struct epc_container_name *ret,
                                           char ret_id[static EPC_COMMITTED_ID_SIZE]);

/**
 * epc_committed_name() - look a container id up in @log_dir ("/var/log/containers")
 * Return: 0; -ENOENT; errno of reading the directory.
 */
NODISCARD int epc_committed_name(const char *log_dir, const char *container_id,
                                 struct epc_container_name *ret);

#endif
