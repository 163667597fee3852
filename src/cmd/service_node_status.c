/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer-node-status: holds an extended resource in the Node's status, for the profiles whose EPC
 * is one number and not a list of devices.
 *
 * The agent starts it as a process of its own, for two reasons. It alone talks to the API server
 * and so links TLS, which would double the agent's memory. And it may block for as long as the API
 * server likes, while a blocked agent would hold every pod admission of the node.
 *
 * It looks at the Node every ten seconds and writes only what differs. Writing once is not enough:
 * the kubelet sets extended resources to zero when it registers the Node anew. After a failure the
 * pause grows to half a minute, with jitter, so that the nodes of a large cluster do not ask a
 * server that has just come back all at once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/size.h"
#include "kube/enclave_event.h"
#include "kube/node_status.h"

#define LOG_AREA "node-status"
#include "base/log.h"

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"

enum {
    RETRY_FIRST_MS = 500,
    RETRY_LAST_MS = 30000,
    INTERVAL_MAX_S = 3600,
    REMOVED_NAMES_MAX = 16,
    REMOVED_QUIET_MS = 60000, /* the resources have stayed away for this long: done */
    SERVER_SIZE = 512,        /* bytes of --api-server, NUL included */
};

static const char *node, *resource = "sgx.intel.com/epc", *value_text, *server;
static const char *token_file = ACCOUNT "token", *ca_file = ACCOUNT "ca.crt", *interval = "10";
static const char *removed_text, *necessary;
static bool is_once;

static const struct option_row rows[] = {
    {.name = "node",
     .value = "NAME",
     .text = &node,
     .help = "the Node's name (default $NODE_NAME)"},
    {.name = "resource",
     .value = "NAME",
     .text = &resource,
     .help = "the resource (default sgx.intel.com/epc)"},
    {.name = "value", .value = "SIZE", .text = &value_text, .help = "its capacity, e.g. 168Mi"},
    {.name = "api-server",
     .value = "HOST:PORT",
     .text = &server,
     .help = "default: the cluster's own"},
    {.name = "token-file",
     .value = "FILE",
     .text = &token_file,
     .help = "bearer token (default the service account's)"},
    {.name = "ca-file", .value = "FILE", .text = &ca_file, .help = "CA of the API server"},
    {.name = "interval",
     .value = "SECONDS",
     .text = &interval,
     .help = "between two looks (default 10)"},
    {.name = "remove",
     .value = "NAMES",
     .text = &removed_text,
     .help = "take these resources (with commas) off the Node instead"},
    {.name = "device-resource",
     .value = "NAME",
     .text = &necessary,
     .help = "Events for pods that ask for the resource and not for this one"},
    {.name = "once", .flag = &is_once, .help = "look once, write if needed, and exit"},
    {0},
};
static const struct options options = {
    .command = "node-status",
    .usage = "--node=NAME --value=SIZE [OPTIONS]",
    .summary = "Hold an extended resource in a Node's status, for ever.",
    .rows = rows,
};

/* Splits "host:port" or "[v6]:port" in place. */
static bool server_split(char *text, struct api_client *client)
{
    char *colon = strrchr(text, ':');

    if (!colon || colon == text || !colon[1])
        return false;
    *colon = 0;
    if (text[0] == '[' && colon[-1] == ']') {
        colon[-1] = 0;
        text++;
    }
    client->host = text;
    client->port = colon + 1;
    return true;
}

/* @storage: SERVER_SIZE bytes that @client's host and port point into */
static bool server_find(struct api_client *client, char *storage)
{
    if (server)
        return snprintf(storage, SERVER_SIZE, "%s", server) < SERVER_SIZE &&
               server_split(storage, client);
    client->host = getenv("KUBERNETES_SERVICE_HOST");
    client->port = getenv("KUBERNETES_SERVICE_PORT");
    return client->host && client->port;
}

static void wait_ms(long ms)
{
    struct timespec rest = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
        ;
}

/* Doubles up to the last step, with up to a quarter of jitter so that nodes do not ask in step. */
static long retry_next(long ms)
{
    long next = MIN(ms * 2, (long)RETRY_LAST_MS);

    return next - next / 4 + random() % (next / 4 + 1);
}

static void state_log(enum node_status_result now, const struct node_status_goal *goal,
                      const struct err *err)
{
    if (now == NODE_STATUS_UNKNOWN)
        log_warn("node status not held", "node=%s resource=%s reason=\"%s\"", goal->node,
                 goal->resource, err->text);
    else
        log_info(now == NODE_STATUS_WRITTEN ? "node status written" : "node status held",
                 "node=%s resource=%s value=%llu", goal->node, goal->resource,
                 (unsigned long long)goal->value);
}

/* Looks for pods that count EPC and lack the device. Without the right to look, the log says it
 * once. */
static void pods_tell(const struct api_client *client, const struct enclave_event_rule *rule,
                      int *last)
{
    struct err err = {0};
    uint32_t count = 0;
    int r = enclave_event_tell(client, rule, &count, &err);

    if (r < 0 && r != *last)
        log_warn("pods without the enclave device are not looked for", "reason=\"%s\"", err.text);
    if (count > 0)
        log_info("pods run without the enclave device", "events=%u", count);
    *last = r;
}

