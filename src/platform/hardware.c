/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at a machine: CPUID, device nodes, sysfs. The result says what was found and a list of
 * problems, each with a remedy. A missing piece is a problem and never an error, since the reader
 * of the list is an administrator who wants to hear all of it.
 *
 * Device nodes decide which driver it is. Linux 5.11 and Intel's DCAP 1.41 both make
 * /dev/sgx_enclave and have one ABI; the loaded module tells them apart, for the version's sake
 * only. DCAP 1.33 makes /dev/sgx/enclave. The EPID driver makes /dev/isgx: its ABI is different and
 * it has no provision device. DCAP 1.22 and older made /dev/sgx itself, which nothing supports.
 *
 * The EPC comes from sysfs where the kernel has it (Linux 5.17), by NUMA node. Before that only
 * CPUID tells its size, which may be more than the kernel took, and no node.
 *
 * How serious a finding is depends on the device: with a working device node a processor that
 * CPUID says has no SGX is a warning (some hypervisors hide the bits), without one it is fatal.
 */
#include "platform/hardware.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/size.h"
#include "platform/device.h"
#include "platform/problem.h"
#include "platform/sysfs.h"

static const char REMEDY_CPU[] =
    "Use a machine whose processor has Intel SGX (on a cloud, a confidential size such as "
    "DCsv3), or run the software platform: --platform=software.";
static const char REMEDY_BIOS[] =
    "Enable SGX in the firmware setup (\"Enabled\", not \"Software Controlled\"), give it reserved "
    "memory (PRMRR), and restart the machine.";
static const char REMEDY_FLC[] =
    "Enable \"SGX Launch Control: Unlocked\" in the firmware setup; the in-kernel driver works "
    "only with it.";
static const char REMEDY_SGX2[] =
    "Nothing to do: enclaves that grow at run time (EDMM) need a newer processor.";
static const char REMEDY_DRIVER[] =
    "Run Linux 5.11 or newer built with CONFIG_X86_SGX, or load Intel's DCAP driver 1.41 "
    "(modprobe intel_sgx); then look for \"sgx\" in dmesg.";
static const char REMEDY_OLD_DRIVER[] =
    "Replace the driver with DCAP 1.33 or 1.41, or run Linux 5.11 or newer.";
static const char REMEDY_ISGX[] =
    "Works for EPID-era applications only: there is no provision device and so no DCAP quote. "
    "Move to Linux 5.11 or newer where the processor has launch control.";
static const char REMEDY_NODE[] =
    "Remove the file at that path (a container runtime accepts a character device only), then "
    "reload the driver or run: udevadm trigger --subsystem-match=misc";
static const char REMEDY_PROVISION[] =
    "Quotes need it from Linux 5.11 on. Check CONFIG_X86_SGX and udev. Ignore this if you need no "
    "quotes.";
static const char REMEDY_MODE[] =
    "Containers that do not run as root need that group (supplementalGroups), or a udev rule: "
    "KERNEL==\"sgx_enclave\", MODE=\"0666\"";
static const char REMEDY_NOEXEC[] = "mount -o remount,exec /dev";
static const char REMEDY_FSGSBASE[] =
    "Run Linux 5.9 or newer and drop \"nofsgsbase\" from its command line; Gramine and others do "
    "not start without it.";
static const char REMEDY_EPC[] =
    "Look for \"sgx: EPC section\" in dmesg; if there is none, enlarge the reserved memory (PRMRR) "
    "in the firmware setup.";
static const char REMEDY_EPC_CPUID[] =
    "Run Linux 5.17 or newer for EPC per NUMA node; until then one total is advertised.";
static const char REMEDY_EPC_LESS[] =
    "Look for \"sgx\" in dmesg: the kernel took only part of the reserved memory.";
static const char REMEDY_CGROUP[] =
    "Nothing to do: EPC requests are respected by the scheduler. A kernel with the SGX EPC cgroup "
    "(misc controller) would also enforce them.";

/* The device nodes at the names that drivers use. */
struct nodes {
    struct platform_device_node enclave;
    struct platform_device_node provision;
    int enclave_status; /* of platform_device_find() */
    int provision_status;
    struct err enclave_err;
    struct err provision_err;
    bool is_isgx;
};

/* Find the first of @names that is a good device. If none is, the first that exists gives the
 * reason. */
