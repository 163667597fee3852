/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer-quote-helper: the AESM-compatible quote service. This file turns options into settings;
 * aesm/helper runs the service. Numbers are checked against named limits here, so that a wrong
 * value is a message with the option's name and not a behaviour that surprises later.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aesm/helper.h"
#include "aesm/listen.h"
#include "base/options.h"

#define DEFAULT_SOCKET "/var/run/aesmd/aesm.socket"
#define DEFAULT_STATE  "/var/lib/coffer"

enum {
    PATH_SIZE = 4096,
    MS_PER_S = 1000,
    US_PER_MS = 1000,
    RATE_MAX = 1000000,
    DEADLINE_MAX_S = 3600,
};

static const char *socket_path = DEFAULT_SOCKET, *containers_dir;
static const char *state_dir = DEFAULT_STATE;
static const char *ca_dir, *collateral_dir, *export_dir, *pccs_url, *metrics;
static const char *backend = "auto", *pck_ca = "platform";
static const char *deadline = "10", *queue_length = "512", *rate = "0", *burst = "20";
static bool abstract, take_over;

static const struct option_row rows[] = {
    {.name = "socket",
     .value = "PATH",
     .text = &socket_path,
     .help = "serve here (" DEFAULT_SOCKET ")"},
    {.name = "container-sockets",
     .value = "DIR",
     .text = &containers_dir,
     .help = "also serve aesm.socket in each directory there: a container each"},
    {.name = "abstract-socket",
     .flag = &abstract,
     .help = "also serve @" AESM_LISTEN_ABSTRACT_NAME},
    {.name = "take-over",
     .flag = &take_over,
     .help = "replace the helper that works on the state now"},
    {.name = "state",
     .value = "DIR",
     .text = &state_dir,
     .help = "keys are kept here (" DEFAULT_STATE ")"},
    {.name = "quote-backend",
     .value = "NAME",
     .text = &backend,
     .help = "auto, software or intel (auto)"},
    {.name = "pccs-url",
     .value = "URL",
     .text = &pccs_url,
     .help = "intel: the PCCS to ask for certificates"},
    {.name = "ca",
     .value = "DIR",
     .text = &ca_dir,
     .help = "software: the authority (STATE/authority)"},
    {.name = "pck-ca",
     .value = "KIND",
     .text = &pck_ca,
     .help = "software: platform or processor (platform)"},
    {.name = "collateral",
     .value = "DIR",
     .text = &collateral_dir,
     .help = "software: keep collateral fresh here (STATE/collateral)"},
    {.name = "export-collateral",
     .value = "DIR",
     .text = &export_dir,
     .help = "software: write collateral and root there and exit"},
    {.name = "metrics",
     .value = "ADDRESS",
     .text = &metrics,
     .help = "serve /metrics and /healthz there, e.g. 127.0.0.1:9809"},
    {.name = "deadline",
     .value = "SECONDS",
     .text = &deadline,
     .help = "answer busy after this time (10)"},
    {.name = "queue",
     .value = "COUNT",
     .text = &queue_length,
     .help = "requests that may wait (512)"},
    {.name = "rate",
     .value = "COUNT",
     .text = &rate,
     .help = "quotes a second for each pod, 0 for no limit (0)"},
    {.name = "burst",
     .value = "COUNT",
     .text = &burst,
     .help = "with --rate: at once after silence (20)"},
    {0},
};

static const struct options options = {
    .command = "quote-helper",
    .usage = "[OPTIONS]",
    .summary = "Answer the AESM protocol: enclaves of this node get quotes through a unix socket.",
    .rows = rows,
    .notes =
        "It serves in the foreground until SIGTERM. Quotes of the software platform prove nothing\n"
        "about hardware; verifiers accept them only when they are given its root.",
};

static bool number_parse(const char *text, unsigned long min, unsigned long max, unsigned *ret)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || text[0] == '-' || value < min || value > max)
        return false;
    *ret = (unsigned)value;
    return true;
}

static int limits_parse(struct aesm_queue_limits *ret)
{
    unsigned seconds;

    if (!number_parse(deadline, 1, DEADLINE_MAX_S, &seconds))
        return options_misuse(&options, "--deadline=%s is not within 1 to %d", deadline,
                              DEADLINE_MAX_S);
    if (!number_parse(queue_length, 1, AESM_QUEUE_LENGTH_MAX, &ret->length))
        return options_misuse(&options, "--queue=%s is not within 1 to %d", queue_length,
                              AESM_QUEUE_LENGTH_MAX);
    if (!number_parse(rate, 0, RATE_MAX, &ret->pod_per_s))
        return options_misuse(&options, "--rate=%s is not within 0 to %d", rate, RATE_MAX);
    if (!number_parse(burst, 1, RATE_MAX, &ret->pod_burst))
        return options_misuse(&options, "--burst=%s is not within 1 to %d", burst, RATE_MAX);
    ret->deadline_us = (int64_t)seconds * MS_PER_S * US_PER_MS;
    return EXIT_YES;
}

static int backend_parse(struct aesm_backend_options *ret)
{
    struct err err = {0};

    if (aesm_backend_choice_parse(backend, &ret->choice, &err) < 0)
        return options_misuse(&options, "%s", err.text);
    if (strcmp(pck_ca, "platform") == 0)
        ret->issuer = SOFTWARE_PLATFORM_CA;
    else if (strcmp(pck_ca, "processor") == 0)
        ret->issuer = SOFTWARE_PROCESSOR_CA;
    else
        return options_misuse(&options, "--pck-ca=%s is neither platform nor processor", pck_ca);
    ret->state_dir = state_dir;
    ret->pccs_url = pccs_url;
    return EXIT_YES;
}

/* STATE/NAME for a directory that was not given. */
static const char *below_state(const char *given, const char *name, char path[static PATH_SIZE])
{
    if (given)
        return given;
    snprintf(path, PATH_SIZE, "%s/%s", state_dir, name);
    return path;
}

int main(int argc, char **argv)
{
    char ca_path[PATH_SIZE], collateral_path[PATH_SIZE];
    struct aesm_helper_options o = {
        .server = {.proc = "/proc",
                   .request_ms = AESM_SERVER_REQUEST_MS,
                   .connections = AESM_SERVER_CONNECTIONS_MAX},
    };
    struct err err = {0};
    int first, status, r;

    status = options_parse(&options, argc, argv, &first);
    if (status >= 0)
        return status;
    status = limits_parse(&o.limits);
    if (status == EXIT_YES)
        status = backend_parse(&o.backend);
    if (status != EXIT_YES)
        return status;

    o.backend.ca_dir = below_state(ca_dir, "authority", ca_path);
    o.collateral_dir = below_state(collateral_dir, "collateral", collateral_path);
    o.metrics = metrics;
    o.take_over = take_over;
    o.server.path = socket_path;
    o.server.containers_dir = containers_dir;
    o.server.abstract = abstract;
    r = export_dir ? aesm_helper_export(&o, export_dir, &err) : aesm_helper_run(&o, &err);
    return r < 0 ? options_fail(&options, &err) : EXIT_YES;
}
