/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software/authority.h: the software platform's own authority: a root, the Platform and Processor
 * CAs, and the TCB signer. Made once an installation, in one file that holds four certificates and
 * four keys (PEM), so that a Kubernetes Secret can carry it to every node. A verifier trusts it
 * only when it is given the root; whoever holds the file can certify anything under it.
 */
#ifndef COFFER_SOFTWARE_AUTHORITY_H
#define COFFER_SOFTWARE_AUTHORITY_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/ec_key.h"
#include "crypto/pck_extension.h"

enum {
    SOFTWARE_AUTHORITY_FILE_MAX = 64 * 1024, /* bytes of the authority's file */
    SOFTWARE_CHAIN_MAX = 16 * 1024,          /* bytes of a PEM chain */
};

#define SOFTWARE_AUTHORITY_FILE "authority.pem" /* in the directory given */

enum software_issuer {
    SOFTWARE_PLATFORM_CA,
    SOFTWARE_PROCESSOR_CA,
};

/** enum software_member - the certificates of the authority, as they stand in its file */
enum software_member {
    SOFTWARE_ROOT,
    SOFTWARE_PLATFORM,
    SOFTWARE_PROCESSOR,
    SOFTWARE_SIGNING,
    SOFTWARE_MEMBER_COUNT,
};

struct software_authority; /* opaque */

/**
 * software_authority_load() - read DIR/authority.pem
 * Return: 0; -ENOENT; -EBADMSG when it is damaged; -EPERM when others may read or change it; errno
 * of open or read.
 */
NODISCARD int software_authority_load(const char *dir, struct software_authority **ret,
                                      struct err *err);

/**
 * software_authority_load_or_create() - read it, or make it at @now_s
 *
 * Each certificate's notBefore is later than its issuer's, all in the hour before @now_s: Open
 * Enclave sorts chains by that date. Of two processes that do this at once one makes the file and
 * both end with it; a crash at any instant leaves no file or a whole one.
 */
NODISCARD int software_authority_load_or_create(const char *dir, int64_t now_s,
                                                struct software_authority **ret, struct err *err);

void software_authority_free(struct software_authority *ca);
void software_authority_freep(struct software_authority **ca);

/** software_authority_certificate() - DER; borrowed from @ca */
struct span software_authority_certificate(const struct software_authority *ca,
                                           enum software_member member);

/** software_authority_key() - borrowed from @ca */
struct ec_key *software_authority_key(const struct software_authority *ca,
                                      enum software_member member);

/** software_authority_put_chain() - append @leaf (may be empty), @member and the root as PEM */
void software_authority_put_chain(const struct software_authority *ca, struct span leaf,
                                  enum software_member member, struct buf *out);

/**
 * software_authority_issue_pck() - certify a node's PCK key
 * @extension: its SGX extension; elements .6 and .7 are left out under the Processor CA
 * @out:       receives the PEM chain: leaf, CA, root
 */
NODISCARD int software_authority_issue_pck(const struct software_authority *ca,
                                           enum software_issuer issuer,
                                           const struct pck_extension *extension,
                                           const uint8_t public_key[static EC_PUBLIC_SIZE],
                                           int64_t now_s, struct buf *out, struct err *err);

/**
 * software_authority_chain_is_current() - may a node go on with the chain that it has
 * @chain: PEM, as software_authority_issue_pck() made it
 * Return: true when it ends with @issuer and the root of @ca, and its leaf is in date: valid at
 * @now_s and for a month more. A leaf cannot be older than its issuer, so it may also be as young
 * as that.
 */
bool software_authority_chain_is_current(const struct software_authority *ca,
                                         enum software_issuer issuer, struct span chain,
                                         int64_t now_s);

#endif
