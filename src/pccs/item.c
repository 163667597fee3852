/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a kind holds everything in which the kinds differ. A name is made of the row's name, the
 * FMSPC of a TCB info, and the update of a document; parsing a name makes every item of the row
 * again and compares, so the two directions cannot disagree.
 */
#include "pccs/item.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "codec/hex.h"

#define TCB_CHAIN      "TCB-Info-Issuer-Chain"
#define TCB_CHAIN_V3   "SGX-TCB-Info-Issuer-Chain"
#define IDENTITY_CHAIN "SGX-Enclave-Identity-Issuer-Chain"
#define CRL_CHAIN      "SGX-PCK-CRL-Issuer-Chain"

struct kind_row {
    const char *name;
    const char *path; /* without the update and the FMSPC */
    const char *chain, *chain_v3;
    enum piece_kind piece;
    bool has_update;
    bool has_fmspc;
};

static const struct kind_row rows[] = {
    [PCCS_TCB_SGX] = {.name = "tcb/sgx",
                      .path = "/sgx/certification/v4/tcb",
                      .chain = TCB_CHAIN,
                      .chain_v3 = TCB_CHAIN_V3,
                      .piece = PIECE_TCB_INFO,
                      .has_update = true,
                      .has_fmspc = true},
    [PCCS_TCB_TDX] = {.name = "tcb/tdx",
                      .path = "/tdx/certification/v4/tcb",
                      .chain = TCB_CHAIN,
                      .chain_v3 = TCB_CHAIN_V3,
                      .piece = PIECE_TCB_INFO,
                      .has_update = true,
                      .has_fmspc = true},
    [PCCS_QE_IDENTITY] = {.name = "identity/qe",
                          .path = "/sgx/certification/v4/qe/identity",
                          .chain = IDENTITY_CHAIN,
                          .chain_v3 = IDENTITY_CHAIN,
                          .piece = PIECE_ENCLAVE_IDENTITY,
                          .has_update = true},
    [PCCS_TDQE_IDENTITY] = {.name = "identity/tdqe",
                            .path = "/tdx/certification/v4/qe/identity",
                            .chain = IDENTITY_CHAIN,
                            .chain_v3 = IDENTITY_CHAIN,
                            .piece = PIECE_ENCLAVE_IDENTITY,
                            .has_update = true},
    [PCCS_QVE_IDENTITY] = {.name = "identity/qve",
                           .path = "/sgx/certification/v4/qve/identity",
                           .chain = IDENTITY_CHAIN,
                           .chain_v3 = IDENTITY_CHAIN,
                           .piece = PIECE_ENCLAVE_IDENTITY,
                           .has_update = true},
    [PCCS_PROCESSOR_CRL] = {.name = "crl/processor",
                            .path = "/sgx/certification/v4/pckcrl?ca=processor&encoding=der",
                            .chain = CRL_CHAIN,
                            .chain_v3 = CRL_CHAIN,
                            .piece = PIECE_PCK_CRL},
    [PCCS_PLATFORM_CRL] = {.name = "crl/platform",
                           .path = "/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
                           .chain = CRL_CHAIN,
                           .chain_v3 = CRL_CHAIN,
                           .piece = PIECE_PCK_CRL},
    [PCCS_ROOT_CRL] = {.name = "crl/root", .path = "", .piece = PIECE_ROOT_CRL},
};

static const char *update_name(const struct pccs_item *item)
{
    return item->is_early ? "early" : "standard";
}

static const char *fmspc_text(const struct pccs_item *item, char text[static 16])
{
    const uint8_t *f = item->fmspc;

    snprintf(text, 16, "%02X%02X%02X%02X%02X%02X", f[0], f[1], f[2], f[3], f[4], f[5]);
    return text;
}

bool pccs_item_equal(const struct pccs_item *a, const struct pccs_item *b)
{
    return a->kind == b->kind && a->is_early == b->is_early &&
           memcmp(a->fmspc, b->fmspc, sizeof(a->fmspc)) == 0;
}

bool pccs_item_has_update(enum pccs_kind kind)
{
    return rows[kind].has_update;
}