static _Noreturn void hold(const struct api_client *client, const struct node_status_goal *goal,
                           long rest_ms)
{
    enum node_status_result before = NODE_STATUS_UNKNOWN;
    const struct enclave_event_rule rule = {goal->node, goal->resource, necessary};
    long retry_ms = RETRY_FIRST_MS;
    bool is_first = true;
    int looked = 0;

    for (;;) {
        struct err err = {0};
        enum node_status_result now = node_status_assert(client, goal, &err);

        if (is_first || now != before || now == NODE_STATUS_WRITTEN)
            state_log(now, goal, &err);
        is_first = false;
        before = now;
        if (necessary && now != NODE_STATUS_UNKNOWN)
            pods_tell(client, &rule, &looked);
        retry_ms = now == NODE_STATUS_UNKNOWN ? retry_next(retry_ms) : RETRY_FIRST_MS;
        wait_ms(now == NODE_STATUS_UNKNOWN ? retry_ms : rest_ms);
    }
}

/* Reads --interval. Return: seconds, or 0 for anything that it cannot be. */
static long interval_parse(const char *text)
{
    char *end;
    long seconds = strtol(text, &end, 10);

    return *end || seconds < 1 || seconds > INTERVAL_MAX_S ? 0 : seconds;
}

/* Fills @goal from the options. Return: EXIT_YES, or EXIT_UNDECIDED after a message. */
static int goal_fill(struct node_status_goal *goal)
{
    struct err err = {0};

    goal->node = node ? node : getenv("NODE_NAME");
    goal->resource = resource;
    if (!goal->node || !value_text)
        return options_misuse(&options, "--node and --value are needed");
    if (size_parse(value_text, &goal->value, &err) < 0)
        return options_misuse(&options, "--value: %s", err.text);
    return EXIT_YES;
}

static int assert_once(const struct api_client *client, const struct node_status_goal *goal)
{
    struct err err = {0};

    if (node_status_assert(client, goal, &err) == NODE_STATUS_UNKNOWN)
        return options_fail(&options, &err);
    return EXIT_YES;
}

/* Splits @text at commas, in place, into @names. Return: false when there are too many. */
static bool names_split(char *text, const char *names[static REMOVED_NAMES_MAX + 1])
{
    uint32_t count = 0;
    char *rest = text;

    for (char *name = strtok_r(text, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        if (count == REMOVED_NAMES_MAX)
            return false;
        names[count++] = name;
    }
    names[count] = NULL;
    return count > 0;
}

/*
 * The kubelet writes a resource of a device plugin back for five minutes after the plugin has left.
 * So the resources are taken off until they have stayed away for a while.
 */
static int resources_remove(const struct api_client *client, const char *node_name, long rest_ms)
{
    const char *names[REMOVED_NAMES_MAX + 1];
    CLEANUP(freep) char *text = strdup(removed_text);
    int64_t quiet_ms = clock_monotonic_ms();

    if (!text || !names_split(text, names))
        return options_misuse(&options, "--remove takes 1 to %d names", REMOVED_NAMES_MAX);
    for (;;) {
        struct err err = {0};
        enum node_status_result now = node_status_remove(client, node_name, names, &err);

        if (now == NODE_STATUS_UNKNOWN && is_once)
            return options_fail(&options, &err);
        if (now == NODE_STATUS_UNKNOWN)
            log_warn("resources not taken off", "node=%s reason=\"%s\"", node_name, err.text);
        if (now == NODE_STATUS_WRITTEN)
            log_info("resources taken off", "node=%s", node_name);
        if (now != NODE_STATUS_HELD)
            quiet_ms = clock_monotonic_ms();
        if (is_once || clock_monotonic_ms() - quiet_ms >= REMOVED_QUIET_MS)
            return EXIT_YES;
        wait_ms(rest_ms);
    }
}

static int serve(void)
{
    struct api_client client = {.ca_file = ca_file, .token_file = token_file};
    struct node_status_goal goal = {0};
    long seconds = interval_parse(interval);
    char storage[SERVER_SIZE];

    if (!removed_text && goal_fill(&goal) != EXIT_YES)
        return EXIT_UNDECIDED;
    if (!seconds)
        return options_misuse(&options, "--interval is 1 to %d seconds", INTERVAL_MAX_S);
    if (!server_find(&client, storage))
        return options_misuse(&options, "not inside a cluster: --api-server=HOST:PORT is needed");
    srandom((unsigned)time(NULL));
    if (removed_text && !(node = node ? node : getenv("NODE_NAME")))
        return options_misuse(&options, "--node is needed");
    if (removed_text)
        return resources_remove(&client, node, seconds * 1000);
    if (is_once)
        return assert_once(&client, &goal);
    hold(&client, &goal, seconds * 1000);
}

int main(int argc, char **argv)
{
    int first;
    int status = options_parse(&options, argc, argv, &first);

    return status >= 0 ? status : serve();
}
