/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/pck_make.h: the SGX extension of a PCK certificate, written. */
#ifndef COFFER_CRYPTO_PCK_MAKE_H
#define COFFER_CRYPTO_PCK_MAKE_H

#include "base/buf.h"
#include "crypto/pck_extension.h"

/**
 * pck_make_extension() - append the whole Extension, DER, as struct cert_spec.extension wants it
 *
 * With a platform instance id and a configuration the seven elements of a Platform CA certificate,
 * otherwise the five of a Processor CA certificate.
 */
void pck_make_extension(const struct pck_extension *x, struct buf *out);

#endif
