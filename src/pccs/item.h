/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/item.h: the signed objects that the collateral service keeps, and their names: in the store,
 * in Intel's PCS and in the header of an answer. Source: Intel SGX and TDX PCS API, versions 3
 * and 4. PCK certificates belong to platforms and are not items, see pccs/platform.h.
 */
#ifndef COFFER_PCCS_ITEM_H
#define COFFER_PCCS_ITEM_H

#include "verify/piece.h"

enum {
    PCCS_FMSPC_SIZE = 6,
    PCCS_ITEM_NAME_SIZE = 48, /* bytes, NUL included, for pccs_item_name() */
    PCCS_ITEM_PATH_SIZE = 96, /* bytes, NUL included, for pccs_item_path() */
};

enum pccs_kind {
    PCCS_NONE = 0,
    PCCS_TCB_SGX,
    PCCS_TCB_TDX,
    PCCS_QE_IDENTITY,
    PCCS_TDQE_IDENTITY,
    PCCS_QVE_IDENTITY,
    PCCS_PROCESSOR_CRL,
    PCCS_PLATFORM_CRL,
    PCCS_ROOT_CRL,
};

/** struct pccs_item - a value; unused fields are zero */
struct pccs_item {
    enum pccs_kind kind;
    bool is_early;                  /* update=early: TCB recovery before it is enforced */
    uint8_t fmspc[PCCS_FMSPC_SIZE]; /* of TCB info */
};

bool pccs_item_equal(const struct pccs_item *a, const struct pccs_item *b);

/** pccs_item_has_update() - TCB info and identities exist as standard and early; CRLs do not */
bool pccs_item_has_update(enum pccs_kind kind);

/** pccs_item_name() - "tcb/sgx/00906ED50000/standard", "crl/root": the item's name in the store */
const char *pccs_item_name(const struct pccs_item *item, char name[static PCCS_ITEM_NAME_SIZE]);

/** pccs_item_parse() - an item of its name. Return: false for any other text. */
bool pccs_item_parse(struct span name, struct pccs_item *ret);

/**
 * pccs_item_path() - the path and query at Intel's PCS v4, "/sgx/certification/v4/tcb?fmspc=..."
 * The root CRL has none: the empty string. It lies at the distribution point of the root.
 */
const char *pccs_item_path(const struct pccs_item *item, char path[static PCCS_ITEM_PATH_SIZE]);

/** pccs_item_chain_field() - the header field with the item's issuer chain; NULL for the root CRL
 *  @version: 3 or 4, of the interface */
const char *pccs_item_chain_field(enum pccs_kind kind, unsigned version);

/** pccs_item_piece() - how the item is verified */
enum piece_kind pccs_item_piece(enum pccs_kind kind);

/** pccs_item_of() - the item that a genuine piece is, by its own contents */
struct pccs_item pccs_item_of(enum piece_kind piece, const struct piece_facts *facts,
                              bool is_early);

#endif
