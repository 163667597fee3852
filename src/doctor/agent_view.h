/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor/agent_view.h: this node as the running agent sees it, from its /status. In the agent's
 * container doctor itself sees neither the host's devices nor the agent's options; the agent does.
 */
#ifndef COFFER_DOCTOR_AGENT_VIEW_H
#define COFFER_DOCTOR_AGENT_VIEW_H

#include "base/span.h"
#include "platform/platform.h"

enum {
    AGENT_VIEW_TEXT_SIZE = 512,       /* bytes of a sentence, NUL included */
    AGENT_VIEW_PROFILE_SIZE = 32,     /* bytes of a profile's name, NUL included */
    AGENT_VIEW_STATUS_MAX = 16 << 20, /* bytes of /status with its HTTP head */
};

/** struct agent_view - some 20 KiB. @info points into it: do not copy it. */
struct agent_view {
    struct platform_info info;
    char profile[AGENT_VIEW_PROFILE_SIZE];
    char warning[AGENT_VIEW_TEXT_SIZE]; /* why the profile does not fit; "" when it does */
    char remedy[AGENT_VIEW_TEXT_SIZE];
    char remedies[PLATFORM_PROBLEMS_MAX][AGENT_VIEW_TEXT_SIZE]; /* of @info's problems */
};

/**
 * agent_view_parse() - read the JSON of an agent's /status
 * Return: 0; -EBADMSG when it is not such a status, or of an agent that is too old. @ret is
 * undefined after a failure.
 */
NODISCARD int agent_view_parse(struct span json, struct agent_view *ret, struct err *err);

/**
 * agent_view_ask() - ask the agent at "HOST:PORT"; blocks for up to @timeout_ms for each wait
 * Return: 0; errors of http_get() and agent_view_parse().
 */
NODISCARD int agent_view_ask(const char *address, int timeout_ms, struct agent_view *ret,
                             struct err *err);

#endif
