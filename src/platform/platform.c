/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One interface over two backends. The backend is chosen once, when the platform is made, since a
 * processor does not gain SGX while it runs; everything else may change at any time and is looked
 * up again by every poll. A driver that is loaded late, a device node that vanishes and its return
 * are therefore all the same event: a snapshot that differs from the one before.
 *
 * Two snapshots are compared as bytes. This is sound because a snapshot is zeroed as a whole and
 * then filled member by member, so padding and the tails of its texts are equal. It is also why a
 * poll allocates nothing: the paths that it looks at are arrays of the platform, filled once.
 *
 * A grant is the complete answer to "what does this container need": devices, mounts, variables.
 * The agent passes it on without asking which backend made it.
 */
#include "platform/platform.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/install.h"
#include "base/span.h"
#include "platform/cpu.h"
#include "platform/hardware.h"
#include "platform/software.h"
#include "software/environment.h"

/* Every path that the platform knows. "" stands for none. */
struct paths {
    char sys[PLATFORM_DIRECTORY_SIZE];
    char dev[PLATFORM_DIRECTORY_SIZE];
    char dev_host[PLATFORM_DIRECTORY_SIZE];
    char proc[PLATFORM_DIRECTORY_SIZE];

    /* The software backend's. */
    char run_dir[PLATFORM_DIRECTORY_SIZE];
    char secret_dir[PLATFORM_DIRECTORY_SIZE];
    char library[PATH_SIZE]; /* the one that is copied */

    /* The mounts of a software grant, as the container runtime names them. */
    char host_library[PLATFORM_DIRECTORY_SIZE];
    char host_secret[PLATFORM_DIRECTORY_SIZE];
    char host_share[PLATFORM_DIRECTORY_SIZE];
    char ledger[PLATFORM_DIRECTORY_SIZE]; /* socket in host_share */
};

struct platform {
    enum platform_backend backend;
    struct paths paths;
    struct platform_hardware hardware; /* borrows from paths */
    struct platform_software software; /* so does this */
    struct platform_info info;
};

PRINTF_LIKE(3, 4)
static int path_set(struct err *err, char ret[static PLATFORM_DIRECTORY_SIZE], const char *format,
                    ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(ret, PLATFORM_DIRECTORY_SIZE, format, args);
    va_end(args);
    if (len >= PLATFORM_DIRECTORY_SIZE)
        return err_set(err, -ENAMETOOLONG, "%.64s...: a path has %d bytes, the limit is %d", ret,
                       len, PLATFORM_DIRECTORY_SIZE - 1);
    return 0;
}

static const char *text_or(const char *text, const char *fallback)
{
    return text ? text : fallback;
}

static int sources_set(struct platform *p, const struct platform_sources *s, struct err *err)
{
    struct paths *paths = &p->paths;

    if (path_set(err, paths->sys, "%s", text_or(s->sys, "/sys")) < 0 ||
        path_set(err, paths->dev, "%s", text_or(s->dev, "/dev")) < 0 ||
        path_set(err, paths->dev_host, "%s", text_or(s->dev_host, paths->dev)) < 0 ||
        path_set(err, paths->proc, "%s", text_or(s->proc, "/proc")) < 0)
        return -ENAMETOOLONG;
    p->hardware = (struct platform_hardware){
        .sys = paths->sys,
        .dev = paths->dev,
        .dev_host = paths->dev_host,
        .proc = paths->proc,
    };
    platform_cpu_read(s->cpu ? s->cpu : platform_cpu_source_machine(), &p->hardware.cpu);
    return 0;
}

/* A library that was named must have a path that fits; an installed one may be missing. */
static int library_set(struct paths *paths, const char *library, struct err *err)
{
    size_t len = library ? strlen(library) : 0;

    if (len >= sizeof(paths->library))
        return err_set(err, -ENAMETOOLONG, "the library's path has %zu bytes", len);
    if (library)
        memcpy(paths->library, library, len + 1);
    else if (install_find("libcoffer-sgx.so", paths->library, NULL) < 0)
        paths->library[0] = '\0';
    return 0;
}

static int software_paths_set(struct paths *paths, const struct platform_software_options *s,
                              struct err *err)
{
    const char *state_dir = text_or(s->state_dir, "/var/lib/coffer");
    const char *run_dir = text_or(s->run_dir, "/run/coffer");

