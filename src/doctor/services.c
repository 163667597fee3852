/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks that ask somebody: the kubelet, the agent, the quote service. A socket file says
 * little, since a killed service does not remove it. Each check therefore connects, with a
 * deadline, and tells "does not exist" from "nobody listens". What fails and what only warns
 * follows from who needs it: without the kubelet no pod gets EPC, without pod-resources only the
 * ledger has no names, and many nodes have no quote service on purpose.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/doctor_internal.h"
#include "doctor/probe.h"

static const char KUBERNETES[] = "Kubernetes";
static const char QUOTES[] = "Quotes";

static const char REMEDY_KUBELET_DIR[] =
    "Pass the directory with --device-plugins-dir and the kubelet's --root-dir with --kubelet-dir, "
    "or install the kubelet.";
static const char REMEDY_KUBELET[] =
    "Start the kubelet (systemctl status kubelet). In a container, mount the directory of its "
    "sockets, not a socket.";
static const char REMEDY_WRITABLE[] =
    "The agent makes its socket in this directory: run it as root, with the directory mounted "
    "read-write.";
static const char REMEDY_POD_RESOURCES[] =
    "Without this socket the agent cannot say which pod holds how much EPC: mount the directory, "
    "or enable the kubelet's KubeletPodResources.";
static const char REMEDY_AGENT[] = "Start the agent: coffer node, or deploy the DaemonSet.";
static const char REMEDY_AGENT_READY[] =
    "Read the agent's log and coffer node --status: they say what the agent waits for.";
static const char REMEDY_AESM[] =
    "Start coffer quote-helper (or the agent with --quote-helper): pods get quotes through it.";
static const char REMEDY_QUOTE_LIBRARY[] =
    "Install libsgx-dcap-ql and libsgx-dcap-default-qpl from Intel's SGX repository on nodes that "
    "make quotes.";

/* A socket in kubelet's directory that should answer. */
static void socket_examine(struct doctor_report *report, const char *name, const char *path,
                           enum doctor_outcome bad, const char *remedy)
{
    int r = probe_unix(path, DOCTOR_PROBE_TIMEOUT_MS);

    if (r == 0)
        doctor_add(report, KUBERNETES, name, DOCTOR_OK, NULL, "%s answers", path);
    else if (r == -ENOENT)
        doctor_add(report, KUBERNETES, name, bad, remedy, "%s does not exist", path);
    else if (r == -ECONNREFUSED)
        doctor_add(report, KUBERNETES, name, bad, remedy, "nobody listens at %s", path);
    else
        doctor_add(report, KUBERNETES, name, bad, remedy, "%s: %s", path, strerror(-r));
}

static void kubelet_examine(const struct doctor_options *o, struct doctor_report *report)
{
    const char *dir = o->kubelet_dir ? o->kubelet_dir : "/var/lib/kubelet";
    char plugins[PATH_MAX];
    char path[PATH_MAX + 16];
    struct stat st;

    if (o->plugins_dir)
        snprintf(plugins, sizeof(plugins), "%s", o->plugins_dir);
    else
        snprintf(plugins, sizeof(plugins), "%s/device-plugins", dir);
    if (stat(dir, &st) < 0 && !o->is_kubelet_expected) {
        doctor_add(report, KUBERNETES, "kubelet", DOCTOR_SKIPPED, NULL,
                   "no %s: not a Kubernetes node", dir);
        return;
    }
    if (stat(plugins, &st) < 0 || !S_ISDIR(st.st_mode))
        doctor_add(report, KUBERNETES, "device-plugins", DOCTOR_FAIL, REMEDY_KUBELET_DIR,
                   "%s is not a directory", plugins);
    else if (access(plugins, W_OK | X_OK) < 0)
        doctor_add(report, KUBERNETES, "device-plugins", DOCTOR_FAIL, REMEDY_WRITABLE, "%s: %s",
                   plugins, strerror(errno));
    else
        doctor_add(report, KUBERNETES, "device-plugins", DOCTOR_OK, NULL, "%s", plugins);

    snprintf(path, sizeof(path), "%s/kubelet.sock", plugins);
    socket_examine(report, "kubelet", path, DOCTOR_FAIL, REMEDY_KUBELET);
    if (snprintf(path, sizeof(path), "%s/pod-resources/kubelet.sock", dir) < (int)sizeof(path))
        socket_examine(report, "pod-resources", path, DOCTOR_WARNING, REMEDY_POD_RESOURCES);
}

