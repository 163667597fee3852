/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/enclu.h: the user leaves of SGX, executed for a thread with RIP at an ENCLU. A leaf
 * returns EXCEPTION_NONE with RIP after the instruction, or where the leaf continues; or it returns
 * the exception that the instruction raises, with nothing changed.
 */
#ifndef COFFER_EMULATOR_CPU_ENCLU_H
#define COFFER_EMULATOR_CPU_ENCLU_H

#include "emulator/cpu/transition.h"
#include "sgx/keys.h"

/** enclu_set_platform() - set the node's secret; without it EREPORT and EGETKEY raise #GP */
void enclu_set_platform(const struct sgx_platform *platform);

/** enclu_outside() - an ENCLU of the host: EENTER and ERESUME, #GP for any other leaf */
struct exception enclu_outside(struct thread *t, struct kernel_context *uc);

/** enclu_inside() - an ENCLU of the enclave @t->enclave. The thread stays inside unless the leaf is
 * EEXIT. */
struct exception enclu_inside(struct thread *t, struct kernel_context *uc);

#endif
