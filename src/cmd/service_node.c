/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer-node: the node agent, and `--status`, which asks the running one.
 *
 * The agent's memory is what a node pays for as long as it lives. So large buffers go back to the
 * system when they are freed (mallopt): an Allocate of half a megabyte must not stay resident for
 * months. The pseudo-random generator is only for jitter between agents.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/install.h"
#include "base/options.h"
#include "base/size.h"
#include "net/http/get.h"
#include "node/agent.h"
#include "node/ledger_table.h"
#include "node/removal.h"
#include "platform/cpuid_file.h"

/* The token that coffer-node-status uses; without it the API server is out of reach. */
#define TOKEN_FILE "/var/run/secrets/kubernetes.io/serviceaccount/token"

enum {
    STATUS_SIZE_MAX = 8 * 1024 * 1024, /* bytes of an agent's status */
    STATUS_TIMEOUT_MS = 5000,
    MMAP_THRESHOLD = 64 * 1024, /* bytes; larger buffers go back to the system when freed */
};

static const char *platform_text = "auto", *epc_text, *numa_text, *profile_text = "auto";
static const char *kubelet_dir = "/var/lib/kubelet", *device_plugins_dir,
                  *metrics = "127.0.0.1:9808";
static const char *run_dir, *state_dir, *library, *log_dir = "/var/log/containers";
static const char *dev_root, *dev_host, *sys_root, *proc_root;
static const char *node_name, *api_server, *cpuid_path, *aesm_dir = "/var/run/aesmd";
static bool has_quote_helper, has_quote_sockets, has_aliases, is_aks;
static bool is_status, is_json, is_removal;
static const char *quote_values[AGENT_QUOTE_COUNT];

static const struct option_row rows[] = {
    {.name = "platform",
     .value = "KIND",
     .text = &platform_text,
     .help = "auto (default), hardware or software"},
    {.name = "epc",
     .value = "SIZE",
     .text = &epc_text,
     .help = "EPC of the software platform, e.g. 168Mi"},
    {.name = "numa-nodes",
     .value = "N",
     .text = &numa_text,
     .help = "NUMA nodes of the software platform (1)"},
    {.name = "profile",
     .value = "NAME",
     .text = &profile_text,
     .help = "resource names, e.g. aks (default auto)"},
    {.name = "kubelet-dir",
     .value = "DIR",
     .text = &kubelet_dir,
     .help = "the kubelet's --root-dir (/var/lib/kubelet)"},
    {.name = "device-plugins-dir",
     .value = "DIR",
     .text = &device_plugins_dir,
     .help = "its sockets (device-plugins in --kubelet-dir)"},
    {.name = "metrics",
     .value = "ADDRESS",
     .text = &metrics,
     .help = "default 127.0.0.1:9808; empty for none"},
    {.name = "quote-helper", .flag = &has_quote_helper, .help = "run it; pods get its socket"},
    {.name = "quote-sockets",
     .flag = &has_quote_sockets,
     .help = "pods get sockets of a helper that runs by itself"},
    {.name = "quote-ca",
     .value = "DIR",
     .text = &quote_values[AGENT_QUOTE_CA],
     .help = "software quotes: the authority's directory"},
    {.name = "pccs-url",
     .value = "URL",
     .text = &quote_values[AGENT_QUOTE_PCCS_URL],
     .help = "quotes of hardware: the PCCS to ask"},
    {.name = "quote-rate",
     .value = "COUNT",
     .text = &quote_values[AGENT_QUOTE_RATE],
     .help = "quotes a second for each container (no limit)"},
    {.name = "quote-burst",
     .value = "COUNT",
     .text = &quote_values[AGENT_QUOTE_BURST],
     .help = "with --quote-rate: at once after silence"},
    {.name = "quote-queue",
     .value = "COUNT",
     .text = &quote_values[AGENT_QUOTE_QUEUE],
     .help = "quote requests that may wait"},
    {.name = "quote-deadline",
     .value = "SECONDS",
     .text = &quote_values[AGENT_QUOTE_DEADLINE],
     .help = "answer busy after this time"},
    {.name = "quote-metrics",
     .value = "ADDRESS",
     .text = &quote_values[AGENT_QUOTE_METRICS],
     .help = "the quote helper's own metrics"},
    {.name = "aesm-dir",
     .value = "DIR",
     .text = &aesm_dir,
     .help = "host directory of its socket (/var/run/aesmd)"},
    {.name = "device-aliases",
     .flag = &has_aliases,
     .help = "pods also get /dev/sgx/enclave and so on"},
    {.name = "aks", .flag = &is_aks, .help = "AKS's conventions: --profile=aks --device-aliases"},
    {.name = "run-dir", .value = "DIR", .text = &run_dir, .help = "default /run/coffer"},
    {.name = "state-dir", .value = "DIR", .text = &state_dir, .help = "default /var/lib/coffer"},
    {.name = "library",
     .value = "FILE",
     .text = &library,
     .help = "libcoffer-sgx.so for software-platform pods"},
    {.name = "node-name",
     .value = "NAME",
     .text = &node_name,
     .help = "Node object, profile intel (default $NODE_NAME)"},
    {.name = "api-server",
     .value = "ADDRESS",
     .text = &api_server,
     .help = "profile intel; default: the cluster's own"},
    {.name = "container-logs",
     .value = "DIR",
     .text = &log_dir,
     .help = "default /var/log/containers"},
    {.name = "sys", .value = "DIR", .text = &sys_root, .help = "look here instead of /sys"},
    {.name = "dev", .value = "DIR", .text = &dev_root, .help = "look here instead of /dev"},
    {.name = "dev-host",
     .value = "DIR",
     .text = &dev_host,
     .help = "the same directory on the host"},
    {.name = "proc", .value = "DIR", .text = &proc_root, .help = "look here instead of /proc"},
    {.name = "status", .flag = &is_status, .help = "ask the running agent and print its ledger"},
    {.name = "remove",
     .flag = &is_removal,
     .help = "take everything off this node; see the manual"},
    {.name = "json", .flag = &is_json, .help = "with --status: as JSON"},
    {.name = "cpuid",
     .value = "FILE",
     .text = &cpuid_path,
     .help = "a processor described in a file"},
    {0},
};
static const struct options options = {
    .command = "node",
    .usage = "[OPTIONS]",
    .summary = "The node agent: EPC as a Kubernetes resource, the SGX device in the right pods.",
    .rows = rows,
    .notes = "Runs in the foreground until SIGTERM. With --status: 0 ready, 1 not ready,\n"
             "2 the agent does not answer.",
};