    if (path_set(err, paths->run_dir, "%s", run_dir) < 0 ||
        path_set(err, paths->secret_dir, "%s/platform", state_dir) < 0 ||
        path_set(err, paths->host_secret, "%s/platform/" PLATFORM_SOFTWARE_SECRET_COPY, state_dir) <
            0 ||
        path_set(err, paths->host_share, "%s/share", run_dir) < 0 ||
        path_set(err, paths->host_library, "%s/lib/libcoffer-sgx.so", run_dir) < 0 ||
        path_set(err, paths->ledger, "%s/share/ledger.sock", run_dir) < 0)
        return -ENAMETOOLONG;
    return library_set(paths, s->library, err);
}

static int software_set(struct platform *p, const struct platform_software_options *s,
                        struct err *err)
{
    struct paths *paths = &p->paths;
    int r = software_paths_set(paths, s, err);

    if (r < 0)
        return r;
    p->software = (struct platform_software){
        .epc_size = s->epc_size ? s->epc_size : PLATFORM_SOFTWARE_EPC_DEFAULT,
        .node_count = s->node_count ? s->node_count : 1,
        .run_dir = paths->run_dir,
        .secret_dir = paths->secret_dir,
        .library = paths->library[0] ? paths->library : NULL,
        .has_fsgsbase = p->hardware.cpu.has_fsgsbase,
    };
    p->software.epc_size &= ~(uint64_t)(PLATFORM_EPC_PAGE_SIZE - 1);
    return 0;
}

static enum platform_backend backend_choose(const struct platform_options *o,
                                            const struct platform_cpu *cpu)
{
    if (o->choice == PLATFORM_SOFTWARE_ONLY)
        return PLATFORM_SOFTWARE;
    if (o->choice == PLATFORM_AUTO && o->software.epc_size > 0 && !cpu->has_sgx)
        return PLATFORM_SOFTWARE;
    return PLATFORM_HARDWARE;
}

static void snapshot_take(const struct platform *p, struct platform_info *ret)
{
    memset(ret, 0, sizeof(*ret));
    if (p->backend == PLATFORM_SOFTWARE)
        platform_software_discover(&p->software, ret);
    else
        platform_hardware_discover(&p->hardware, ret);
}

static int platform_init(struct platform *p, const struct platform_options *options,
                         struct err *err)
{
    int r;

    if (options->software.node_count > PLATFORM_NODES_MAX)
        return err_set(err, -EINVAL, "%u NUMA nodes, the limit is %d", options->software.node_count,
                       PLATFORM_NODES_MAX);
    r = sources_set(p, &options->sources, err);
    if (r < 0)
        return r;
    p->backend = backend_choose(options, &p->hardware.cpu);
    if (p->backend != PLATFORM_SOFTWARE)
        return 0;
    r = software_set(p, &options->software, err);
    if (r < 0 || options->is_look_only)
        return r;
    return platform_software_prepare(&p->software, err);
}

int platform_new(const struct platform_options *options, struct platform **ret, struct err *err)
{
    CLEANUP(platform_freep) struct platform *p = calloc(1, sizeof(*p));
    int r;

    if (!p)
        return err_set(err, -ENOMEM, "platform");
    r = platform_init(p, options, err);
    if (r < 0)
        return r;
    snapshot_take(p, &p->info);
    *ret = TAKE_PTR(p);
    return 0;
}

void platform_free(struct platform *p)
{
    free(p);
}

void platform_freep(struct platform **p)
{
    platform_free(*p);
}

const char *platform_ledger_dir(const struct platform *p)
{
    return p->backend == PLATFORM_SOFTWARE ? p->paths.host_share : NULL;
}

const char *platform_ledger_path(const struct platform *p)
{
    return p->backend == PLATFORM_SOFTWARE ? p->paths.ledger : NULL;
}

const struct platform_info *platform_info(const struct platform *p)
{
    return &p->info;
}

bool platform_poll(struct platform *p)
{
    struct platform_info now;

    snapshot_take(p, &now);
    /* Both were zeroed whole and then filled member by member: padding and tails compare equal. */
    if (span_equal(span_of(&now, sizeof(now)), span_of(&p->info, sizeof(p->info))))
        return false;
    memcpy(&p->info, &now, sizeof(now));
    return true;
}

