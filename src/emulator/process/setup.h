/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/process/setup.h: initialises the library. */
#ifndef COFFER_EMULATOR_PROCESS_SETUP_H
#define COFFER_EMULATOR_PROCESS_SETUP_H

/** setup_once() - initialise the emulator at the first call. Every function that replaces one of
 * the C library calls this first, because another library's constructor may run before ours. */
void setup_once(void);

#endif
