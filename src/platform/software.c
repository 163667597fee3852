/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software backend makes what a container gets: two device nodes, the emulator's library, the
 * node secret and a directory for the ledger's socket.
 *
 * The nodes have the number of /dev/null. A container runtime insists on character devices and
 * refuses anything else, and a program that opens one without the emulator gets ENOTTY from its
 * first ioctl and does no harm. The kernel's own SGX device numbers would open the real device on
 * a machine that has one.
 *
 * The library is copied into the run directory, since the container runtime mounts paths of the
 * host and cannot see into the agent's image. The secret is copied as well: the original is for
 * root alone, and the copy can be read by any user, but it lies below a directory that only root
 * can enter. Mounting the copy's own directory into a container is what makes it reachable there.
 *
 * Files that have the same bytes already are left alone, so that an agent which starts again does
 * not change the inode below a container's mount.
 */
#include "platform/software.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/size.h"
#include "platform/problem.h"
#include "software/secret.h"

enum {
    DIRECTORY_MODE = 0755,
    NODE_MODE = 0666, /* as the in-kernel driver's udev rules at their most generous */
    LIBRARY_MODE = 0755,
    LIBRARY_SIZE_MAX = 64 << 20,
    SECRET_COPY_MODE = 0444,
    SECRET_COPY_MAX = 4096, /* bytes */
};

static const char REMEDY_NODE[] = "Restart the agent: it makes its device nodes when it starts.";
static const char REMEDY_FSGSBASE[] =
    "Run Linux 5.9 or newer on a processor of 2012 or newer, without \"nofsgsbase\".";
static const char REMEDY_LIBRARY[] =
    "Install libcoffer-sgx.so beside the executable, or name it with --library.";

static bool node_is_ours(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISCHR(st.st_mode) &&
           st.st_rdev == makedev(PLATFORM_SOFTWARE_DEVICE_MAJOR, PLATFORM_SOFTWARE_DEVICE_MINOR);
}

static int node_make(const char *run_dir, const char *name, struct err *err)
{
    dev_t number = makedev(PLATFORM_SOFTWARE_DEVICE_MAJOR, PLATFORM_SOFTWARE_DEVICE_MINOR);
    char path[PATH_SIZE];
    int r = path_join(run_dir, name, path, err);

    if (r < 0 || node_is_ours(path))
        return r;
    if (unlink(path) < 0 && errno != ENOENT)
        return err_errno(err, "replace %s", path);
    r = mknod(path, S_IFCHR | NODE_MODE, number);
    if (r < 0 && errno == EPERM)
        return err_set(err, -EPERM,
                       "make device node %s: not permitted; the software platform's nodes for "
                       "containers need root with CAP_MKNOD",
                       path);
    if (r < 0)
        return err_errno(err, "make device node %s", path);
    if (chmod(path, NODE_MODE) < 0) /* mknod() obeys the umask */
        return err_errno(err, "chmod %s", path);
    return 0;
}

/* Write a file unless it has the same bytes already. */
static int file_renew(const char *path, struct span content, mode_t mode, struct err *err)
{
    CLEANUP(buf_done) struct buf have = buf_init(content.len);
    int r = fd_read_file(path, &have, NULL);

    if (r == -ENOMEM)
        return err_set(err, r, "%s", path);
    if (r == 0 && span_equal(buf_span(&have), content))
        return 0;
    return fd_write_file(path, content, mode, err);
}

static int library_copy(const struct platform_software *s, struct err *err)
{
    CLEANUP(buf_done) struct buf library = buf_init(LIBRARY_SIZE_MAX);
    char path[PATH_SIZE];
    int r = path_join(s->run_dir, "lib/libcoffer-sgx.so", path, err);

    if (r < 0)
        return r;
    r = fd_read_file(s->library, &library, err);
    if (r < 0)
        return r;
    return file_renew(path, buf_span(&library), LIBRARY_MODE, err);
}

static int secret_read(const char *secret_dir, struct buf *secret, struct err *err)
{
    char path[PATH_SIZE];
    int r = path_join(secret_dir, SOFTWARE_SECRET_FILE_NAME, path, err);

    return r < 0 ? r : fd_read_file(path, secret, err);
}

/* The copy that containers see. */
static int secret_copy(const struct platform_software *s, struct err *err)
{
    CLEANUP(buf_done) struct buf secret = buf_init(SECRET_COPY_MAX);
    char path[PATH_SIZE];
    int r = secret_read(s->secret_dir, &secret, err);

    if (r < 0)
        return r;
    r = path_join(s->secret_dir, PLATFORM_SOFTWARE_SECRET_COPY, path, err);
    if (r < 0)
        return r;
    r = fd_make_dirs(path, DIRECTORY_MODE, err);
    if (r < 0)
        return r;
    r = path_join(path, SOFTWARE_SECRET_FILE_NAME, path, err);
    if (r < 0)
        return r;
    return file_renew(path, buf_span(&secret), SECRET_COPY_MODE, err);
}

