/* SPDX-License-Identifier: Apache-2.0 */
#include "service/stop.h"

#include <errno.h>
#include <signal.h>

static const int signal_numbers[] = {SIGTERM, SIGINT};

struct service_stop {
    struct loop *loop;
    struct loop_watch *watches[ARRAY_COUNT(signal_numbers)];
};

static void on_signal(void *userdata)
{
    struct service_stop *s = userdata;

    loop_stop(s->loop);
}

int service_stop_new(struct loop *loop, struct service_stop **ret, struct err *err)
{
    CLEANUP(service_stop_freep) struct service_stop *s = calloc(1, sizeof(*s));

    if (!s)
        return err_set(err, -ENOMEM, "signals");
    s->loop = loop;
    for (size_t i = 0; i < ARRAY_COUNT(signal_numbers); i++) {
        int r = loop_watch_signal(loop, signal_numbers[i], on_signal, s, &s->watches[i], err);

        if (r < 0)
            return r;
    }
    signal(SIGPIPE, SIG_IGN);
    *ret = TAKE_PTR(s);
    return 0;
}

void service_stop_free(struct service_stop *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < ARRAY_COUNT(s->watches); i++)
        loop_watch_free(s->watches[i]);
    free(s);
}

void service_stop_freep(struct service_stop **s)
{
    service_stop_free(*s);
}
