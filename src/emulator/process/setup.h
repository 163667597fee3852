/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/process/setup.h: the library's beginning. */
#ifndef COFFER_EMULATOR_PROCESS_SETUP_H
#define COFFER_EMULATOR_PROCESS_SETUP_H

/** setup_once() - set everything up; each function that programs call does this first, because a
 *  library's constructor may call one before ours ran */
void setup_once(void);

#endif