static int secret_make(const struct platform_software *s, struct err *err)
{
    struct software_secret secret;
    int r = software_secret_load_or_create(s->secret_dir, &secret, err);

    software_secret_wipe(&secret);
    return r < 0 ? r : secret_copy(s, err);
}

static int directories_make(const char *run_dir, struct err *err)
{
    static const char *const names[] = {"dev", "lib", "share"};

    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[PATH_SIZE];
        int r = path_join(run_dir, names[i], path, err);

        if (r < 0)
            return r;
        r = fd_make_dirs(path, DIRECTORY_MODE, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int nodes_make(const char *run_dir, struct err *err)
{
    int r = node_make(run_dir, "dev/sgx_enclave", err);

    return r < 0 ? r : node_make(run_dir, "dev/sgx_provision", err);
}

int platform_software_prepare(const struct platform_software *s, struct err *err)
{
    int r;

    if (s->epc_size / SIZE_MIB < s->node_count || s->epc_size > PLATFORM_EPC_MAX)
        return err_set(err, -EINVAL, "%llu bytes of EPC do not give each of %u NUMA nodes a MiB",
                       (unsigned long long)s->epc_size, s->node_count);
    r = directories_make(s->run_dir, err);
    if (r < 0) {
        err_wrap(err, "the software platform's run directory");
        return r;
    }
    r = nodes_make(s->run_dir, err);
    if (r < 0)
        return r;
    r = secret_make(s, err);
    if (r < 0 || !s->library)
        return r;
    r = library_copy(s, err);
    if (r < 0)
        err_wrap(err, "copy the software SGX library");
    return r;
}

int platform_software_may_make_nodes(struct err *err)
{
    char dir[] = "/tmp/coffer-probe-XXXXXX";
    char path[sizeof(dir) + sizeof("/node")];
    int r;

    if (!mkdtemp(dir))
        return err_errno(err, "make a directory in /tmp");
    r = node_make(dir, "node", err);
    snprintf(path, sizeof(path), "%s/node", dir);
    unlink(path);
    rmdir(dir);
    return r;
}

static void node_find(const struct platform_software *s, const char *name,
                      enum platform_check check, char ret[static PLATFORM_PATH_SIZE],
                      struct platform_info *info)
{
    char path[PLATFORM_PATH_SIZE];

    if (snprintf(path, sizeof(path), "%s/dev/%s", s->run_dir, name) >= (int)sizeof(path)) {
        platform_problem_add(info, check, PLATFORM_FATAL, "Choose a shorter --run-dir.",
                             "the path of %s is too long", name);
        return;
    }
    if (node_is_ours(path))
        memcpy(ret, path, strlen(path) + 1);
    else
        platform_problem_add(info, check,
                             check == PLATFORM_CHECK_ENCLAVE ? PLATFORM_FATAL : PLATFORM_WARNING,
                             REMEDY_NODE, "%s is missing, or is not the node that was made", path);
}

/* Whole MiB a node, as the device plugin counts; what is left over goes to the first nodes. */
static void epc_split(const struct platform_software *s, struct platform_info *info)
{
    uint64_t mib = s->epc_size / SIZE_MIB;

    info->node_count = s->node_count;
    for (uint32_t i = 0; i < s->node_count; i++) {
        info->nodes[i].id = (int32_t)i;
        info->nodes[i].epc_size = (mib / s->node_count + (i < mib % s->node_count)) * SIZE_MIB;
    }
    info->nodes[0].epc_size += s->epc_size % SIZE_MIB;
    info->epc_size = s->epc_size;
    info->epc_source = PLATFORM_EPC_OPTION;
}

void platform_software_discover(const struct platform_software *s, struct platform_info *ret)
{
    ret->backend = PLATFORM_SOFTWARE;
    ret->driver = PLATFORM_DRIVER_SOFTWARE;
    ret->cpu.has_sgx = true;
    ret->cpu.has_flc = true;
    ret->cpu.has_sgx1 = true;
    ret->cpu.has_sgx2 = true;
    ret->cpu.has_fsgsbase = s->has_fsgsbase;
    ret->cpu.epc_size = s->epc_size;
    ret->cpu.xfrm = 7; /* x87, SSE, AVX: what the engine saves and restores */
    epc_split(s, ret);
    node_find(s, "sgx_enclave", PLATFORM_CHECK_ENCLAVE, ret->enclave_path, ret);
    node_find(s, "sgx_provision", PLATFORM_CHECK_PROVISION, ret->provision_path, ret);
    if (!s->has_fsgsbase)
        platform_problem_add(
            ret, PLATFORM_CHECK_FSGSBASE, PLATFORM_FATAL, REMEDY_FSGSBASE,
            "the kernel does not offer FSGSBASE to programs: the engine cannot run");
    if (!s->library)
        platform_problem_add(
            ret, PLATFORM_CHECK_LIBRARY, PLATFORM_WARNING, REMEDY_LIBRARY,
            "libcoffer-sgx.so was not found: containers get device nodes without an engine");
}
