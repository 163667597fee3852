/* SPDX-License-Identifier: Apache-2.0 */
/* base/memory.h: resident memory of a service that has started and now waits for work. */
#ifndef COFFER_BASE_MEMORY_H
#define COFFER_BASE_MEMORY_H

/**
 * memory_release() - give back what only start-up needed: free heap, and the pages of code and
 * constants that lie in files, which come back one by one where they are used again
 */
void memory_release(void);

#endif
