/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/platform.h"

#include <errno.h>
#include <inttypes.h>
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

struct platform {
    enum platform_backend backend;
    struct platform_hardware hardware; /* borrows the strings below */
    struct platform_software software; /* so does this */
    struct platform_info info;

    char *sys;
    char *dev;
    char *dev_host;
    char *proc;
    char *run_dir;
    char *library; /* NULL: none found */
    char *secret_dir;

    /* What a software grant mounts. */
    char *host_library;
    char *host_secret;
    char *host_share;
    char *ledger; /* socket path in host_share */
};

static char *copy_or(const char *text, const char *fallback)
{
    return strdup(text ? text : fallback);
}

static char *join(const char *dir, const char *name)
{
    size_t size = strlen(dir) + 1 + strlen(name) + 1;
    char *path = malloc(size);

    if (path)
        snprintf(path, size, "%s/%s", dir, name);
    return path;
}

static int copy_sources(struct platform *p, const struct platform_sources *s)
{
    p->sys = copy_or(s->sys, "/sys");
    p->dev = copy_or(s->dev, "/dev");
    p->dev_host = copy_or(s->dev_host, s->dev ? s->dev : "/dev");
    p->proc = copy_or(s->proc, "/proc");
    if (!p->sys || !p->dev || !p->dev_host || !p->proc)
        return -ENOMEM;

    p->hardware.sys = p->sys;
    p->hardware.dev = p->dev;
    p->hardware.dev_host = p->dev_host;
    p->hardware.proc = p->proc;
    platform_cpu_read(s->cpu ? s->cpu : platform_cpu_source_machine(), &p->hardware.cpu);
    return 0;
}

/* The installed library. NULL: there is none, or no memory. */
static char *library_find(void)
{
    char path[PATH_SIZE];

    return install_find("libcoffer-sgx.so", path, NULL) < 0 ? NULL : strdup(path);
}

static int copy_software(struct platform *p, const struct platform_software_options *s)
{
    const char *state_dir = s->state_dir ? s->state_dir : "/var/lib/coffer";

    p->run_dir = copy_or(s->run_dir, "/run/coffer");
    p->library = s->library ? strdup(s->library) : library_find();
    if (!p->run_dir || (s->library && !p->library))
        return -ENOMEM;
    p->secret_dir = join(state_dir, "platform");
    p->host_secret = join(state_dir, "platform/" PLATFORM_SOFTWARE_SECRET_COPY);
    p->host_share = join(p->run_dir, "share");
    p->host_library = join(p->run_dir, "lib/libcoffer-sgx.so");
    p->ledger = join(p->run_dir, "share/ledger.sock");
    if (!p->secret_dir || !p->host_secret || !p->host_share || !p->host_library || !p->ledger)
        return -ENOMEM;

    p->software = (struct platform_software){
        .epc_size = s->epc_size ? s->epc_size : PLATFORM_SOFTWARE_EPC_DEFAULT,
        .node_count = s->node_count ? s->node_count : 1,
        .run_dir = p->run_dir,
        .secret_dir = p->secret_dir,
        .library = p->library,
        .has_fsgsbase = p->hardware.cpu.has_fsgsbase,
    };
    p->software.epc_size &= ~(uint64_t)4095;
    return 0;
}

static enum platform_backend choose(const struct platform_options *o,
                                    const struct platform_cpu *cpu)
{
    if (o->choice == PLATFORM_SOFTWARE_ONLY)
        return PLATFORM_SOFTWARE;
    if (o->choice == PLATFORM_AUTO && o->software.epc_size > 0 && !cpu->has_sgx)
        return PLATFORM_SOFTWARE;
    return PLATFORM_HARDWARE;
}

static void discover(const struct platform *p, struct platform_info *ret)
{
    memset(ret, 0, sizeof(*ret));
    if (p->backend == PLATFORM_SOFTWARE)
        platform_software_discover(&p->software, ret);
    else
        platform_hardware_discover(&p->hardware, ret);
}

static int setup(struct platform *p, const struct platform_options *options, struct err *err)
{
    if (options->software.node_count > PLATFORM_NODES_MAX)
        return err_set(err, -EINVAL, "%u NUMA nodes, the limit is %d", options->software.node_count,
                       PLATFORM_NODES_MAX);
    if (copy_sources(p, &options->sources) < 0)
        return err_set(err, -ENOMEM, "platform");
    p->backend = choose(options, &p->hardware.cpu);
    if (p->backend != PLATFORM_SOFTWARE)
        return 0;
    if (copy_software(p, &options->software) < 0)
        return err_set(err, -ENOMEM, "platform");
    return options->is_look_only ? 0 : platform_software_prepare(&p->software, err);
}

int platform_new(const struct platform_options *options, struct platform **ret, struct err *err)
{
    CLEANUP(platform_freep) struct platform *p = calloc(1, sizeof(*p));
    int r;

    if (!p)
        return err_set(err, -ENOMEM, "platform");
    r = setup(p, options, err);
    if (r < 0)
        return r;
    discover(p, &p->info);
    *ret = TAKE_PTR(p);
    return 0;
}

