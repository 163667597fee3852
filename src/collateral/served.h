/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/served.h: collateral as services and libraries hand it out, brought into the form that
 * the parsers read. Nothing is judged here, and the bytes that signatures cover are never changed.
 */
#ifndef COFFER_COLLATERAL_SERVED_H
#define COFFER_COLLATERAL_SERVED_H

#include "collateral/bundle.h"

/**
 * served_bundle() - the pieces of @bundle without what transport put around them
 *
 * Removed are a byte order mark, blanks and NULs around texts, the headers of a response that curl
 * saved (-D, -i), and the percent-encoding of an issuer chain. An issuer chain that is missing is
 * taken from the saved headers of the piece that it belongs to.
 *
 * @into: receives decoded bytes, which @ret points into beside @bundle's; released by the caller
 * Return: 0; -EMSGSIZE; -ENOMEM. A piece that cannot be decoded stays as it is.
 */
NODISCARD int served_bundle(const struct bundle *bundle, struct buf *into, struct bundle *ret,
                            struct err *err);

/** served_body() - the body of a response that curl saved with its headers; other bytes as they are
 */
struct span served_body(struct span bytes);

/** served_is_flat() - does @file start like a flat sgx_ql_qve_collateral_t? */
bool served_is_flat(struct span file);

/**
 * served_flat_parse() - Intel's sgx_ql_qve_collateral_t as one file
 *
 * The structure as it is in memory on x86-64 (120 bytes: version, TEE type, and seven pairs of a
 * pointer and a size), then the seven pieces in its order, one directly after the other. Pointers
 * are ignored. @ret points into @file.
 * Return: 0; -EBADMSG.
 */
NODISCARD int served_flat_parse(struct span file, struct bundle *ret, struct err *err);

#endif
