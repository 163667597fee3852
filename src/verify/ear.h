/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/ear.h: a verdict as an EAT Attestation Result (EAR, draft-ietf-rats-ear-04), signed as a
 * JWT with ES256 (RFC 7515, RFC 7518). For relying parties that do not judge evidence themselves.
 */
#ifndef COFFER_VERIFY_EAR_H
#define COFFER_VERIFY_EAR_H

#include "crypto/ec_key.h"
#include "verify/verdict.h"

#define EAR_PROFILE "tag:ietf.org,2026:rats/ear#04"

enum {
    EAR_KEY_SIZE_MAX = 16 * 1024,         /* bytes of a file with a key */
    EAR_TOKEN_SIZE_MAX = 8 * 1024 * 1024, /* bytes of a token */
};

/** ear_key_parse() - a P-256 private key, PEM "PRIVATE KEY" (PKCS#8). Return: 0; -EBADMSG; -ENOMEM.
 */
NODISCARD int ear_key_parse(struct span pem, struct ec_key **ret, struct err *err);

/** ear_claims_put() - the claims as one JSON object; latches in @out */
void ear_claims_put(const struct verdict *v, struct buf *out);

/**
 * ear_token_put() - the signed token: header, claims and signature in base64url, separated by dots
 * The header's "kid" is the JWK thumbprint (RFC 7638) of the public key.
 * Return: 0; -EIO when signing fails; what @out latched.
 */
NODISCARD int ear_token_put(const struct verdict *v, struct ec_key *key, struct buf *out,
                            struct err *err);

#endif
