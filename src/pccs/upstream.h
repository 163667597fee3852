/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/upstream.h: fetches items and PCK certificates from Intel's PCS, or from a service that
 * speaks like it, verifies and stores them. Source: Intel PCS API v4.
 */
#ifndef COFFER_PCCS_UPSTREAM_H
#define COFFER_PCCS_UPSTREAM_H

#include "fetch/fetch.h"
#include "pccs/upload.h"

#define PCCS_UPSTREAM_INTEL    "https://api.trustedservices.intel.com"
#define PCCS_UPSTREAM_ROOT_CRL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

/** struct pccs_upstream - borrowed strings */
struct pccs_upstream {
    const char *url;          /* without a path: PCCS_UPSTREAM_INTEL */
    const char *root_crl_url; /* PCCS_UPSTREAM_ROOT_CRL */
    const char *api_key;      /* for PCK certificates; NULL: none */
};

/**
 * pccs_upstream_item() - fetch, verify and store the newest version of an item
 * @u: its body is not used
 * Return: 0; -ENOENT when upstream does not have it (404); -EAGAIN for a passing fault of upstream
 * (429, 5xx, no connection); -EKEYREJECTED and -EINVAL as pccs_upload_item(); -EBADMSG for any
 * other answer; errors of store_run().
 */
NODISCARD int pccs_upstream_item(const struct pccs_upstream *up, struct fetch *f,
                                 const struct pccs_item *item, const struct pccs_upload *u,
                                 struct err *err);

/** pccs_upstream_certificates() - fetch all PCK certificates of a platform, by its encrypted PPID
 * or its manifest. Return: as above; -EINVAL when it has neither. */
NODISCARD int pccs_upstream_certificates(const struct pccs_upstream *up, struct fetch *f,
                                         const struct pccs_platform *platform,
                                         const struct pccs_upload *u, struct err *err);

#endif
