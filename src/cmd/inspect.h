/* SPDX-License-Identifier: Apache-2.0 */
/* cmd/inspect.h: accounts of the objects that `coffer inspect` knows, one function for each kind.
 */
#ifndef COFFER_CMD_INSPECT_H
#define COFFER_CMD_INSPECT_H

#include "base/err.h"
#include "cmd/inspect_account.h"
#include "collateral/bundle.h"

enum {
    INSPECT_SIZE_MAX =
        16 * 1024 * 1024, /* bytes of a file, and of the bytes that are decoded from it */
};

/**
 * inspect_any() - the whole account of a file whose kind is not known
 * @a: fresh from account_of(); after a failure, what was written is of no use
 * Return: 0; -EBADMSG and others with the reason; -EMSGSIZE; -ENOMEM.
 */
NODISCARD int inspect_any(struct account *a, struct span wire, struct err *err);

/* Each parses first and writes nothing on failure: 0, or the parser's negative errno and reason. */

/** inspect_quote() - a quote of any version, with or without a header of Open Enclave */
NODISCARD int inspect_quote(struct account *a, struct span wire, struct err *err);

/** inspect_pem() - every certificate and CRL of a PEM text, one group each */
NODISCARD int inspect_pem(struct account *a, struct span text, struct err *err);

/** inspect_certificate() - one certificate in DER */
NODISCARD int inspect_certificate(struct account *a, struct span der, struct err *err);

/** inspect_crl() - one CRL in DER */
NODISCARD int inspect_crl(struct account *a, struct span der, struct err *err);

/** inspect_chain_fields() - the list "certificates"; a certificate that cannot be decoded is shown
 * as a problem and is no error
 */
void inspect_chain_fields(struct account *a, struct span pem);

/** inspect_json() - an answer of Intel's service, its signed object alone, or collateral in one
 * file */
NODISCARD int inspect_json(struct account *a, struct span text, struct err *err);

/** inspect_flat() - a flat sgx_ql_qve_collateral_t (collateral/served.h) */
NODISCARD int inspect_flat(struct account *a, struct span file, struct err *err);

#endif
