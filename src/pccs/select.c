/* SPDX-License-Identifier: Apache-2.0 */
#include "pccs/select.h"

#include <stdbool.h>
#include <string.h>

static bool is_covered(const uint8_t *components, uint16_t pcesvn, const struct pck_extension *by)
{
    for (size_t i = 0; i < TCB_COMPONENT_COUNT; i++)
        if (by->comp_svn[i] < components[i])
            return false;
    return by->pcesvn >= pcesvn;
}

static bool fits(const struct pck_extension *cert, const struct pccs_tcb *raw)
{
    for (size_t i = 0; i < TCB_COMPONENT_COUNT; i++)
        if (cert->comp_svn[i] > raw->components[i])
            return false;
    return cert->pcesvn <= raw->pcesvn;
}

/* Levels are in descending order: the first that the certificate reaches is its level. */
static size_t level_of(const struct pck_extension *cert, const struct tcb_info *info)
{
    size_t i = 0;

    while (info && i < info->level_count &&
           !is_covered(info->levels[i].sgx, info->levels[i].pcesvn, cert))
        i++;
    return i;
}

static bool is_greater(const struct pck_extension *a, const struct pck_extension *b)
{
    if (a->pcesvn != b->pcesvn)
        return a->pcesvn > b->pcesvn;
    return memcmp(a->comp_svn, b->comp_svn, TCB_COMPONENT_COUNT) > 0;
}

int pccs_select(const struct pck_extension *certs, size_t count, const struct pccs_tcb *raw,
                const struct tcb_info *info)
{
    size_t best_level = 0;
    int best = -1;

    for (size_t i = 0; i < count; i++) {
        size_t level = level_of(&certs[i], info);

        if (!fits(&certs[i], raw))
            continue;
        if (best < 0 || level < best_level ||
            (level == best_level && is_greater(&certs[i], &certs[best]))) {
            best = (int)i;
            best_level = level;
        }
    }
    return best;
}
