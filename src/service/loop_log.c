/* SPDX-License-Identifier: Apache-2.0 */
#include "service/loop_log.h"

#include "net/loop.h"

#define LOG_AREA "loop"
#include "base/log.h"

static void on_warning(const char *message, unsigned dropped)
{
    log_warn("the event loop reports trouble", "dropped=%u reason=\"%s\"", dropped, message);
}

void service_loop_log(void)
{
    loop_on_warning(on_warning);
}