static int first_find(const char *root, const char *const *names, struct platform_device_node *ret,
                      struct err *err)
{
    int status = -ENOENT;

    for (; *names; names++) {
        struct err reason = {0};
        int r = platform_device_find(root, *names, ret, &reason);

        if (r == 0)
            return 0;
        if (status == -ENOENT && r != -ENOENT) {
            status = r;
            *err = reason;
        }
    }
    return status;
}

static void nodes_find(const char *root, struct nodes *ret)
{
    static const char *const enclave[] = {"sgx_enclave", "sgx/enclave", NULL};
    static const char *const provision[] = {"sgx_provision", "sgx/provision", NULL};
    static const char *const isgx[] = {"isgx", NULL};

    memset(ret, 0, sizeof(*ret));
    ret->enclave_status = first_find(root, enclave, &ret->enclave, &ret->enclave_err);
    ret->provision_status = first_find(root, provision, &ret->provision, &ret->provision_err);
    if (ret->enclave_status == -ENOENT) {
        ret->enclave_status = first_find(root, isgx, &ret->enclave, &ret->enclave_err);
        ret->is_isgx = ret->enclave_status == 0;
    }
}

static bool module_is_loaded(const struct platform_hardware *h, const char *module)
{
    char path[PLATFORM_PATH_SIZE];
    struct stat st;

    return snprintf(path, sizeof(path), "%s/module/%s", h->sys, module) < (int)sizeof(path) &&
           stat(path, &st) == 0;
}

static void driver_name(const struct platform_hardware *h, const struct nodes *n,
                        struct platform_info *info)
{
    char *version = info->driver_version;
    size_t size = sizeof(info->driver_version);

    if (n->enclave_status != 0)
        return;
    if (n->is_isgx) {
        info->driver = PLATFORM_DRIVER_ISGX;
        sysfs_read_line(h->sys, "module/isgx/version", version, size);
        return;
    }
    if (strncmp(n->enclave.name, "sgx/", 4) == 0) {
        info->driver = PLATFORM_DRIVER_DCAP_1_33;
        sysfs_read_line(h->sys, "module/intel_sgx/version", version, size);
        return;
    }
    if (module_is_loaded(h, "intel_sgx")) {
        info->driver = PLATFORM_DRIVER_DCAP_1_41;
        sysfs_read_line(h->sys, "module/intel_sgx/version", version, size);
        return;
    }
    info->driver = PLATFORM_DRIVER_IN_KERNEL;
    sysfs_read_line(h->proc, "sys/kernel/osrelease", version, size);
}

static void host_path_set(const struct platform_hardware *h, const struct platform_device_node *d,
                          int status, char ret[static PLATFORM_PATH_SIZE])
{
    if (status != 0)
        return;
    if (snprintf(ret, PLATFORM_PATH_SIZE, "%s/%s", h->dev_host, d->name) >= PLATFORM_PATH_SIZE)
        ret[0] = '\0';
}

static void cpu_check(const struct platform_hardware *h, const struct nodes *n,
                      struct platform_info *info)
{
    const struct platform_cpu *cpu = &h->cpu;
    bool has_device = n->enclave_status == 0;
    enum platform_severity severity = has_device ? PLATFORM_WARNING : PLATFORM_FATAL;

    if (!cpu->has_sgx) {
        platform_problem_add(info, PLATFORM_CHECK_CPU, severity, REMEDY_CPU,
                             "the processor has no SGX");
        return;
    }
    if (!cpu->has_sgx1) {
        platform_problem_add(info, PLATFORM_CHECK_BIOS, severity, REMEDY_BIOS,
                             "the processor has SGX, but the firmware has switched it off");
        return;
    }
    if (cpu->epc_size == 0)
        platform_problem_add(info, PLATFORM_CHECK_BIOS, severity, REMEDY_BIOS,
                             "the firmware reserves no memory for the enclave page cache");
    if (!cpu->has_flc)
        platform_problem_add(info, PLATFORM_CHECK_FLC, has_device ? PLATFORM_NOTE : PLATFORM_FATAL,
                             REMEDY_FLC, "no flexible launch control");
    if (!cpu->has_sgx2)
        platform_problem_add(info, PLATFORM_CHECK_SGX2, PLATFORM_NOTE, REMEDY_SGX2, "no SGX2");
}