static void device_add(struct platform_grant *g, const char *host, const char *container)
{
    g->devices[g->device_count++] = (struct platform_device){host, container, "rw"};
}

static void mount_add(struct platform_grant *g, const char *host, const char *container)
{
    g->mounts[g->mount_count++] = (struct platform_mount){host, container, true};
}

static void variable_add(struct platform_grant *g, const char *name, const char *value)
{
    g->variables[g->variable_count++] = (struct platform_variable){name, value};
}

static int enclave_grant(const struct platform *p, bool with_aliases, struct platform_grant *ret,
                         struct err *err)
{
    const struct platform_info *info = &p->info;

    if (info->enclave_path[0] == '\0')
        return err_set(err, -ENODEV, "the enclave device is not there");
    if (info->driver == PLATFORM_DRIVER_ISGX) {
        device_add(ret, info->enclave_path, "/dev/isgx");
        return 0;
    }
    device_add(ret, info->enclave_path, "/dev/sgx_enclave");
    if (with_aliases)
        device_add(ret, info->enclave_path, "/dev/sgx/enclave");
    return 0;
}

static int provision_grant(const struct platform *p, bool with_aliases, struct platform_grant *ret,
                           struct err *err)
{
    const struct platform_info *info = &p->info;

    if (info->provision_path[0] == '\0')
        return err_set(err, -ENODEV, "the provision device is not there");
    device_add(ret, info->provision_path, "/dev/sgx_provision");
    if (with_aliases)
        device_add(ret, info->provision_path, "/dev/sgx/provision");
    return 0;
}

/* The engine of the software platform: library, secret, and the ledger's socket. */
static void engine_grant(const struct platform *p, const char *ledger_dir,
                         struct platform_grant *ret)
{
    if (p->backend != PLATFORM_SOFTWARE || !p->software.library)
        return;
    mount_add(ret, p->paths.host_library, PLATFORM_CONTAINER_LIBRARY);
    mount_add(ret, p->paths.host_secret, PLATFORM_CONTAINER_SECRET);
    mount_add(ret, ledger_dir ? ledger_dir : p->paths.host_share, PLATFORM_CONTAINER_RUN);
    variable_add(ret, "LD_PRELOAD", PLATFORM_CONTAINER_LIBRARY);
}

/* All processes of the container share its limit: an Allocate is one container. */
static void group_name(char text[static PLATFORM_GROUP_SIZE])
{
    uint64_t number = 0;

    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        number = (uint64_t)clock_monotonic_us();
    snprintf(text, PLATFORM_GROUP_SIZE, "%016" PRIx64, number);
}

/* The limit, and on the software platform the group of processes that shares it. */
static void limit_grant(const struct platform *p, uint64_t epc_limit, struct platform_grant *ret)
{
    if (epc_limit == 0)
        return;
    snprintf(ret->limit_text, sizeof(ret->limit_text), "%" PRIu64, epc_limit);
    variable_add(ret, SOFTWARE_ENV_LIMIT, ret->limit_text);
    if (p->backend != PLATFORM_SOFTWARE)
        return;
    group_name(ret->group_text);
    variable_add(ret, SOFTWARE_ENV_GROUP, ret->group_text);
}

static void aesm_grant(const char *aesm_dir, struct platform_grant *ret)
{
    if (!aesm_dir)
        return;
    mount_add(ret, aesm_dir, PLATFORM_CONTAINER_AESM);
    variable_add(ret, "SGX_AESM_ADDR", "1");
}

int platform_grant(const struct platform *p, const struct platform_request *request,
                   struct platform_grant *ret, struct err *err)
{
    int r = 0;

    memset(ret, 0, sizeof(*ret));
    if (request->enclave)
        r = enclave_grant(p, request->aliases, ret, err);
    if (r < 0)
        return r;
    if (request->provision)
        r = provision_grant(p, request->aliases, ret, err);
    if (r < 0)
        return r;
    if (request->enclave)
        engine_grant(p, request->ledger_dir, ret);
    limit_grant(p, request->epc_limit, ret);
    aesm_grant(request->aesm_dir, ret);
    return 0;
}
