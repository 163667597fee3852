/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/signed_json.h: PCS bodies {"tcbInfo":{...},"signature":"<128 hex>"}. The signature
 * covers the inner object's bytes exactly as received, so they are sliced out, never rendered
 * again.
 */
#ifndef COFFER_COLLATERAL_SIGNED_JSON_H
#define COFFER_COLLATERAL_SIGNED_JSON_H

#include "base/err.h"
#include "base/span.h"
#include "crypto/p256.h"

struct signed_json {
    struct span inner; /* borrowed */
    uint8_t signature[P256_SIGNATURE_SIZE];
};

/**
 * signed_json_parse() - split a PCS body
 * @member: "tcbInfo", "enclaveIdentity" or "tcbEvaluationDataNumbers"
 * Return: 0; -EBADMSG.
 */
NODISCARD int signed_json_parse(struct span body, const char *member, struct signed_json *ret,
                                struct err *err);

#endif