void platform_free(struct platform *p)
{
    if (!p)
        return;
    free(p->sys);
    free(p->dev);
    free(p->dev_host);
    free(p->proc);
    free(p->run_dir);
    free(p->library);
    free(p->host_library);
    free(p->host_secret);
    free(p->host_share);
    free(p->secret_dir);
    free(p->ledger);
    free(p);
}

void platform_freep(struct platform **p)
{
    platform_free(*p);
}

const char *platform_ledger_path(const struct platform *p)
{
    return p->backend == PLATFORM_SOFTWARE ? p->ledger : NULL;
}

const struct platform_info *platform_info(const struct platform *p)
{
    return &p->info;
}

bool platform_poll(struct platform *p)
{
    struct platform_info now;

    discover(p, &now);
    /* Both were zeroed whole and then filled member by member: padding and tails compare equal. */
    if (span_equal(span_of(&now, sizeof(now)), span_of(&p->info, sizeof(p->info))))
        return false;
    memcpy(&p->info, &now, sizeof(now));
    return true;
}

static void add_device(struct platform_grant *g, const char *host, const char *container)
{
    g->devices[g->device_count++] = (struct platform_device){host, container, "rw"};
}

static void add_mount(struct platform_grant *g, const char *host, const char *container)
{
    g->mounts[g->mount_count++] = (struct platform_mount){host, container, true};
}

static void add_variable(struct platform_grant *g, const char *name, const char *value)
{
    g->variables[g->variable_count++] = (struct platform_variable){name, value};
}

static int grant_enclave(const struct platform *p, bool with_aliases, struct platform_grant *ret,
                         struct err *err)
{
    const struct platform_info *info = &p->info;

    if (info->enclave_path[0] == '\0')
        return err_set(err, -ENODEV, "the enclave device is not there");
    if (info->driver == PLATFORM_DRIVER_ISGX) {
        add_device(ret, info->enclave_path, "/dev/isgx");
        return 0;
    }
    add_device(ret, info->enclave_path, "/dev/sgx_enclave");
    if (with_aliases)
        add_device(ret, info->enclave_path, "/dev/sgx/enclave");
    return 0;
}

static int grant_provision(const struct platform *p, bool with_aliases, struct platform_grant *ret,
                           struct err *err)
{
    const struct platform_info *info = &p->info;

    if (info->provision_path[0] == '\0')
        return err_set(err, -ENODEV, "the provision device is not there");
    add_device(ret, info->provision_path, "/dev/sgx_provision");
    if (with_aliases)
        add_device(ret, info->provision_path, "/dev/sgx/provision");
    return 0;
}

/* The engine of the software platform: library, secret, and the ledger's socket. */
static void grant_engine(const struct platform *p, struct platform_grant *ret)
{
    if (p->backend != PLATFORM_SOFTWARE || !p->library)
        return;
    add_mount(ret, p->host_library, PLATFORM_CONTAINER_LIBRARY);
    add_mount(ret, p->host_secret, PLATFORM_CONTAINER_SECRET);
    add_mount(ret, p->host_share, PLATFORM_CONTAINER_RUN);
    add_variable(ret, "LD_PRELOAD", PLATFORM_CONTAINER_LIBRARY);
}

/* All processes of the container share its limit: an Allocate is one container. */
static void group_choose(char text[static PLATFORM_GROUP_SIZE])
{
    uint64_t number = 0;

    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        number = (uint64_t)clock_monotonic_us();
    snprintf(text, PLATFORM_GROUP_SIZE, "%016" PRIx64, number);
}

int platform_grant(const struct platform *p, const struct platform_request *request,
                   struct platform_grant *ret, struct err *err)
{
    int r = 0;

    memset(ret, 0, sizeof(*ret));
    if (request->enclave)
        r = grant_enclave(p, request->aliases, ret, err);
    if (r == 0 && request->provision)
        r = grant_provision(p, request->aliases, ret, err);
    if (r < 0)
        return r;

    if (request->enclave)
        grant_engine(p, ret);
    if (request->epc_limit > 0) {
        snprintf(ret->limit_text, sizeof(ret->limit_text), "%" PRIu64, request->epc_limit);
        add_variable(ret, SOFTWARE_ENV_LIMIT, ret->limit_text);
    }
    if (request->epc_limit > 0 && p->backend == PLATFORM_SOFTWARE) {
        group_choose(ret->group_text);
        add_variable(ret, SOFTWARE_ENV_GROUP, ret->group_text);
    }
    if (request->aesm_dir) {
        add_mount(ret, request->aesm_dir, PLATFORM_CONTAINER_AESM);
        add_variable(ret, "SGX_AESM_ADDR", "1");
    }
    return 0;
}
