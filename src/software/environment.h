/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software/environment.h: the contract between the starter of a program on the software platform
 * (coffer run, or coffer node through the container runtime) and libcoffer-sgx.so inside it. All of
 * it is environment; without a variable the container's fixed place in platform.h holds.
 */
#ifndef COFFER_SOFTWARE_ENVIRONMENT_H
#define COFFER_SOFTWARE_ENVIRONMENT_H

/** SOFTWARE_ENV_SECRET - directory of the node secret; default PLATFORM_CONTAINER_SECRET */
#define SOFTWARE_ENV_SECRET "COFFER_SGX_SECRET_DIR"

/** SOFTWARE_ENV_LEDGER - path of the EPC ledger's socket; default PLATFORM_CONTAINER_RUN
 *  "/ledger.sock". Without a server there nothing is counted, except the container's limit. */
#define SOFTWARE_ENV_LEDGER "COFFER_SGX_LEDGER"

/** SOFTWARE_ENV_LIMIT - bytes of EPC for all processes of the group together, decimal */
#define SOFTWARE_ENV_LIMIT "COFFER_EPC_LIMIT"

/** SOFTWARE_ENV_GROUP - name of the group that shares the limit; default: the process alone */
#define SOFTWARE_ENV_GROUP "COFFER_EPC_GROUP"

/** SOFTWARE_ENV_TIER - auto, sigill, trap or call: how ENCLU is caught; default auto */
#define SOFTWARE_ENV_TIER "COFFER_SGX_TIER"

/** SOFTWARE_ENV_CPUID - libraries whose CPUID instructions are answered beside the program's and
 * the known runtimes': names without ".so" and what follows, with commas between them; or
 *  SOFTWARE_CPUID_OFF: none at all */
#define SOFTWARE_ENV_CPUID "COFFER_SGX_CPUID"
#define SOFTWARE_CPUID_OFF "off"

#endif
