/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/platform.h: platforms and their PCK certificates, as rows of the store. Identifiers are
 * upper-case hexadecimal text, as in Intel's PCCS.
 */
#ifndef COFFER_PCCS_PLATFORM_H
#define COFFER_PCCS_PLATFORM_H

#include "base/buf.h"
#include "pccs/item.h"
#include "store/store.h"

enum {
    PCCS_QE_ID_MAX = 260, /* digits */
    PCCS_PCE_ID_DIGITS = 4,
    PCCS_CPU_SVN_DIGITS = 32,
    PCCS_PCE_SVN_DIGITS = 4, /* two bytes, least significant first */
    PCCS_TCBM_DIGITS = 36,   /* CPU_SVN and PCE_SVN */
    PCCS_PPID_DIGITS = 768,
    PCCS_MANIFEST_SIZE_MAX = 64 * 1024,
    PCCS_CERTS_MAX = 64,           /* PCK certificates of one platform */
    PCCS_CERT_SIZE_MAX = 8 * 1024, /* bytes of one, PEM */
};

/** struct pccs_platform - borrowed texts; empty when they are not known */
struct pccs_platform {
    struct span qe_id, pce_id;
    struct span enc_ppid, manifest;
    struct span cpu_svn, pce_svn; /* the raw TCB */
};

/** pccs_platform_check() - lengths and digits. Return: 0; -EINVAL with the member that is wrong. */
NODISCARD int pccs_platform_check(const struct pccs_platform *p, struct err *err);

/** pccs_platform_put() - register a platform, or complete what is known of it. Return: 0; errors of
 *  store_run(). */
NODISCARD int pccs_platform_put(struct store *s, const struct pccs_platform *p, int64_t now,
                                struct err *err);

/** struct pccs_cert - one PCK certificate that piece_check() accepted; borrowed */
struct pccs_cert {
    struct span qe_id, pce_id;
    struct span pem;   /* the leaf */
    struct span chain; /* intermediate and root, PEM */
    const struct piece_facts *facts;
};

/** pccs_platform_put_cert() - keep a certificate; the platform's choices are made anew
 *  Return: 0; errors of store_run(). */
NODISCARD int pccs_platform_put_cert(struct store *s, const struct pccs_cert *cert,
                                     struct err *err);

/** pccs_platform_forget_choices() - a new TCB info of @fmspc (12 digits) may choose otherwise */
NODISCARD int pccs_platform_forget_choices(struct store *s, struct span fmspc, struct err *err);

/** struct pccs_choice - the certificate for a raw TCB; release with pccs_platform_choice_done() */
struct pccs_choice {
    struct buf cert, chain; /* PEM */
    char tcbm[PCCS_TCBM_DIGITS + 1];
    char fmspc[2 * PCCS_FMSPC_SIZE + 1];
    char ca[16]; /* "processor" or "platform" */
};

void pccs_platform_choice_done(struct pccs_choice *c);

/**
 * pccs_platform_choose() - the best certificate for the platform's raw TCB
 * The choice is remembered until certificates or TCB info change.
 * Return: 0; -ENOENT when the platform is not registered; -ENODATA when it has no certificate that
 * fits the TCB; errors of store_run().
 */
NODISCARD int pccs_platform_choose(struct store *s, const struct pccs_platform *p,
                                   struct pccs_choice *ret, struct err *err);

#endif