static bool has_old_driver(const struct platform_hardware *h)
{
    struct platform_device_node d;

    return platform_device_find(h->dev, "sgx", &d, NULL) == 0;
}

static void driver_check(const struct platform_hardware *h, const struct nodes *n,
                         struct platform_info *info)
{
    if (n->enclave_status == -ENOENT && has_old_driver(h))
        platform_problem_add(
            info, PLATFORM_CHECK_DRIVER, PLATFORM_FATAL, REMEDY_OLD_DRIVER,
            "/dev/sgx is the DCAP driver of 2019 (1.22 or older), whose ABI is gone");
    else if (n->enclave_status == -ENOENT)
        platform_problem_add(
            info, PLATFORM_CHECK_DRIVER, PLATFORM_FATAL, REMEDY_DRIVER,
            "no SGX driver: /dev/sgx_enclave, /dev/sgx/enclave and /dev/isgx do not exist");
    else if (n->enclave_status != 0)
        platform_problem_add(info, PLATFORM_CHECK_ENCLAVE, PLATFORM_FATAL, REMEDY_NODE, "%s",
                             n->enclave_err.text);
    else if (n->is_isgx)
        platform_problem_add(info, PLATFORM_CHECK_DRIVER, PLATFORM_WARNING, REMEDY_ISGX,
                             "the legacy driver isgx");
}

static void nodes_check(const struct nodes *n, struct platform_info *info)
{
    enum { OTHERS_MAY_READ_WRITE = 06 };

    if (n->enclave_status != 0)
        return;
    if ((n->enclave.mode & OTHERS_MAY_READ_WRITE) != OTHERS_MAY_READ_WRITE)
        platform_problem_add(info, PLATFORM_CHECK_ENCLAVE, PLATFORM_NOTE, REMEDY_MODE,
                             "/dev/%s has mode %04o, group %u", n->enclave.name,
                             (unsigned)(n->enclave.mode & 07777), (unsigned)n->enclave.group);
    if (n->is_isgx || n->provision_status == 0)
        return;
    if (n->provision_status == -ENOENT)
        platform_problem_add(info, PLATFORM_CHECK_PROVISION, PLATFORM_WARNING, REMEDY_PROVISION,
                             "no provision device");
    else
        platform_problem_add(info, PLATFORM_CHECK_PROVISION, PLATFORM_WARNING, REMEDY_NODE, "%s",
                             n->provision_err.text);
}

/* PID 1's mount table is the host's for an agent that shares the host's processes. */
static void dev_noexec_check(const struct platform_hardware *h, struct platform_info *info)
{
    char text[SYSFS_MOUNTINFO_MAX];
    struct span mountinfo;
    bool is_noexec;

    if (sysfs_read(h->proc, "1/mountinfo", text, sizeof(text), &mountinfo) < 0 &&
        sysfs_read(h->proc, "self/mountinfo", text, sizeof(text), &mountinfo) < 0)
        return;
    if (sysfs_parse_mount_noexec(mountinfo, "/dev", &is_noexec) == 0 && is_noexec)
        platform_problem_add(
            info, PLATFORM_CHECK_DEV_NOEXEC, PLATFORM_WARNING, REMEDY_NOEXEC,
            "/dev is mounted noexec: an enclave outside a container cannot map its code");
}

static void epc_node_add(struct platform_info *info, int32_t id, uint64_t epc_size)
{
    uint32_t at = info->node_count;

    info->epc_size += epc_size;
    if (at == PLATFORM_NODES_MAX) {
        info->nodes[at - 1].epc_size += epc_size;
        return;
    }
    for (; at > 0 && info->nodes[at - 1].id > id; at--)
        info->nodes[at] = info->nodes[at - 1];
    info->nodes[at].id = id;
    info->nodes[at].epc_size = epc_size;
    info->node_count++;
}

