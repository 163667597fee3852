/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/x509_parts.h: parts that certificates and CRLs have in common; for crypto/ only. */
#ifndef COFFER_CRYPTO_X509_PARTS_H
#define COFFER_CRYPTO_X509_PARTS_H

#include "base/err.h"
#include "codec/der.h"
#include "crypto/p256.h"

/** x509_algorithm_read() - AlgorithmIdentifier; must be ecdsa-with-SHA256. Return: 0; -EBADMSG;
 * -EOPNOTSUPP. */
NODISCARD int x509_algorithm_read(struct der *d, struct err *err);

/** x509_signature_read() - BIT STRING of SEQUENCE { r, s } as r || s. Return: 0; -EBADMSG. */
NODISCARD int x509_signature_read(struct der *d, uint8_t ret[static P256_SIGNATURE_SIZE],
                                  struct err *err);

/** x509_name_read() - Name with its header, and the text of its last commonName; latches in @d */
struct span x509_name_read(struct der *d, struct span *ret_cn);

/** x509_authority_key_id_read() - keyIdentifier of an AuthorityKeyIdentifier, or empty; latches in
 * @d */
struct span x509_authority_key_id_read(struct der *d);

#endif
