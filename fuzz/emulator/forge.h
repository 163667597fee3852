/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/emulator/forge.h: makes structures that the device accepts, and damages them on request. */
#ifndef COFFER_FUZZ_EMULATOR_FORGE_H
#define COFFER_FUZZ_EMULATOR_FORGE_H

#include "emulator/enclave/enclave.h"

/** struct spoil - one byte of a structure to change; @bits 0: none */
struct spoil {
    uint8_t at; /* scaled to the size of the structure */
    uint8_t bits;
    bool is_signed; /* changed before signing, so that the signature is valid */
};

void spoil_apply(struct spoil s, uint8_t *wire, size_t size);

/** forge_secs() - @size and @base in bytes; @options: bits that choose attributes and the rest */
void forge_secs(uint64_t base, uint64_t size, uint8_t options, uint8_t ret_wire[SGX_SECS_SIZE]);

/** forge_sigstruct() - a SIGSTRUCT that EINIT accepts for @e in its present state */
void forge_sigstruct(const struct enclave *e, struct spoil spoil,
                     uint8_t ret_wire[SGX_SIGSTRUCT_SIZE]);

#endif