static void epc_nodes_read(const struct platform_hardware *h, struct platform_info *info)
{
    char path[PLATFORM_PATH_SIZE];
    const struct dirent *entry;
    DIR *dir;

    if (snprintf(path, sizeof(path), "%s/devices/system/node", h->sys) >= (int)sizeof(path))
        return;
    dir = opendir(path);
    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        char name[NAME_MAX + sizeof("/x86/sgx_total_bytes")];
        uint64_t epc_size;
        int32_t id;

        if (sysfs_parse_node_name(entry->d_name, &id) < 0)
            continue;
        snprintf(name, sizeof(name), "%s/x86/sgx_total_bytes", entry->d_name);
        if (sysfs_read_u64(path, name, &epc_size) == 0 && epc_size > 0 &&
            epc_size <= PLATFORM_EPC_MAX)
            epc_node_add(info, id, epc_size);
    }
    closedir(dir);
}

static void epc_read(const struct platform_hardware *h, struct platform_info *info)
{
    epc_nodes_read(h, info);
    if (info->node_count > 0) {
        info->epc_source = PLATFORM_EPC_SYSFS;
    } else if (h->cpu.epc_size > 0) {
        info->epc_source = PLATFORM_EPC_CPUID;
        epc_node_add(info, PLATFORM_NODE_UNKNOWN, h->cpu.epc_size);
    }
}

static void epc_check(const struct platform_hardware *h, const struct nodes *n,
                      struct platform_info *info)
{
    char have[SIZE_TEXT_SIZE];
    char want[SIZE_TEXT_SIZE];

    if (info->epc_size == 0 && n->enclave_status == 0)
        platform_problem_add(info, PLATFORM_CHECK_EPC, PLATFORM_FATAL, REMEDY_EPC,
                             "neither the kernel nor CPUID reports an enclave page cache");
    if (info->epc_source == PLATFORM_EPC_CPUID)
        platform_problem_add(
            info, PLATFORM_CHECK_EPC, PLATFORM_NOTE, REMEDY_EPC_CPUID,
            "%s by CPUID only; the kernel does not say how much it uses, nor on which "
            "NUMA node",
            size_render(info->epc_size, have));
    if (info->epc_source == PLATFORM_EPC_SYSFS && h->cpu.epc_size > info->epc_size)
        platform_problem_add(info, PLATFORM_CHECK_EPC, PLATFORM_WARNING, REMEDY_EPC_LESS,
                             "the kernel uses %s of the %s that the processor has",
                             size_render(info->epc_size, have), size_render(h->cpu.epc_size, want));
}

/* The file is in the root of the misc controller, wherever that is mounted. */
static void epc_cgroup_read(const struct platform_hardware *h, struct platform_info *info)
{
    static const char *const files[] = {
        "fs/cgroup/misc.capacity",
        "fs/cgroup/unified/misc.capacity",
        "fs/cgroup/misc/misc.capacity",
    };

    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        char text[SYSFS_TEXT_MAX];
        struct span capacity;

        if (sysfs_read(h->sys, files[i], text, sizeof(text), &capacity) == 0 &&
            sysfs_parse_keyed(capacity, "sgx_epc", &info->epc_cgroup_size) == 0)
            return;
    }
    info->epc_cgroup_size = 0;
}

static void features_check(const struct nodes *n, struct platform_info *info)
{
    if (n->enclave_status != 0)
        return;
    if (!info->cpu.has_fsgsbase)
        platform_problem_add(info, PLATFORM_CHECK_FSGSBASE, PLATFORM_WARNING, REMEDY_FSGSBASE,
                             "the kernel does not offer FSGSBASE to programs");
    if (info->epc_cgroup_size == 0)
        platform_problem_add(
            info, PLATFORM_CHECK_EPC_CGROUP, PLATFORM_NOTE, REMEDY_CGROUP,
            "this kernel has no EPC cgroup: a container can use more than it asked for");
}

void platform_hardware_discover(const struct platform_hardware *h, struct platform_info *ret)
{
    struct nodes n;

    nodes_find(h->dev, &n);
    ret->backend = PLATFORM_HARDWARE;
    ret->cpu = h->cpu;
    driver_name(h, &n, ret);
    host_path_set(h, &n.enclave, n.enclave_status, ret->enclave_path);
    if (!n.is_isgx)
        host_path_set(h, &n.provision, n.provision_status, ret->provision_path);
    epc_read(h, ret);
    epc_cgroup_read(h, ret);

    cpu_check(h, &n, ret);
    driver_check(h, &n, ret);
    nodes_check(&n, ret);
    dev_noexec_check(h, ret);
    epc_check(h, &n, ret);
    features_check(&n, ret);
}
