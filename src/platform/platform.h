/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform/platform.h: what this machine offers to enclaves, behind one interface.
 *
 * Two backends: the hardware (CPUID, /dev/sgx_*, sysfs) and the software platform (an EPC of any
 * size, device nodes with a harmless number, nothing protected). Everything above this room is the
 * same code for both: it reads struct platform_info, asks platform_poll() now and then, and hands
 * what platform_grant() returns to a container.
 *
 * The hardware's enclave device is never opened: a kernel that can update the CPU's microcode SVN
 * does so only while no descriptor is open (EUPDATESVN), so an agent that held one would block it
 * for ever. Only lstat() and readlink() look at device nodes.
 */
#ifndef COFFER_PLATFORM_PLATFORM_H
#define COFFER_PLATFORM_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/size.h"

enum {
    PLATFORM_NODES_MAX = 64,        /* NUMA nodes with EPC; more are added into the last one */
    PLATFORM_PROBLEMS_MAX = 16,     /* problems kept in one snapshot */
    PLATFORM_PATH_SIZE = 256,       /* bytes of a device path, NUL included */
    PLATFORM_DIRECTORY_SIZE = 1024, /* bytes of any other path, NUL included */
    PLATFORM_EPC_PAGE_SIZE = 4096,
    PLATFORM_VERSION_SIZE = 64, /* bytes of a driver version, NUL included */
    PLATFORM_TEXT_SIZE = 192,   /* bytes of a problem's sentence, NUL included */
    PLATFORM_GRANT_MAX = 8,     /* devices, mounts, or variables of one grant */
    PLATFORM_GROUP_SIZE = 24,   /* bytes of a ledger group's name, NUL included */
    PLATFORM_POLL_MS = 2000,    /* how often to call platform_poll(): loss and return seen in 5 s */
    PLATFORM_NODE_UNKNOWN = -1, /* NUMA node of EPC that only CPUID told of */
};

/** PLATFORM_SOFTWARE_EPC_DEFAULT - bytes of the software platform's EPC when none is asked for:
 *  what the largest machine of the DCsv2 family has */
#define PLATFORM_SOFTWARE_EPC_DEFAULT (168 * SIZE_MIB)

/** PLATFORM_EPC_MAX - bytes of one node's EPC; more than x86's 52 address bits can hold is nonsense
 */
#define PLATFORM_EPC_MAX (UINT64_C(1) << 52)

/* Where a container finds what a software platform's grant mounts. */
#define PLATFORM_CONTAINER_LIBRARY "/usr/lib/coffer/libcoffer-sgx.so"
#define PLATFORM_CONTAINER_SECRET  "/var/lib/coffer/platform" /* directory, holds "secret" */
#define PLATFORM_CONTAINER_RUN     "/run/coffer"              /* directory, holds "ledger.sock" */
#define PLATFORM_CONTAINER_AESM    "/var/run/aesmd"           /* directory, holds "aesm.socket" */

enum platform_choice {
    PLATFORM_AUTO, /* hardware; software only where the CPU has no SGX and an EPC size was given */
    PLATFORM_HARDWARE_ONLY,
    PLATFORM_SOFTWARE_ONLY,
};

enum platform_backend {
    PLATFORM_NONE, /* not established */
    PLATFORM_HARDWARE,
    PLATFORM_SOFTWARE,
};

enum platform_driver {
    PLATFORM_DRIVER_NONE,
    PLATFORM_DRIVER_IN_KERNEL, /* Linux 5.11 and later: /dev/sgx_enclave */
    PLATFORM_DRIVER_DCAP_1_33, /* 1.32 to 1.36: /dev/sgx/enclave */
    PLATFORM_DRIVER_DCAP_1_41, /* /dev/sgx_enclave, and symlinks in /dev/sgx */
    PLATFORM_DRIVER_ISGX,      /* the EPID driver: /dev/isgx, another ABI, no provision device */
    PLATFORM_DRIVER_SOFTWARE,
};

enum platform_epc_source {
    PLATFORM_EPC_NONE,
    PLATFORM_EPC_SYSFS,  /* /sys/devices/system/node/nodeN/x86/sgx_total_bytes, Linux 5.17 */
    PLATFORM_EPC_CPUID,  /* leaf 0x12, subleaves 2 and up: also counts what the kernel left out */
    PLATFORM_EPC_OPTION, /* the software platform's --epc */
};

