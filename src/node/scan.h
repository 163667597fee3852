/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/scan.h: the scan of /proc for enclave mappings, made by a short-lived process: on a large
 * node it takes longer than a kubelet that waits for Allocate should.
 */
#ifndef COFFER_NODE_SCAN_H
#define COFFER_NODE_SCAN_H

#include "net/loop.h"
#include "epc/committed.h"

enum {
    SCAN_PERIOD_MS = 5000, /* a scan is not repeated sooner */
};

struct scan; /* opaque */

/** scan_new() - @proc is borrowed for the scan's life; nothing is started yet */
NODISCARD int scan_new(struct loop *loop, const char *proc, struct scan **ret, struct err *err);
void scan_free(struct scan *s);

/** scan_result() - what the last scan that has ended found, empty before the first; starts another
 *  one unless there was one a moment ago */
const struct epc_committed *scan_result(struct scan *s);

#endif
