/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/select.h: the PCK certificate that fits a raw TCB best. Source: Intel's PCK certificate
 * selection (DCAP, tools/PCKCertSelection). Pure.
 */
#ifndef COFFER_PCCS_SELECT_H
#define COFFER_PCCS_SELECT_H

#include "collateral/tcb_info.h"
#include "crypto/pck_extension.h"

/** struct pccs_tcb - a raw TCB: the bytes of a CPUSVN are its components */
struct pccs_tcb {
    uint8_t components[TCB_COMPONENT_COUNT];
    uint16_t pcesvn;
};

/**
 * pccs_select() - the index of the best certificate
 *
 * A certificate fits when none of its SVNs exceeds the raw TCB's. Of those that fit, the one of the
 * highest level of @info is best; among equals, the one with the greater SVNs.
 *
 * @info: NULL when the TCB info is not known: SVNs alone decide then
 * Return: an index below @count; -1 when none fits.
 */
int pccs_select(const struct pck_extension *certs, size_t count, const struct pccs_tcb *raw,
                const struct tcb_info *info);

#endif