static void agent_examine(const struct doctor_options *o, struct doctor_report *report)
{
    const char *address = o->agent_address ? o->agent_address : "127.0.0.1:9808";
    char body[256];
    const char *reason;
    int status;
    int r = probe_http(address, "/readyz", DOCTOR_PROBE_TIMEOUT_MS, &status, body, sizeof(body));

    if (r == -ECONNREFUSED) {
        doctor_add(report, KUBERNETES, "agent", DOCTOR_NOTE, REMEDY_AGENT,
                   "nothing answers at %s: the agent does not run here", address);
    } else if (r < 0) {
        doctor_add(report, KUBERNETES, "agent", DOCTOR_WARNING, REMEDY_AGENT_READY, "%s: %s",
                   address, strerror(-r));
    } else if (status == 200) {
        doctor_add(report, KUBERNETES, "agent", DOCTOR_OK, NULL, "the agent at %s is ready",
                   address);
    } else {
        /* The first line of the body says "not ready"; the causes follow it. */
        reason = strstr(body, "; ");
        doctor_add(report, KUBERNETES, "agent", DOCTOR_FAIL, REMEDY_AGENT_READY,
                   "the agent at %s is not ready (%d): %s", address, status,
                   reason ? reason + 2 : body);
    }
}

static void profile_examine(const struct doctor_options *o, struct doctor_report *report)
{
    const struct agent_view *agent = o->agent;

    if (!agent)
        doctor_add(report, KUBERNETES, "profile", DOCTOR_SKIPPED, NULL, "no agent answers");
    else if (agent->warning[0])
        doctor_add(report, KUBERNETES, "profile", DOCTOR_WARNING, agent->remedy, "%s: %s",
                   agent->profile, agent->warning);
    else
        doctor_add(report, KUBERNETES, "profile", DOCTOR_OK, NULL, "%s", agent->profile);
}

static void aesm_examine(const struct doctor_options *o, struct doctor_report *report)
{
    const char *path = o->aesm_socket ? o->aesm_socket : "/var/run/aesmd/aesm.socket";
    int r = probe_unix(path, DOCTOR_PROBE_TIMEOUT_MS);

    if (r == 0)
        doctor_add(report, QUOTES, "aesm", DOCTOR_OK, NULL, "%s answers", path);
    else if (r == -ENOENT)
        doctor_add(report, QUOTES, "aesm", DOCTOR_NOTE, REMEDY_AESM,
                   "there is no quote service: %s does not exist", path);
    else
        doctor_add(report, QUOTES, "aesm", DOCTOR_WARNING, REMEDY_AESM, "%s: %s", path,
                   r == -ECONNREFUSED ? "nobody listens" : strerror(-r));
}

static void quote_library_examine(const struct doctor_options *o, struct doctor_report *report)
{
    static const char *const usual[] = {
        "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib",
        "/opt/intel/sgx-dcap-ql",    NULL,
    };
    const char *const *dir = o->libraries ? o->libraries : usual;

    if (o->info->backend == PLATFORM_SOFTWARE) {
        doctor_add(report, QUOTES, "quote-library", DOCTOR_SKIPPED, NULL,
                   "the software platform signs its quotes itself");
        return;
    }
    for (; *dir; dir++) {
        char path[PATH_MAX];

        if (snprintf(path, sizeof(path), "%s/libsgx_dcap_ql.so.1", *dir) < (int)sizeof(path) &&
            access(path, R_OK) == 0) {
            doctor_add(report, QUOTES, "quote-library", DOCTOR_OK, NULL, "%s", path);
            return;
        }
    }
    doctor_add(report, QUOTES, "quote-library", DOCTOR_NOTE, REMEDY_QUOTE_LIBRARY,
               "libsgx_dcap_ql.so.1 is not installed: this node cannot make quotes");
}

void doctor_services_examine(const struct doctor_options *options, struct doctor_report *report)
{
    kubelet_examine(options, report);
    agent_examine(options, report);
    profile_examine(options, report);
    aesm_examine(options, report);
    quote_library_examine(options, report);
}