/** enum platform_check - what a problem is about; platform_check_name() has the stable name */
enum platform_check {
    PLATFORM_CHECK_NONE,
    PLATFORM_CHECK_CPU,        /* "cpu": the processor has SGX1 */
    PLATFORM_CHECK_BIOS,       /* "bios": the firmware enables it and reserves EPC */
    PLATFORM_CHECK_FLC,        /* "flc": flexible launch control */
    PLATFORM_CHECK_SGX2,       /* "sgx2": dynamic memory */
    PLATFORM_CHECK_DRIVER,     /* "driver": some driver made a device node */
    PLATFORM_CHECK_ENCLAVE,    /* "enclave-device": it is a character device */
    PLATFORM_CHECK_PROVISION,  /* "provision-device" */
    PLATFORM_CHECK_DEV_NOEXEC, /* "dev-exec": /dev can be mapped executable */
    PLATFORM_CHECK_FSGSBASE,   /* "fsgsbase" */
    PLATFORM_CHECK_EPC,        /* "epc": there is some, and the kernel says where */
    PLATFORM_CHECK_EPC_CGROUP, /* "epc-cgroup" */
    PLATFORM_CHECK_LIBRARY,    /* "software-library": libcoffer-sgx.so for containers */
    PLATFORM_CHECK_COUNT,
};

enum platform_severity {
    PLATFORM_NOTE,    /* works, something is missing that some want */
    PLATFORM_WARNING, /* works, will surprise somebody */
    PLATFORM_FATAL,   /* no enclave can run */
};

struct platform_problem {
    enum platform_check check;
    enum platform_severity severity;
    char text[PLATFORM_TEXT_SIZE];
    const char *remedy; /* static */
};

struct platform_node {
    int32_t id;        /* NUMA node, or PLATFORM_NODE_UNKNOWN */
    uint64_t epc_size; /* bytes, never 0 */
};

struct platform_cpu {
    bool has_sgx;      /* CPUID 7.EBX[2] */
    bool has_flc;      /* CPUID 7.ECX[30] */
    bool has_sgx1;     /* CPUID 0x12.0 EAX[0] */
    bool has_sgx2;     /* CPUID 0x12.0 EAX[1] */
    bool has_fsgsbase; /* AT_HWCAP2 bit 1: the kernel lets user space set the bases */
    uint64_t epc_size; /* bytes, sum of the EPC sections of leaf 0x12 */
    uint64_t xfrm;     /* CPUID 0x12.1 EDX:ECX */
};

/**
 * struct platform_info - one snapshot; plain data, owned by the platform and replaced by
 * platform_poll(). Zero means "nothing found".
 */
struct platform_info {
    enum platform_backend backend;
    enum platform_driver driver;
    char driver_version[PLATFORM_VERSION_SIZE]; /* "1.33.2"; the kernel's release when in-kernel */
    struct platform_cpu cpu;

    enum platform_epc_source epc_source;
    uint64_t epc_size; /* bytes, all nodes */
    uint32_t node_count;
    struct platform_node nodes[PLATFORM_NODES_MAX]; /* ascending by id */

    /* Paths for the container runtime, symlinks resolved; "" when there is no usable device. */
    char enclave_path[PLATFORM_PATH_SIZE];
    char provision_path[PLATFORM_PATH_SIZE];

    uint64_t
        epc_cgroup_size; /* misc.capacity "sgx_epc" in bytes; 0: this kernel cannot limit EPC */

    uint32_t problem_count;
    struct platform_problem problems[PLATFORM_PROBLEMS_MAX];
};

/** platform_is_ready() - the one predicate: an enclave can be created here now */
static inline bool platform_is_ready(const struct platform_info *info)
{
    return info->backend != PLATFORM_NONE && info->enclave_path[0] != '\0' && info->epc_size > 0;
}

/** struct platform_cpu_source - where CPUID and the auxiliary vector come from; tests replay them
 */
struct platform_cpu_source {
    /* @ret_regs: EAX, EBX, ECX, EDX; zeros for a leaf above the maximum */
    void (*cpuid)(void *context, uint32_t leaf, uint32_t subleaf, uint32_t ret_regs[static 4]);
    uint64_t (*hwcap2)(void *context);
    void *context;
};

/** struct platform_sources - the machine to look at; a NULL member means the real one */
struct platform_sources {
    const char *sys;      /* "/sys" */
    const char *dev;      /* "/dev" */
    const char *dev_host; /* the same directory as the container runtime names it; NULL: as @dev */
    const char *proc;     /* "/proc" */
    const struct platform_cpu_source *cpu;
};

