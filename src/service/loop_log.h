/* SPDX-License-Identifier: Apache-2.0 */
/* service/loop_log.h: the event library's own warnings go to our log, a few a second at most. */
#ifndef COFFER_SERVICE_LOOP_LOG_H
#define COFFER_SERVICE_LOOP_LOG_H

/** service_loop_log() - for the whole process, from now on */
void service_loop_log(void);

#endif