static int status_print(void)
{
    CLEANUP(buf_done) struct buf storage = buf_init(STATUS_SIZE_MAX);
    CLEANUP(buf_done) struct buf table = buf_init(STATUS_SIZE_MAX);
    struct http_response response, ready;
    struct err err = {0};
    int r = http_get(metrics, "/status", STATUS_TIMEOUT_MS, &storage, &response, &err);

    if (r == 0 && response.status != 200)
        r = err_set(&err, -EBADMSG, "HTTP status %u", response.status);
    if (r == 0 && !is_json)
        r = ledger_table_render(response.body, &table, &err);
    if (r < 0) {
        err_wrap(&err, "ask the agent at %s", metrics);
        return options_fail(&options, &err);
    }
    r = fd_write_all(STDOUT_FILENO, is_json ? response.body : buf_span(&table));
    buf_clear(&storage);
    if (r < 0 || http_get(metrics, "/readyz", STATUS_TIMEOUT_MS, &storage, &ready, &err) < 0)
        return EXIT_UNDECIDED;
    return ready.status == 200 ? EXIT_YES : EXIT_NO;
}

/* A processor described in a file. */
static int cpuid_use(struct agent_options *o, struct err *err)
{
    static struct platform_cpuid_file file;
    static struct platform_cpu_source source;

    if (platform_cpuid_file_load(cpuid_path, &file, err) < 0)
        return err_wrap(err, "--cpuid");
    source = platform_cpuid_file_source(&file);
    o->platform.sources.cpu = &source;
    return 0;
}

static bool profile_fill(struct agent_options *o, struct err *err)
{
    if (is_aks && strcmp(profile_text, "auto") == 0)
        profile_text = "aks";
    if (strcmp(profile_text, "auto") != 0)
        o->profile = profile_find(profile_text, err);
    return o->profile || strcmp(profile_text, "auto") == 0;
}

