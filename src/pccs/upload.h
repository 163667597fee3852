/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/upload.h: the bodies that clients send: POST /platforms, and PUT /platformcollateral of the
 * offline tool. Source: Intel PCCS 1.27, its request schemas.
 *
 * Nothing of a body is stored unless all of it is genuine. Intel's PCCS stores what it is given.
 */
#ifndef COFFER_PCCS_UPLOAD_H
#define COFFER_PCCS_UPLOAD_H

#include "pccs/platform.h"

enum {
    PCCS_UPLOAD_SIZE_MAX = 8 * 1024 * 1024, /* bytes of a body */
};

/** struct pccs_upload - what an upload needs; borrowed for the call */
struct pccs_upload {
    struct store *store;
    struct verifier *verifier;
    struct span body;
    const char *source; /* provenance */
    int64_t now;
};

/** struct pccs_upload_count - what was stored */
struct pccs_upload_count {
    unsigned platforms, certificates, items;
};

/** pccs_upload_register() - POST /platforms. Return: 0; -EBADMSG for a body that is not of the
 *  schema; -EINVAL for a wrong member; errors of store_run(). */
NODISCARD int pccs_upload_register(const struct pccs_upload *u, struct err *err);

/**
 * pccs_upload_collateral() - PUT /platformcollateral
 * Return: 0; -EBADMSG and -EINVAL as above; -EKEYREJECTED for a piece that is unreadable or not
 * signed up to the trusted root; errors of store_run().
 */
NODISCARD int pccs_upload_collateral(const struct pccs_upload *u, struct pccs_upload_count *ret,
                                     struct err *err);

/** pccs_upload_item() - verify one item and store it, from any side it comes
 *  @chain: PEM. Return: 0; -EKEYREJECTED as above; -EINVAL when it is not @expected (NULL: any);
 *  errors of store_run(). */
NODISCARD int pccs_upload_item(const struct pccs_upload *u, enum piece_kind piece, bool is_early,
                               struct span chain, const struct pccs_item *expected,
                               struct err *err);

#endif
