/* SPDX-License-Identifier: Apache-2.0 */
#include "node/services.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/container_dirs.h"

enum {
    WORD_SIZE = 4200, /* bytes of one argument */
    HELPER_WORDS_MAX = 4 + AGENT_QUOTE_COUNT,
};

struct node_services {
    struct loop *loop;
    const struct agent_options *options;
    struct child *quote_helper;
    struct child *node_status;
    const struct profile *profile; /* that node_status serves */
    uint64_t epc_size;             /* that node_status holds */
    char helper_words[HELPER_WORDS_MAX][WORD_SIZE];
    const char *helper_arguments[HELPER_WORDS_MAX + 2]; /* --take-over and NULL are the last */
    size_t helper_count;
    char node_word[WORD_SIZE], resource_word[WORD_SIZE], value_word[64], server_word[WORD_SIZE];
};

static const char *const quote_names[AGENT_QUOTE_COUNT] = {
    [AGENT_QUOTE_CA] = "ca",           [AGENT_QUOTE_PCCS_URL] = "pccs-url",
    [AGENT_QUOTE_RATE] = "rate",       [AGENT_QUOTE_BURST] = "burst",
    [AGENT_QUOTE_QUEUE] = "queue",     [AGENT_QUOTE_DEADLINE] = "deadline",
    [AGENT_QUOTE_METRICS] = "metrics",
};

/* The helper signs quotes of the platform that the agent serves. */
static const char *const backend_names[] = {
    [PLATFORM_AUTO] = "auto",
    [PLATFORM_HARDWARE_ONLY] = "intel",
    [PLATFORM_SOFTWARE_ONLY] = "software",
};

static void word_add(struct node_services *s, const char *name, const char *value)
{
    char *word = s->helper_words[s->helper_count];

    if (!value)
        return;
    snprintf(word, WORD_SIZE, "--%s=%s", name, value);
    s->helper_arguments[s->helper_count++] = word;
}

static int quote_helper_start(struct node_services *s, struct err *err)
{
    const struct agent_options *o = s->options;
    char path[PATH_SIZE];
    int r = path_join(o->aesm_dir, "aesm.socket", path, err);

    if (r < 0)
        return r;
    word_add(s, "socket", path);
    r = path_join(o->aesm_dir, CONTAINER_DIRS_NAME, path, err);
    if (r < 0)
        return r;
    word_add(s, "container-sockets", path);
    word_add(s, "quote-backend", backend_names[o->platform.choice]);
    word_add(s, "state", o->platform.software.state_dir);
    for (size_t i = 0; i < ARRAY_COUNT(o->quote.values); i++)
        word_add(s, quote_names[i], o->quote.values[i]);
    s->helper_arguments[s->helper_count] = "--take-over";
    return child_new(s->loop, "coffer-quote-helper", s->helper_arguments, &s->quote_helper, err);
}

/* The value is an argument, so a new value is a new process. */
static int node_status_start(struct node_services *s, struct err *err)
{
    const struct agent_options *o = s->options;
    const char *arguments[] = {s->node_word,
                               s->resource_word,
                               s->value_word,
                               "--device-resource=sgx.intel.com/enclave",
                               o->api_server ? s->server_word : NULL,
                               NULL};

    if (!o->node_name)
        return err_set(err, -EINVAL, "profile %s needs --node-name or $NODE_NAME",
                       s->profile->name);
    child_free(s->node_status);
    s->node_status = NULL;
    snprintf(s->node_word, WORD_SIZE, "--node=%s", o->node_name);
    snprintf(s->resource_word, WORD_SIZE, "--resource=%s", s->profile->status_epc);
    snprintf(s->value_word, sizeof(s->value_word), "--value=%" PRIu64, s->epc_size);
    snprintf(s->server_word, WORD_SIZE, "--api-server=%s", o->api_server ? o->api_server : "");
    return child_new(s->loop, "coffer-node-status", arguments, &s->node_status, err);
}

int node_services_new(struct loop *loop, const struct agent_options *options,
                      struct node_services **ret, struct err *err)
{
    struct node_services *s = calloc(1, sizeof(*s));
    int r = 0;

    if (!s)
        return err_set(err, -ENOMEM, "services");
    s->loop = loop;
    s->options = options;
    if (options->has_quote_helper)
        r = quote_helper_start(s, err);
    if (r < 0) {
        node_services_free(s);
        return r;
    }
    *ret = s;
    return 0;
}

void node_services_free(struct node_services *s)
{
    if (!s)
        return;
    child_free(s->quote_helper);
    child_free(s->node_status);
    free(s);
}

int node_services_update(struct node_services *s, const struct profile *profile, uint64_t epc_size,
                         struct err *err)
{
    if (!profile->status_epc || (s->profile == profile && s->epc_size == epc_size))
        return 0;
    s->profile = profile;
    s->epc_size = epc_size;
    return node_status_start(s, err);
}

void node_services_reap(struct node_services *s)
{
    if (s->quote_helper)
        child_reap(s->quote_helper);
    if (s->node_status)
        child_reap(s->node_status);
    child_reap_others();
}

void node_services_visit(const struct node_services *s, node_services_fn fn, void *userdata)
{
    if (s->quote_helper)
        fn(userdata, "quote-helper", child_trouble(s->quote_helper), child_starts(s->quote_helper));
    if (s->node_status)
        fn(userdata, "node-status", child_trouble(s->node_status), child_starts(s->node_status));
}
