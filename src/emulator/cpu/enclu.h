/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/enclu.h: the user leaves of SGX, executed for a thread that met ENCLU. Each gives
 * EXCEPTION_NONE with RIP behind the instruction (or wherever the leaf goes), or the fault that the
 * instruction raises, with nothing changed.
 */
#ifndef COFFER_EMULATOR_CPU_ENCLU_H
#define COFFER_EMULATOR_CPU_ENCLU_H

#include "emulator/cpu/transition.h"
#include "sgx/keys.h"

/** enclu_set_platform() - the node's secret; without one EREPORT and EGETKEY fault */
void enclu_set_platform(const struct sgx_platform *platform);

/** enclu_outside() - ENCLU of the host: EENTER and ERESUME, #GP for any other leaf */
struct exception enclu_outside(struct thread *t, struct kernel_context *uc);

/** enclu_inside() - ENCLU of enclave @t->enclave. The thread stays inside unless it was EEXIT. */
struct exception enclu_inside(struct thread *t, struct kernel_context *uc);

#endif