/** struct platform_software_options - the software backend's settings; zero or NULL means the
 * default */
struct platform_software_options {
    uint64_t epc_size;     /* bytes, rounded down to whole pages; PLATFORM_SOFTWARE_EPC_DEFAULT */
    uint32_t node_count;   /* simulated NUMA nodes, 1 */
    const char *run_dir;   /* "/run/coffer": dev/ with the nodes, share/ with the ledger's socket */
    const char *state_dir; /* "/var/lib/coffer": platform/ with the node secret */
    const char *library;   /* libcoffer-sgx.so; NULL: beside the executable. Copied into @run_dir */
};

struct platform_options {
    enum platform_choice choice;
    bool is_look_only; /* the software backend makes nothing: for doctor, beside a running agent */
    struct platform_sources sources;
    struct platform_software_options software;
};

struct platform; /* opaque */

/**
 * platform_new() - choose the backend and take the first snapshot
 *
 * Strings of @options are copied. A machine without SGX, without a driver, or with a driver that
 * comes later is not an error: the snapshot says so and platform_poll() will see the change. The
 * software backend makes its directories and device nodes here.
 *
 * Return: 0; -EINVAL or -ENAMETOOLONG for settings that cannot be; -EPERM or another errno with
 * the reason when the software backend's device nodes cannot be made; -ENOMEM.
 */
NODISCARD int platform_new(const struct platform_options *options, struct platform **ret,
                           struct err *err);

void platform_free(struct platform *p);
void platform_freep(struct platform **p);

/** platform_ledger_dir() - host directory of the ledger's socket; NULL for the hardware */
const char *platform_ledger_dir(const struct platform *p);

/** platform_ledger_path() - where the EPC ledger is to be served; NULL for the hardware */
const char *platform_ledger_path(const struct platform *p);

/** platform_info() - the current snapshot, borrowed until the next platform_poll() or _free() */
const struct platform_info *platform_info(const struct platform *p);

/**
 * platform_poll() - look again: a few dozen system calls, no allocation; CPUID is not repeated
 * Return: true when anything in the snapshot changed.
 */
NODISCARD bool platform_poll(struct platform *p);

/** struct platform_request - what one container has been given by resources */
struct platform_request {
    bool enclave;         /* the enclave device */
    bool provision;       /* the provision device */
    bool aliases;         /* also /dev/sgx/enclave and /dev/sgx/provision */
    uint64_t epc_limit;   /* bytes for COFFER_EPC_LIMIT; 0: no such variable */
    const char *aesm_dir; /* host directory of the quote helper's socket; NULL: none */
    const char
        *ledger_dir; /* host directory of the ledger's socket; NULL: the one that all share */
};

struct platform_device {
    const char *host;
    const char *container;
    const char *permissions; /* "rw" */
};

struct platform_mount {
    const char *host;
    const char *container;
    bool is_read_only;
};

struct platform_variable {
    const char *name;
    const char *value;
};

/**
 * struct platform_grant - what to put into the container. Strings are static, or borrowed from the
 * platform until the next platform_poll() or _free(), from the request, or from this struct
 * itself: do not copy it by value.
 */
struct platform_grant {
    uint32_t device_count;
    uint32_t mount_count;
    uint32_t variable_count;
    struct platform_device devices[PLATFORM_GRANT_MAX];
    struct platform_mount mounts[PLATFORM_GRANT_MAX];
    struct platform_variable variables[PLATFORM_GRANT_MAX];
    char limit_text[24];
    char group_text[PLATFORM_GROUP_SIZE];
};

/**
 * platform_grant() - what a container needs, whichever backend this is
 * Return: 0; -ENODEV with the reason when an asked device is not there now.
 */
NODISCARD int platform_grant(const struct platform *p, const struct platform_request *request,
                             struct platform_grant *ret, struct err *err);

/* Stable names for logs, metrics and JSON. */
const char *platform_backend_name(enum platform_backend backend);
const char *platform_driver_name(enum platform_driver driver);
const char *platform_epc_source_name(enum platform_epc_source source);
const char *platform_check_name(enum platform_check check);
const char *platform_severity_name(enum platform_severity severity);

/**
 * platform_choice_parse() - "auto", "hardware", "software"
 * Return: 0; -EINVAL.
 */
NODISCARD int platform_choice_parse(const char *text, enum platform_choice *ret, struct err *err);

#endif
