/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor/doctor.h: is this node ready? Every check gives one line, in a fixed order, whatever its
 * outcome. A line that is not "ok" comes with a remedy. The checks only look: they change nothing.
 */
#ifndef COFFER_DOCTOR_DOCTOR_H
#define COFFER_DOCTOR_DOCTOR_H

#include "doctor/agent_view.h"
#include "platform/platform.h"

enum {
    DOCTOR_LINES_MAX = 32,
    DOCTOR_DETAIL_SIZE = 512,       /* bytes, NUL included */
    DOCTOR_DEVICES_SAFE = 2048,     /* of a MiB each, that a kubelet handles well */
    DOCTOR_PROBE_TIMEOUT_MS = 1000, /* for each socket */
};

enum doctor_outcome {
    DOCTOR_FAIL,    /* not ready */
    DOCTOR_WARNING, /* ready; something will not work as one expects */
    DOCTOR_NOTE,    /* ready; an optional part is missing */
    DOCTOR_SKIPPED, /* has no meaning here, the detail says why */
    DOCTOR_OK,
};

struct doctor_line {
    const char *group; /* "Processor", "Driver", "Memory", "Kubernetes", "Quotes" */
    const char *name;  /* stable, e.g. "enclave-device" */
    enum doctor_outcome outcome;
    char detail[DOCTOR_DETAIL_SIZE];
    const char *remedy; /* static or of the agent_view; NULL when nothing is to be done */
};

/** struct doctor_report - plain data, some 18 KiB: keep it off small stacks */
struct doctor_report {
    bool is_ready; /* no line failed */
    uint32_t line_count;
    struct doctor_line lines[DOCTOR_LINES_MAX];
};

/** struct doctor_options - where to look; NULL members mean the usual places */
struct doctor_options {
    const struct platform_info *info;
    const char *kubelet_dir;        /* "/var/lib/kubelet" */
    const char *plugins_dir;        /* "device-plugins" in @kubelet_dir */
    bool is_kubelet_expected;       /* its absence fails, instead of "not a Kubernetes node" */
    const char *agent_address;      /* "127.0.0.1:9808": where the agent's /readyz is */
    const struct agent_view *agent; /* what the agent says; NULL: it did not answer */
    const char *aesm_socket;        /* "/var/run/aesmd/aesm.socket" */
    const char *const *libraries;   /* directories to search, NULL-terminated */
};

/** doctor_examine() - run every check; takes at most some seconds when sockets do not answer */
void doctor_examine(const struct doctor_options *options, struct doctor_report *ret);

/** doctor_outcome_name() - "ok", "note", "warning", "fail", "skipped" */
const char *doctor_outcome_name(enum doctor_outcome outcome);

#endif
