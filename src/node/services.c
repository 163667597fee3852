/* SPDX-License-Identifier: Apache-2.0 */
#include "node/services.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/container_dirs.h"

enum {
    WORD_SIZE = 4200, /* bytes of one argument */
};

struct node_services {
    struct loop *loop;
    const struct agent_options *options;
    struct child *quote_helper;
    struct child *node_status;
    const struct profile *profile; /* that node_status serves */
    uint64_t epc_size;             /* that node_status holds */
    char socket_word[WORD_SIZE], containers_word[WORD_SIZE], state_word[WORD_SIZE];
    char node_word[WORD_SIZE], resource_word[WORD_SIZE], value_word[64], server_word[WORD_SIZE];
};

/* The helper signs quotes of the platform that the agent serves. */
static const char *const backend_words[] = {
    [PLATFORM_AUTO] = "--quote-backend=auto",
    [PLATFORM_HARDWARE_ONLY] = "--quote-backend=intel",
    [PLATFORM_SOFTWARE_ONLY] = "--quote-backend=software",
};

static int quote_helper_start(struct node_services *s, struct err *err)
{
    const char *state_dir = s->options->platform.software.state_dir;
    enum platform_choice choice = s->options->platform.choice;
    const char *arguments[] = {"--take-over",
                               s->socket_word,
                               s->containers_word,
                               backend_words[choice],
                               state_dir ? s->state_word : NULL,
                               NULL};

    snprintf(s->socket_word, WORD_SIZE, "--socket=%s/aesm.socket", s->options->aesm_dir);
    snprintf(s->containers_word, WORD_SIZE, "--container-sockets=%s/" CONTAINER_DIRS_NAME,
             s->options->aesm_dir);
    snprintf(s->state_word, WORD_SIZE, "--state=%s", state_dir ? state_dir : "");
    return child_new(s->loop, "coffer-quote-helper", arguments, &s->quote_helper, err);
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