/* Fills @o from the options. Return: false after a message. */
static bool options_fill(struct agent_options *o)
{
    struct platform_software_options *software = &o->platform.software;
    struct err err = {0};
    char *end = NULL;
    unsigned long nodes = numa_text ? strtoul(numa_text, &end, 10) : 1;

    if (!profile_fill(o, &err) ||
        platform_choice_parse(platform_text, &o->platform.choice, &err) < 0 ||
        (epc_text && size_parse(epc_text, &software->epc_size, &err) < 0)) {
        options_misuse(&options, "%s", err.text);
        return false;
    }
    if ((end && *end) || nodes < 1 || nodes > PLATFORM_NODES_MAX) {
        options_misuse(&options, "--numa-nodes is 1 to %d", PLATFORM_NODES_MAX);
        return false;
    }
    software->node_count = (uint32_t)nodes;
    software->run_dir = run_dir;
    software->state_dir = state_dir;
    software->library = library;
    o->platform.sources = (struct platform_sources){
        .sys = sys_root, .dev = dev_root, .dev_host = dev_host, .proc = proc_root};
    if (cpuid_path && cpuid_use(o, &err) < 0) {
        options_fail(&options, &err);
        return false;
    }
    o->kubelet_dir = kubelet_dir;
    o->device_plugins_dir = device_plugins_dir;
    o->metrics = metrics;
    o->log_dir = log_dir;
    o->aesm_dir = aesm_dir;
    o->has_aliases = has_aliases || is_aks;
    o->has_quote_helper = has_quote_helper;
    o->has_quote_sockets = has_quote_sockets;
    memcpy(o->quote.values, quote_values, sizeof(quote_values));
    o->node_name = node_name ? node_name : getenv("NODE_NAME");
    o->api_server = api_server;
    o->can_write_status = o->node_name && (api_server || getenv("KUBERNETES_SERVICE_HOST")) &&
                          access(TOKEN_FILE, R_OK) == 0;
    return true;
}

static int agent_serve(void)
{
    struct agent_options o = {0};
    struct agent *agent;
    struct err err = {0};
    int r;

    if (!options_fill(&o))
        return EXIT_UNDECIDED;
    signal(SIGPIPE, SIG_IGN);
    srandom((unsigned)time(NULL) ^ (unsigned)getpid() << 16);
    mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
    mallopt(M_TRIM_THRESHOLD, MMAP_THRESHOLD);
    r = agent_new(&o, &agent, &err);
    if (r < 0)
        return options_fail(&options, &err);
    r = agent_run(agent, &err);
    agent_free(agent);
    return r < 0 ? options_fail(&options, &err) : EXIT_YES;
}

/* The service that talks to the API server takes this process's place. Return: after a failure. */
static int status_clean(const struct agent_options *o)
{
    CLEANUP(buf_done)
    struct buf names = buf_init(4096), node = buf_init(4096), server = buf_init(4096);
    char path[PATH_SIZE];
    struct err err = {0};

    if (install_find("coffer-node-status", path, &err) < 0)
        return options_fail(&options, &err);
    buf_put_str(&names, "--remove=");
    for (const char *const *name = profile_resource_names(); *name; name++)
        buf_printf(&names, "%s,", *name);
    buf_printf(&node, "--node=%s", o->node_name);
    buf_printf(&server, "--api-server=%s", o->api_server ? o->api_server : "");
    execl(path, path, buf_cstr(&names), buf_cstr(&node),
          o->api_server ? buf_cstr(&server) : (char *)NULL, (char *)NULL);
    err_errno(&err, "run %s", path);
    return options_fail(&options, &err);
}

static int node_clean(void)
{
    CLEANUP(buf_done) struct buf removed = buf_init(STATUS_SIZE_MAX), sockets = buf_init(PATH_SIZE);
    struct agent_options o = {0};
    struct removal_settings settings = {.run_dir = run_dir ? run_dir : "/run/coffer",
                                        .aesm_dir = aesm_dir};
    struct err err = {0};
    int r;

    if (!options_fill(&o))
        return EXIT_UNDECIDED;
    buf_printf(&sockets, "%s/device-plugins", kubelet_dir);
    settings.device_plugins_dir = device_plugins_dir ? device_plugins_dir : buf_cstr(&sockets);
    r = removal_run(&settings, &removed, &err);
    fwrite(removed.data, 1, removed.len, stdout);
    fflush(stdout);
    if (r < 0) {
        options_fail(&options, &err);
        return r == -EBUSY ? EXIT_NO : EXIT_UNDECIDED;
    }
    return o.can_write_status ? status_clean(&o) : EXIT_YES;
}

int main(int argc, char **argv)
{
    int first, status;

    status = options_parse(&options, argc, argv, &first);
    if (status >= 0)
        return status;
    if (is_json && !is_status)
        return options_misuse(&options, "--json goes with --status");
    if (is_removal)
        return node_clean();
    return is_status ? status_print() : agent_serve();
}