const char *pccs_item_name(const struct pccs_item *item, char name[static PCCS_ITEM_NAME_SIZE])
{
    const struct kind_row *row = &rows[item->kind];
    char fmspc[16];

    snprintf(name, PCCS_ITEM_NAME_SIZE, "%s%s%s%s%s", row->name, row->has_fmspc ? "/" : "",
             row->has_fmspc ? fmspc_text(item, fmspc) : "", row->has_update ? "/" : "",
             row->has_update ? update_name(item) : "");
    return name;
}

const char *pccs_item_path(const struct pccs_item *item, char path[static PCCS_ITEM_PATH_SIZE])
{
    const struct kind_row *row = &rows[item->kind];
    char fmspc[16];

    if (row->has_fmspc)
        snprintf(path, PCCS_ITEM_PATH_SIZE, "%s?fmspc=%s&update=%s", row->path,
                 fmspc_text(item, fmspc), update_name(item));
    else if (row->has_update)
        snprintf(path, PCCS_ITEM_PATH_SIZE, "%s?update=%s", row->path, update_name(item));
    else
        snprintf(path, PCCS_ITEM_PATH_SIZE, "%s", row->path);
    return path;
}

const char *pccs_item_chain_field(enum pccs_kind kind, unsigned version)
{
    return version == 3 ? rows[kind].chain_v3 : rows[kind].chain;
}

enum piece_kind pccs_item_piece(enum pccs_kind kind)
{
    return rows[kind].piece;
}

/* The twelve digits before the update. */
static bool fmspc_take(struct span name, const struct kind_row *row, uint8_t *to)
{
    struct span digits = span_sub(name, strlen(row->name) + 1, 2 * (size_t)PCCS_FMSPC_SIZE);

    return hex_decode_fixed(digits, to, PCCS_FMSPC_SIZE) == 0;
}

bool pccs_item_parse(struct span name, struct pccs_item *ret)
{
    char again[PCCS_ITEM_NAME_SIZE];

    for (enum pccs_kind kind = PCCS_TCB_SGX; kind <= PCCS_ROOT_CRL; kind++)
        for (int is_early = 0; is_early <= rows[kind].has_update; is_early++) {
            struct pccs_item item = {.kind = kind, .is_early = is_early};

            if (rows[kind].has_fmspc && !fmspc_take(name, &rows[kind], item.fmspc))
                continue;
            if (!span_equal_str(name, pccs_item_name(&item, again)))
                continue;
            *ret = item;
            return true;
        }
    return false;
}

static enum pccs_kind kind_of_identity(enum enclave_identity_id id)
{
    switch (id) {
    case ENCLAVE_IDENTITY_QE:
        return PCCS_QE_IDENTITY;
    case ENCLAVE_IDENTITY_TD_QE:
        return PCCS_TDQE_IDENTITY;
    case ENCLAVE_IDENTITY_QVE:
        return PCCS_QVE_IDENTITY;
    case ENCLAVE_IDENTITY_QAE:
    case ENCLAVE_IDENTITY_NONE:
        break;
    }
    return PCCS_NONE;
}

static enum pccs_kind kind_of(enum piece_kind piece, const struct piece_facts *facts)
{
    switch (piece) {
    case PIECE_TCB_INFO:
        return facts->tcb_info == TCB_INFO_TDX ? PCCS_TCB_TDX : PCCS_TCB_SGX;
    case PIECE_ENCLAVE_IDENTITY:
        return kind_of_identity(facts->identity);
    case PIECE_PCK_CRL:
        return facts->ca == PIECE_CA_PLATFORM ? PCCS_PLATFORM_CRL : PCCS_PROCESSOR_CRL;
    case PIECE_ROOT_CRL:
        return PCCS_ROOT_CRL;
    case PIECE_PCK_CERTIFICATE:
    case PIECE_NONE:
        break;
    }
    return PCCS_NONE;
}

struct pccs_item pccs_item_of(enum piece_kind piece, const struct piece_facts *facts, bool is_early)
{
    struct pccs_item item = {.kind = kind_of(piece, facts)};

    if (item.kind == PCCS_NONE)
        return item;
    item.is_early = is_early && rows[item.kind].has_update;
    if (rows[item.kind].has_fmspc)
        memcpy(item.fmspc, facts->fmspc, sizeof(item.fmspc));
    return item;
}
